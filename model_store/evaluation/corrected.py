"""What corrections changed: what became of each row, and the figures before them, to be shown beside the report's own.

Pure. Laws: the states sum to the rows; the images before are those after and those that were left out.
"""

from collections.abc import Iterator

from pydantic import BaseModel, ConfigDict

from model_store.evaluation.report import Accounting, ConfusionMatrix, Evaluation, Metrics
from model_store.labelled_sets.corrections.applying import CorrectedSet
from model_store.labelled_sets.corrections.outcomes import (
    NOT_APPLIED,
    CorrectionOutcome,
    CorrectionState,
    count_states,
    row_sentences,
)
from model_store.text import counted, percent


class FiguresBefore(BaseModel):
    """The figures of the set as it was given, from the same predictions."""

    model_config = ConfigDict(frozen=True)

    accounting: Accounting
    confusion_matrix: ConfusionMatrix
    metrics: Metrics


class CorrectionsEffect(BaseModel):
    """What corrections changed."""

    model_config = ConfigDict(frozen=True)

    filename: str
    sha256: str
    rows: int
    states: dict[CorrectionState, int]
    """Number of rows by state; their sum is `rows`."""
    not_applied: list[CorrectionOutcome]
    """The rows without a file, and those that another label contradicts, in order."""
    before: FiguresBefore


def describe_effect(corrected: CorrectedSet, before: Evaluation) -> CorrectionsEffect:
    """Describe what corrections changed.

    Args:
        corrected: The set after the corrections.
        before: The evaluation of the set as it was given.
    """
    states = count_states(corrected.outcomes)
    rows = len(corrected.corrections.rows)
    if sum(states.values()) != rows:
        raise ArithmeticError(f"the corrections do not add up: {states}, {rows} rows")
    return CorrectionsEffect(
        filename=corrected.corrections.filename,
        sha256=corrected.corrections.sha256,
        rows=rows,
        states=states,
        not_applied=[outcome for outcome in corrected.outcomes if outcome.state in NOT_APPLIED],
        before=FiguresBefore(
            accounting=before.accounting, confusion_matrix=before.confusion_matrix, metrics=before.metrics
        ),
    )


def effect_sentences(effect: CorrectionsEffect, after: Metrics) -> Iterator[str]:
    """Describe what corrections changed: labels, files and the accuracy before and after; then rows to look at."""
    labels, files = effect.states["applied"], effect.states["left-out"]
    accuracies = f"{percent(effect.before.metrics.accuracy.value)} before, {percent(after.accuracy.value)} after"
    left_out = f"left out {counted(files, 'file')}"
    changed = f"changed {counted(labels, 'label')}" + (f" and {left_out}" if files else "")
    if not labels:
        changed = left_out if files else "changed no label"
    yield f"Corrections {changed}: accuracy {accuracies}."
    yield from row_sentences(effect.states, effect.not_applied)
