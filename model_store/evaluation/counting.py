"""Computes an evaluation, in which every file is counted, from files with their labels and probabilities.

Pure: no disk, no model, no HTTP. The laws of the report are checked before it is returned:

- entries = directories + ignored + images, and images = scored + unreadable;
- a row of the matrix sums to the files given under its label, and all rows together to the images.
"""

from collections.abc import Iterator, Sequence
from typing import Any, Final

import numpy as np

from model_store.decision import Decision
from model_store.evaluation import metrics
from model_store.evaluation.bootstrap import RESAMPLES, SEED, ScoredFiles, bootstrap
from model_store.evaluation.ranking import average_precision, roc_auc
from model_store.evaluation.records import Records
from model_store.evaluation.report import (
    Accounting,
    AtThreshold,
    ConfusionMatrix,
    Estimate,
    Evaluation,
    Excluded,
    Intervals,
    Metrics,
    Misclassified,
    Mislabelled,
    PerLabel,
    Positive,
    Range,
    ReliabilityBin,
    Undefined,
)
from model_store.evaluation.summary import summarise
from model_store.evaluation.suspicion import suspect_labels
from model_store.evaluation.unlabelled import find_unlabelled, unlabelled_sentences
from model_store.labelled_sets.interpretation import Ignored
from model_store.manifest import UNREADABLE

THRESHOLDS: Final = tuple(step / 20 for step in range(1, 20))
"""Thresholds of the positive label that a report gives figures for, besides the operating one."""


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
        per_label = [self._per_label(known, label, files[label]) for label in range(len(self._labels))]
        figures = self._metrics(known, per_label)
        accounting = self._accounting(ignored, directories)
        return Evaluation(
            summary=[*_unlabelled(matrix, ignored), *summarise(accounting, figures, per_label)],
            accounting=accounting,
            excluded=self._excluded(),
            ignored=ignored,
            confusion_matrix=matrix,
            metrics=figures,
            intervals=self._intervals(resamples),
            undefined=self._undefined(figures, per_label),
            per_label=per_label,
            positive=self._at_the_threshold(per_label),
            reliability=reliability(self._answered.actual, self._answered.probabilities),
            misclassified=self._misclassified(),
            mislabelled=self._mislabelled(),
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
        )

    def _excluded(self) -> list[Excluded]:
        records = self._records
        return [
            Excluded(path=records.paths[place], label=records.label(place), **rejection._asdict())
            for place, rejection in sorted(records.rejections.items())
        ]

    def _per_label(self, known: metrics.Counts, label: int, files: int) -> PerLabel:
        support = int(known[label].sum())
        rest = _against_the_rest(
            hits=int(known[label, label]), predicted=int(known[:, label].sum()), support=support, total=int(known.sum())
        )
        return PerLabel(label=self._labels[label], files=files, support=support, **rest)

    def _metrics(self, known: metrics.Counts, per_label: list[PerLabel]) -> Metrics:
        actual, probabilities = self._answered.actual, self._answered.probabilities
        scored = int(known.sum())
        macro_recall = metrics.mean_of_defined([label.recall.value for label in per_label])
        steps = [ranking.steps() for ranking in self._answered.rankings] if self._answered.has_every_label else []
        return Metrics(
            accuracy=Estimate.of(int(known.trace()), scored),
            balanced_accuracy=macro_recall,
            macro_precision=metrics.mean_of_defined([label.precision.value for label in per_label]),
            macro_recall=macro_recall,
            macro_f1=metrics.mean_of_defined([label.f1 for label in per_label]),
            log_loss=metrics.log_loss(actual, probabilities),
            roc_auc=float(np.mean([roc_auc(ranked) for ranked in steps])) if steps else None,
            average_precision=float(np.mean([average_precision(ranked) for ranked in steps])) if steps else None,
            expected_calibration_error=metrics.expected_calibration_error(actual, probabilities),
            majority_baseline=metrics.ratio(int(known.sum(axis=1).max()), scored),
            resolution=metrics.ratio(1, scored),
        )

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

    def _at_the_threshold(self, per_label: list[PerLabel]) -> Positive | None:
        threshold = self._decision.threshold
        if self._positive is None or threshold is None:
            return None
        counts = per_label[self._positive].model_dump(
            include={"label", "true_positives", "false_positives", "false_negatives", "true_negatives"}
        )
        thresholds = [self._at(value, self._positive) for value in sorted({*THRESHOLDS, threshold})]
        return Positive(threshold=threshold, thresholds=thresholds, **counts)

    def _at(self, threshold: float, positive: int) -> AtThreshold:
        is_predicted = self._records.probabilities[self._places, positive] >= threshold  # as `Decision` compares
        is_positive = self._answered.actual == positive
        rest = _against_the_rest(
            hits=int((is_predicted & is_positive).sum()),
            predicted=int(is_predicted.sum()),
            support=int(is_positive.sum()),
            total=len(is_predicted),
        )
        return AtThreshold(threshold=threshold, **rest)

    def _misclassified(self) -> list[Misclassified]:
        records = self._records
        files = zip(
            self._places.tolist(), self._answered.actual.tolist(), self._answered.predicted.tolist(), strict=True
        )
        mistakes = [
            Misclassified(
                path=records.paths[place],
                actual=records.label(place),
                predicted=self._labels[predicted],
                probability=float(records.probabilities[place, predicted]),
            )
            for place, actual, predicted in files
            if actual != predicted
        ]
        return sorted(mistakes, key=lambda mistake: (-mistake.probability, mistake.path))

    def _mislabelled(self) -> list[Mislabelled]:
        actual, probabilities = self._answered.actual, self._answered.probabilities
        suspects = suspect_labels(actual, probabilities)
        return [
            Mislabelled(
                path=self._records.paths[self._places[file]],
                actual=self._labels[actual[file]],
                suggested=self._labels[label],
                probability_actual=float(probabilities[file, actual[file]]),
                probability_suggested=float(probabilities[file, label]),
            )
            for file, label in zip(suspects.files.tolist(), suspects.suggested.tolist(), strict=True)
        ]


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


def _against_the_rest(*, hits: int, predicted: int, support: int, total: int) -> dict[str, Any]:
    """Return the figures of one label against the rest, by their names in the report.

    Args:
        hits: Files that have the label and were predicted to have it.
        predicted: Files that were predicted to have the label.
        support: Files that have the label.
        total: All files.
    """
    return {
        "true_positives": hits,
        "false_positives": predicted - hits,
        "false_negatives": support - hits,
        "true_negatives": total - predicted - support + hits,
        "precision": Estimate.of(hits, predicted),
        "recall": Estimate.of(hits, support),
        "f1": metrics.ratio(2 * hits, predicted + support),
    }


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
        and rows == given
    )
    if not adds_up:
        raise ArithmeticError(f"the evaluation does not add up: {sums}, rows {rows}, given {given}")
