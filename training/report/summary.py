"""The summary that `fullcount train` prints on standard output, one screen long."""

from collections.abc import Iterator
from typing import Final, Protocol

from rich.console import Group, RenderableType
from rich.text import Text

from model_store.evaluation.summary import interval
from model_store.labelled_sets.corrections.outcomes import count_states, row_sentences
from model_store.presentation.tables import matrix_table
from model_store.storage.layout import StoredVersion
from model_store.text import counted, percent, printable
from training.curves.diagnosis import ANSWERS
from training.data.files import LEFT_OUT_FATES, Audit
from training.learning.phase_summary import PhaseSummary
from training.outcome import Outcome
from training.report.wording import duration, precision_sentences

MAX_COLUMNS: Final = 8
"""Maximum number of labels whose matrix fits the terminal; the report has larger ones."""


class TrainedRun(Protocol):
    """The part of a run's result that the summary needs."""

    @property
    def stored(self) -> StoredVersion:
        """The published version."""

    @property
    def outcome(self) -> Outcome:
        """The outcome of the run."""


def training_summary(result: TrainedRun) -> RenderableType:
    """Lay out a run on one screen: files, verdict, figures on held-out images, phases and paths."""
    outcome, manifest = result.outcome, result.stored.manifest
    evaluation, main = outcome.headline_evaluation, outcome.diagnosis.main
    folder = f"{result.stored.directory}/training"
    parts: list[RenderableType] = [
        Text(outcome.dataset.audit.sentence()),
        *_left_out(outcome.dataset.audit),
        *_corrections(outcome.dataset.audit),
        Text.assemble((f"Should you worry? {ANSWERS[main.worry]} ", "bold"), f"{main.sentence} {main.advice}"),
        Text(f"On {outcome.headline_split} images: {evaluation.accounting.sentence()}", style="bold"),
    ]
    if len(outcome.decision.labels) <= MAX_COLUMNS:
        parts.append(matrix_table(evaluation.confusion_matrix))
    parts += [Text(line) for line in (*_figures(outcome), *map(_phase, outcome.phases), *_decisions(outcome))]
    parts += [
        Text(f"Published {manifest.model} version {manifest.version}: {result.stored.directory}", style="bold"),
        Text(f"Report: {folder}/report.html"),
    ]
    return Group(*parts)


def _left_out(audit: Audit) -> Iterator[Text]:
    count = sum(count for fate, count in audit.fates.items() if fate in LEFT_OUT_FATES)
    if count:
        yield Text(f"{counted(count, 'file')} left out that may matter; dataset.csv beside the report says why.")


def _corrections(audit: Audit) -> Iterator[Text]:
    if audit.corrections:
        sentence = next(row_sentences(count_states(audit.corrections), ()))
        yield Text(f"{sentence} corrections.csv beside the report has each.")


def _figures(outcome: Outcome) -> Iterator[str]:
    figures = outcome.headline_evaluation.metrics
    yield (
        f"Accuracy {percent(figures.accuracy.value)} (95% interval {interval(figures.accuracy)}); "
        f"majority label {percent(figures.majority_baseline)}"
    )


def _phase(phase: PhaseSummary) -> str:
    best = "" if phase.best is None else f", best {phase.best + 1}"
    why = f": {phase.note}" if phase.note and phase.fate in {"skipped", "rejected"} else ""
    return f"{phase.phase}: {counted(phase.epochs, 'epoch')}{best}, {duration(phase.seconds)}, {phase.fate}{why}"


def _decisions(outcome: Outcome) -> Iterator[str]:
    """Yield sentences on temperature, threshold and precisions, unless they are the defaults."""
    if outcome.calibration.temperature != 1:
        yield f"Temperature {outcome.calibration.temperature:.2f}"
    if outcome.threshold is not None:
        chosen = f"from {outcome.threshold.value:.4g} on ({outcome.threshold.policy})"
        yield f"Positive label '{printable(str(outcome.decision.positive))}', {chosen}; --positive changes it."
    yield from precision_sentences(outcome)
