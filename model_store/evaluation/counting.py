"""Computes an evaluation, in which every file is counted, from files with their labels and probabilities.

Pure: no disk, no model, no HTTP. The laws of the report are checked before it is returned:

- entries = directories + ignored + images, and images = scored + unreadable; damaged files are among the scored;
- a row of the matrix sums to the files given under its label, and all rows together to the images.
"""

from collections.abc import Iterator, Sequence

import numpy as np

from model_store.decision import Decision
from model_store.evaluation import metrics
from model_store.evaluation.bootstrap import RESAMPLES, SEED, ScoredFiles, bootstrap
from model_store.evaluation.listing import list_damaged, list_excluded, list_misclassified, list_mislabelled
from model_store.evaluation.one_label import at_thresholds, figures_of
from model_store.evaluation.ranking import average_precision, roc_auc
from model_store.evaluation.records import Records
from model_store.evaluation.report import (
    Accounting,
    ConfusionMatrix,
    Estimate,
    Evaluation,
    Intervals,
    Metrics,
    PerLabel,
    Positive,
    Range,
    ReliabilityBin,
    Undefined,
)
from model_store.evaluation.summary import damage_sentences, summarise
from model_store.evaluation.unlabelled import find_unlabelled, unlabelled_sentences
from model_store.labelled_sets.interpretation import Ignored
from model_store.manifest import UNREADABLE


def evaluate(
    records: Records,
    decision: Decision,
    *,
    ignored: Sequence[Ignored] = (),
    directories: int = 0,
    resamples: int = RESAMPLES,
) -> Evaluation:
    """Evaluate a labelled set.

    Args:
        records: Every image file of the set, each with probabilities or a rejection. A label that the model does not
            have becomes a row of its own.
        decision: The model's rule for choosing a label.
        ignored: The files of the set that are not images.
        directories: Number of entries that are directories.
        resamples: Number of resamples for the intervals without a formula.

    Returns:
        The evaluation, whose laws hold.
    """
    evaluation = _Evaluator(records, decision).evaluation(list(ignored), directories, resamples)
    _check_laws(evaluation, records)
    return evaluation


def _unlabelled(matrix: ConfusionMatrix, ignored: Sequence[Ignored]) -> Iterator[str]:
    """Yield the sentences about files under no label, which come first: the figures say nothing about them."""
    images = sum(map(sum, matrix.counts)) + sum(file.reason == "unlabelled" for file in ignored)
    return unlabelled_sentences(find_unlabelled(matrix, ignored), images)


