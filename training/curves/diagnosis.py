"""Diagnoses the learning curves of a training run: should you worry?

The diagnosis is a pure function of the history and the facts about the data: no files, no TensorFlow. `shape.py` holds
the thresholds with their reasons; the diagnosis page of the documentation explains the verdicts.
"""

import math
from dataclasses import replace
from itertools import groupby
from typing import Final

from training.curves.chance import never_learnt
from training.curves.collapse import collapsed
from training.curves.course import course
from training.curves.findings import ANSWERS, VERDICTS, Diagnosis, Facts, Finding, Verdict, Worry
from training.curves.history import History
from training.curves.impossibility import negative, out_of_scale
from training.curves.instability import diverged, not_finite, swinging
from training.curves.preparation import unlike_training
from training.curves.shape import Curves, curves
from training.curves.stagnation import stagnant
from training.curves.trust import too_good, too_short, too_small, without_validation

__all__ = ["ANSWERS", "VERDICTS", "Diagnosis", "Facts", "Finding", "Verdict", "Worry", "diagnose"]

NO_FACTS: Final = Facts()
PHASE_NAMES: Final = {"head": "Head", "fine-tune": "Fine-tuning", None: "Before"}


def diagnose(history: History, facts: Facts = NO_FACTS) -> Diagnosis:
    """Diagnose the curves of a run.

    Each of two phases is judged by itself; the one whose weights were kept comes first.

    Args:
        history: One row per epoch, at least one.
        facts: Facts about the whole run, at its end.

    Raises:
        ValueError: If the history is empty.
    """
    if not history:
        raise ValueError("A history without epochs cannot be diagnosed.")
    phases = [tuple(epochs) for _, epochs in groupby(history, key=lambda epoch: epoch.phase)]
    if len(phases) == 1:
        return Diagnosis(tuple(_judge(history, facts)))
    last = len(phases) - 1
    known = [replace(facts, stopped_early=facts.head_stopped_early)] * last + [facts]
    kept = [place for place in range(last + 1) if phases[place][0].phase == facts.kept and facts.kept]
    main = min(kept or range(last + 1), key=lambda place: (_lowest(phases[place]), -place))
    others = [_of_phase(phases[place], known[place]) for place in range(last, -1, -1) if place != main]
    return Diagnosis((*_judge(phases[main], known[main]), *others))


def _judge(history: History, facts: Facts) -> list[Finding]:
    """Judge the epochs of one phase; the finding that answers the question comes first."""
    main, *others = _findings(history, facts)
    has_loss = any(math.isfinite(epoch.loss) for epoch in history)
    accuracy = curves(history, facts).set_aside if has_loss else None
    if accuracy is not None:
        note = f"Images have several labels: the loss is judged, not the accuracy, {accuracy.level:.1%} at the end."
        main = replace(main, evidence=(*main.evidence, note))
    return [main, *others]


def _findings(history: History, facts: Facts) -> list[Finding]:
    gap = not_finite(history)
    if gap is not None and gap.verdict == "unstable" and gap.worry == "yes":
        return [gap]
    judged = curves(history, facts)
    grave = _impossible(judged) or swinging(judged)
    doubtful = [finding for finding in (grave, too_good(judged), without_validation(judged)) if finding]
    caveats = [finding for finding in (too_small(judged), gap) if finding]
    if gap is not None and gap.worry == "yes":
        doubtful, caveats = [gap, *doubtful], caveats[:-1]
    if too_short(judged) or grave:
        ending = too_short(judged) if not grave else None
        return [finding for finding in (*doubtful, ending, *caveats) if finding]
    if caveats and caveats[0].worry == "yes":
        return [*doubtful, caveats[0], course(judged), *caveats[1:]]
    return [*doubtful, course(judged), *caveats]


def _impossible(judged: Curves) -> Finding | None:
    """Find figures that have no trend to judge: impossible ones, those of a guess, and those of a lost model."""
    detectors = (negative, never_learnt, diverged, out_of_scale, collapsed, unlike_training, stagnant)
    return next((finding for detect in detectors if (finding := detect(judged))), None)


def _of_phase(history: History, facts: Facts) -> Finding:
    """Judge a phase whose weights were not kept; it is at most something to watch."""
    main = _judge(history, replace(facts, predicted_share=None))[0]
    name = PHASE_NAMES[history[0].phase]
    worry: Worry = "no" if main.worry == "no" else "watch"
    epochs = f"{name}, epochs {history[0].number + 1} to {history[-1].number + 1}"
    return replace(main, worry=worry, sentence=f"{epochs}: {main.sentence}")


def _lowest(history: History) -> float:
    """Return the lowest validation loss; epochs without one count with their training loss."""
    losses = [epoch.loss if epoch.val_loss is None else epoch.val_loss for epoch in history]
    return min(loss if math.isfinite(loss) else math.inf for loss in losses)
