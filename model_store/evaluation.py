"""From files with their labels and probabilities to an evaluation in which every file is counted.

Pure: no disk, no model, no HTTP. The laws of the report are checked before it leaves here:

- entries = directories + ignored + images, and images = scored + unreadable;
- a row of the matrix sums to the files given under its label, all rows together to the images.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from model_store import metrics
from model_store.manifest import UNREADABLE, Decision
from model_store.report import (
    Accounting,
    ConfusionMatrix,
    Estimate,
    Evaluation,
    Excluded,
    Ignored,
    Metrics,
    Misclassified,
    PerLabel,
    Positive,
)


@dataclass(frozen=True, slots=True)
class Scored:
    """An image that the model answered."""

    path: str
    label: str
    probabilities: npt.NDArray[np.floating]
    """`(labels,)`."""


@dataclass(frozen=True, slots=True)
class Unreadable:
    """An image file that could not be decoded; `reason` is one of `model_store.pixels.REASONS`."""

    path: str
    label: str
    reason: str
    detail: str


def evaluate(
    files: Iterable[Scored | Unreadable],
    decision: Decision,
    *,
    ignored: Sequence[Ignored] = (),
    directories: int = 0,
) -> Evaluation:
    """Evaluate a labelled set.

    Args:
        files: Every image file of the set, each once. A label that the model does not have becomes a row of its own.
        decision: The model's labels and how it decides between them.
        ignored: What else was given.
        directories: How many entries were directories.

    Returns:
        The evaluation; its laws hold.
    """
    tally = _Tally(decision)
    for file in files:
        tally.add(file)
    evaluation = tally.evaluation(list(ignored), directories)
    _check_laws(evaluation, tally.given)
    return evaluation


class _Tally:
    """Counts while files come in."""

    def __init__(self, decision: Decision) -> None:
        self.decision = decision
        self.labels = list(decision.labels)
        self.given: dict[str, int] = dict.fromkeys(self.labels, 0)  # label to files, in the order of the rows
        self.cells: dict[tuple[str, int], int] = {}
        self.excluded: list[Excluded] = []
        self.misclassified: list[Misclassified] = []
        self.actual: list[int] = []
        self.probabilities: list[npt.NDArray[np.floating]] = []
        self._index = {label: place for place, label in enumerate(self.labels)}

    def add(self, file: Scored | Unreadable) -> None:
        self.given[file.label] = self.given.get(file.label, 0) + 1
        if isinstance(file, Unreadable):
            self.excluded.append(Excluded(path=file.path, label=file.label, reason=file.reason, detail=file.detail))
            column = len(self.labels)
        else:
            column = self._add_scored(file)
        self.cells[file.label, column] = self.cells.get((file.label, column), 0) + 1

    def _add_scored(self, file: Scored) -> int:
        predicted = self.decision.index(file.probabilities)
        actual = self._index.get(file.label)
        if actual is None:
            return predicted
        self.actual.append(actual)
        self.probabilities.append(file.probabilities)
        if predicted != actual:
            probability = float(file.probabilities[predicted])
            wrong = Misclassified(
                path=file.path, actual=file.label, predicted=self.labels[predicted], probability=probability
            )
            self.misclassified.append(wrong)
        return predicted

    def evaluation(self, ignored: list[Ignored], directories: int) -> Evaluation:
        columns = [*self.labels, UNREADABLE]
        counts = [[self.cells.get((row, column), 0) for column in range(len(columns))] for row in self.given]
        known = np.array(counts, dtype=np.int64)[: len(self.labels), : len(self.labels)]
        per_label = [self._per_label(known, index) for index in range(len(self.labels))]
        images, unreadable = sum(self.given.values()), len(self.excluded)
        return Evaluation(
            accounting=Accounting(
                entries=directories + len(ignored) + images,
                directories=directories,
                ignored=len(ignored),
                images=images,
                scored=images - unreadable,
                unreadable=unreadable,
            ),
            excluded=self.excluded,
            ignored=ignored,
            confusion_matrix=ConfusionMatrix(rows=list(self.given), columns=columns, counts=counts),
            metrics=self._metrics(known, per_label),
            per_label=per_label,
            positive=self._positive(per_label),
            misclassified=sorted(self.misclassified, key=lambda one: (-one.probability, one.path)),
        )

    def _per_label(self, known: metrics.Counts, index: int) -> PerLabel:
        hits = int(known[index, index])
        support, called, scored = int(known[index].sum()), int(known[:, index].sum()), int(known.sum())
        return PerLabel(
            label=self.labels[index],
            files=self.given[self.labels[index]],
            support=support,
            true_positives=hits,
            false_positives=called - hits,
            false_negatives=support - hits,
            true_negatives=scored - called - support + hits,
            precision=Estimate.of(hits, called),
            recall=Estimate.of(hits, support),
            f1=metrics.ratio(2 * hits, called + support),
        )

    def _metrics(self, known: metrics.Counts, per_label: list[PerLabel]) -> Metrics:
        actual = np.array(self.actual, dtype=np.int64)
        probabilities = np.array(self.probabilities, dtype=np.float64).reshape(-1, len(self.labels))
        positive = self._positive_index()
        scored = int(known.sum())
        macro_recall = metrics.mean_of_defined([one.recall.value for one in per_label])
        return Metrics(
            accuracy=Estimate.of(int(known.trace()), scored),
            balanced_accuracy=macro_recall,
            macro_precision=metrics.mean_of_defined([one.precision.value for one in per_label]),
            macro_recall=macro_recall,
            macro_f1=metrics.mean_of_defined([one.f1 for one in per_label]),
            log_loss=metrics.log_loss(actual, probabilities),
            roc_auc=metrics.roc_auc(actual, probabilities, positive),
            average_precision=metrics.average_precision(actual, probabilities, positive),
            expected_calibration_error=metrics.expected_calibration_error(actual, probabilities),
            majority_baseline=metrics.ratio(int(known.sum(axis=1).max()), scored),
        )

    def _positive_index(self) -> int | None:
        return None if self.decision.positive is None else self.labels.index(self.decision.positive)

    def _positive(self, per_label: list[PerLabel]) -> Positive | None:
        index = self._positive_index()
        if index is None or self.decision.threshold is None:
            return None
        counts = per_label[index].model_dump(include=set(Positive.model_fields) - {"threshold"})
        return Positive(threshold=self.decision.threshold, **counts)


def _check_laws(evaluation: Evaluation, given: dict[str, int]) -> None:
    """Stop a report that does not add up: that would be a defect of this module, never of the data."""
    sums = evaluation.accounting
    rows = dict(zip(evaluation.confusion_matrix.rows, map(sum, evaluation.confusion_matrix.counts), strict=True))
    adds_up = (
        sums.entries == sums.directories + sums.ignored + sums.images
        and sums.images == sums.scored + sums.unreadable == sum(rows.values())
        and rows == given
    )
    if not adds_up:
        raise ArithmeticError(f"the evaluation does not add up: {sums}, rows {rows}, given {given}")