class _Evaluator:
    def __init__(self, records: Records, decision: Decision) -> None:
        self._records = records
        self._decision = decision
        self._labels = list(decision.labels)
        self._positive = None if decision.positive is None else self._labels.index(decision.positive)
        self._predicted = decision.indices(records.probabilities)  # meaningless for an unreadable file
        self._places = np.flatnonzero(records.is_known)
        """Places in the records of the files that the figures are over."""
        self._answered = ScoredFiles(
            actual=records.given[self._places].astype(np.int64),
            predicted=self._predicted[self._places],
            probabilities=records.probabilities[self._places].astype(np.float64),
            positive=self._positive,
        )

    def evaluation(self, ignored: list[Ignored], directories: int, resamples: int) -> Evaluation:
        matrix = self._matrix()
        known = np.array(matrix.counts, np.int64)[: len(self._labels), : len(self._labels)]
        files = [sum(row) for row in matrix.counts]
        per_label = [figures_of(known, self._decision, label, files[label]) for label in range(len(self._labels))]
        figures = self._metrics(known, per_label)
        accounting = self._accounting(ignored, directories)
        return Evaluation(
            summary=[
                *_unlabelled(matrix, ignored),
                *summarise(accounting, figures, per_label),
                *damage_sentences(accounting),
            ],
            accounting=accounting,
            excluded=list_excluded(self._records),
            damaged=list_damaged(self._records),
            ignored=ignored,
            confusion_matrix=matrix,
            metrics=figures,
            intervals=self._intervals(resamples),
            undefined=self._undefined(figures, per_label),
            per_label=per_label,
            positive=self._at_thresholds(per_label),
            reliability=reliability(self._answered.actual, self._answered.probabilities),
            misclassified=list_misclassified(self._records, self._places, self._answered),
            mislabelled=list_mislabelled(self._records, self._places, self._answered),
        )

    def _matrix(self) -> ConfusionMatrix:
        columns = [*self._labels, UNREADABLE]
        column = np.where(self._records.is_scored, self._predicted, len(self._labels))
        shape = len(self._records.rows), len(columns)
        cells = np.bincount(self._records.given * shape[1] + column, minlength=shape[0] * shape[1])
        return ConfusionMatrix(rows=self._records.rows, columns=columns, counts=cells.reshape(shape).tolist())

    def _accounting(self, ignored: list[Ignored], directories: int) -> Accounting:
        images, scored = len(self._records), int(self._records.is_scored.sum())
        return Accounting(
            entries=directories + len(ignored) + images,
            directories=directories,
            ignored=len(ignored),
            images=images,
            scored=scored,
            unreadable=len(self._records.rejections),
            damaged=int(self._records.is_damaged.sum()),
        )

    def _metrics(self, known: metrics.Counts, per_label: list[PerLabel]) -> Metrics:
        actual, probabilities = self._answered.actual, self._answered.probabilities
        scored = int(known.sum())
        macro_recall = metrics.mean_of_defined([label.recall.value for label in per_label])
        areas = self._areas()
        return Metrics(
            accuracy=Estimate.of(int(known.trace()), scored),
            balanced_accuracy=macro_recall,
            macro_precision=metrics.mean_of_defined([label.precision.value for label in per_label]),
            macro_recall=macro_recall,
            macro_f1=metrics.mean_of_defined([label.f1 for label in per_label]),
            log_loss=metrics.log_loss(actual, probabilities),
            roc_auc=None if areas is None else areas[0],
            average_precision=None if areas is None else areas[1],
            expected_calibration_error=metrics.expected_calibration_error(actual, probabilities),
            majority_baseline=metrics.ratio(int(known.sum(axis=1).max()), scored),
            resolution=metrics.ratio(1, scored),
        )

    def _areas(self) -> tuple[float, float] | None:
        """Return the mean areas under the ROC and the precision-recall curves, if there are files of every label."""
        if not self._answered.has_every_label:
            return None
        steps = (ranking.steps() for ranking in self._answered.rankings())  # one after the other: they are large
        areas = [(roc_auc(ranked), average_precision(ranked)) for ranked in steps]
        return float(np.mean([roc for roc, _ in areas])), float(np.mean([precision for _, precision in areas]))

    def _intervals(self, resamples: int) -> Intervals:
        intervals = bootstrap(self._answered, resamples)
        f1 = zip(self._labels, intervals.f1, strict=True)
        return Intervals(
            resamples=resamples,
            seed=SEED,
            metrics={name: Range(low=ends[0], high=ends[1]) for name, ends in intervals.of_all.items() if ends},
            f1={label: Range(low=ends[0], high=ends[1]) for label, ends in f1 if ends},
        )

    def _undefined(self, figures: Metrics, per_label: list[PerLabel]) -> list[Undefined]:
        reasons = {
            "precision": "No scored file was predicted to have this label.",
            "recall": "No scored file has this label.",
            "f1": "No scored file has this label or was predicted to have it.",
        }
        if not len(self._places):
            of_all = "No scored file has a label of the model."
        else:
            lacking = ", ".join(label.label for label in per_label if not label.support)
            of_all = f"A curve needs scored files of every label; these labels have none: {lacking}."
        return [
            *(Undefined(metric=name, label=None, reason=of_all) for name, value in figures if _is_null(value)),
            *(
                Undefined(metric=name, label=label.label, reason=reason)
                for label in per_label
                for name, reason in reasons.items()
                if _is_null(getattr(label, name))
            ),
        ]

    def _at_thresholds(self, per_label: list[PerLabel]) -> Positive | None:
        threshold = self._decision.threshold
        if self._positive is None or threshold is None:
            return None
        probabilities = self._records.probabilities[self._places, self._positive]
        is_positive = self._answered.actual == self._positive
        return at_thresholds(probabilities, is_positive, threshold, per_label[self._positive])


def reliability(actual: metrics.Counts, probabilities: metrics.Probabilities) -> list[ReliabilityBin]:
    """Sort files by their highest probability into the bins of `metrics.expected_calibration_error`.

    Args:
        actual: Indices of the given labels, `(n,)`.
        probabilities: `(n, labels)`.

    Returns:
        The bins with files, least confident first.
    """
    if not len(actual):
        return []
    confidence = probabilities.max(axis=1)
    is_right = probabilities.argmax(axis=1) == actual
    bins = metrics.calibration_bins(confidence)
    return [
        ReliabilityBin(
            files=int((bins == number).sum()),
            confidence=float(confidence[bins == number].mean()),
            accuracy=Estimate.of(int(is_right[bins == number].sum()), int((bins == number).sum())),
        )
        for number in np.unique(bins)
    ]


def _is_null(value: Estimate | float | None) -> bool:
    return value is None or (isinstance(value, Estimate) and value.value is None)


def _check_laws(evaluation: Evaluation, records: Records) -> None:
    """Raise if the report does not add up, which would be a defect of this module, never of the data."""
    sums = evaluation.accounting
    given = np.bincount(records.given, minlength=len(records.rows)).tolist()
    rows = [sum(row) for row in evaluation.confusion_matrix.counts]
    adds_up = (
        sums.entries == sums.directories + sums.ignored + sums.images
        and sums.images == sums.scored + sums.unreadable == sum(rows)
        and sums.damaged == len(evaluation.damaged) == int((records.is_damaged & records.is_scored).sum())
        and rows == given
    )
    if not adds_up:
        raise ArithmeticError(f"the evaluation does not add up: {sums}, rows {rows}, given {given}")
