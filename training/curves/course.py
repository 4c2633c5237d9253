"""The course of a run: overfitting, getting worse, still learning, one of two plateaus, or healthy.

Exactly one of them holds for any run with enough epochs. The validation loss decides, because it is finer than the
accuracy and moves before it. Without validation, the training loss decides.
"""

import math
from typing import Final

import numpy as np

from training.curves import shape as limits
from training.curves.evidence import EARLY_STOPPING, accuracy_evidence, moving, still_epoch
from training.curves.findings import Finding
from training.curves.onset import loss_still_since
from training.curves.rise import rising
from training.curves.shape import Curves, is_learning

_EARLY: Final = 0.4
"""Share of a run until which its loss must have come to stand still, if it drifts on."""
_LONG: Final = 40
"""Epochs for which it must have stood still then."""


def course(curves: Curves) -> Finding:
    """Return the finding that names the course of a run."""
    if (rise := rising(curves)) is not None:
        return rise
    if is_learning(curves):
        return _slow(curves) if curves.still_since is not None else _still_learning(curves)
    return _flat(curves)


def _slow(curves: Curves) -> Finding:
    """Describe a run whose accuracy is flat while its loss still falls."""
    epoch = still_epoch(curves)
    cause, advice = _cause(curves)
    return Finding(
        "plateau-slow",
        "watch",
        epoch,
        f"Plateau since epoch {epoch}: the accuracy is flat, but the loss still falls; {cause}.",
        (
            *accuracy_evidence(curves),
            moving(curves.judged, _name(curves)),
            *([moving(curves.loss, "Training loss")] if curves.val_loss is not None else []),
            *_rate_evidence(curves),
        ),
        f"Nothing is broken, but training has not converged. {advice}",
    )


def _cause(curves: Curves) -> tuple[str, str]:
    """Return why learning is slow, and the advice: a rate lowered too early, noise, or a rate that is too low."""
    rate = curves.learning_rate
    if rate is not None and rate.values[-1] < 0.1 * rate.values.max():
        advice = (
            "Lower the rate later, over more epochs (`fullcount train --fine-tune-epochs`, or a larger `--budget`)."
        )
        return "the learning rate was lowered before the loss had settled", advice
    if curves.loss.noise > limits.NOISY * abs(curves.loss.level):
        advice = f"Train for more epochs with {EARLY_STOPPING}, and let the learning rate decay over them."
        return "its steps are large already, so it needs more of them", advice
    advice = (
        "More epochs at this rate would gain little. Train the head with a rate about ten times higher (Adam 1e-3 on "
        f"a frozen backbone) and {EARLY_STOPPING}. When that is flat as well, unfreeze upper layers at a low rate. "
        "`fullcount train` does both: it chooses the head's rate by validation, then fine-tunes."
    )
    return "the learning rate is too low to make progress", advice


def _still_learning(curves: Curves) -> Finding:
    judged = curves.judged
    last = judged.epochs[-1]
    return Finding(
        "still-learning",
        "watch",
        last,
        f"Training stopped in epoch {last} while the model was still learning.",
        (
            moving(judged, _name(curves)),
            *accuracy_evidence(curves),
        ),
        f"Train for more epochs and let {EARLY_STOPPING} end it (`fullcount train --epochs`, or a larger `--budget`).",
    )


def _flat(curves: Curves) -> Finding:
    """Describe a run whose loss neither falls nor rises: a long plateau, or a run that ended in time."""
    since = loss_still_since(curves.judged)
    if _is_long(curves, since) and not curves.facts.stopped_early:
        return _converged(curves, since)
    return _healthy(curves, since)


def _is_long(curves: Curves, since: int) -> bool:
    """Tell whether a plateau takes most of a run: from its middle third on, or with a drift, from earlier on."""
    judged = curves.judged
    enough = max(limits.material(judged), 2 * math.sqrt(2) * judged.uncertainty)
    is_level = len(judged) >= 1.5 * limits.SHORTEST_PLATEAU and abs(judged.middle - judged.level) <= enough
    is_early = since <= min(_EARLY * len(judged), len(judged) - _LONG)
    return is_level or (is_early and (curves.scored is None or curves.still_since is not None))


def _converged(curves: Curves, since: int) -> Finding:
    judged = curves.judged
    epoch = judged.epochs[since]
    lowest, highest = judged.smoothed[since:].min(), judged.smoothed[since:].max()
    return Finding(
        "plateau-converged",
        "no",
        epoch,
        f"Plateau since epoch {epoch}: metrics and loss are flat; the layers in training have learnt what they can.",
        (
            f"{_name(curves)} since epoch {epoch}: between {lowest:.3f} and {highest:.3f}.",
            moving(curves.loss, "Training loss"),
            *accuracy_evidence(curves),
        ),
        f"More epochs gain nothing; stop about epoch {epoch + limits.SHORTEST_PLATEAU} ({EARLY_STOPPING}). A better "
        "model needs something else: upper layers unfrozen at a low rate (`fullcount train` fine-tunes by itself, "
        "`--budget` bounds its time), a larger backbone or input, or more or cleaner images.",
    )


def _healthy(curves: Curves, since: int) -> Finding:
    judged = curves.judged
    best = int(np.argmin(judged.values))
    epoch = judged.epochs[best]
    still = judged.epochs[since]
    is_still = len(judged) - since >= limits.SHORTEST_PLATEAU
    changed = f"; little has changed since epoch {still}" if is_still else ""
    stopped = " Early stopping ended the run." if curves.facts.stopped_early else ""
    where = f"{epoch} of {judged.epochs[-1]}"
    return Finding(
        "healthy",
        "no",
        epoch,
        f"The model learnt, and training ended close to its best epoch, {where}{changed}.{stopped}",
        (
            f"{_name(curves)}: {judged.values[0]:.3f} at first, {judged.values[best]:.3f} at best.",
            f"At the end: {judged.end:.3f}, nearly so since epoch {still}; noise {judged.noise:.2g}.",
            *accuracy_evidence(curves),
        ),
        "You need not do anything. For a better model, fine-tune or get more images.",
    )


def _name(curves: Curves) -> str:
    return "Training loss" if curves.val_loss is None else "Validation loss"


def _rate_evidence(curves: Curves) -> list[str]:
    rates = curves.learning_rate
    if rates is None:
        return []
    ended = float(rates.values[-1])
    highest = "" if ended == rates.values.max() else f", {rates.values.max():.2g} at its highest"
    return [f"Learning rate at the end: {ended:.2g}{highest}."]
