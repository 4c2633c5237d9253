"""The figures of one label against the rest: at the operating point, and at other thresholds of the positive label."""

from typing import Any, Final

import numpy as np
import numpy.typing as npt

from model_store.decision import Decision
from model_store.evaluation import metrics
from model_store.evaluation.report import AtThreshold, Estimate, PerLabel, Positive

THRESHOLDS: Final = tuple(step / 20 for step in range(1, 20))
"""Thresholds of the positive label that a report gives figures for, besides the operating one."""


def figures_of(known: metrics.Counts, decision: Decision, label: int, files: int) -> PerLabel:
    """Return the figures of a label.

    Args:
        known: The counts of the scored files under labels of the model, `(labels, labels)`.
        decision: The rule for choosing a label, which has their names.
        label: Index of the label.
        files: Number of files given under the label, scored or not.
    """
    support = int(known[label].sum())
    rest = _against_the_rest(
        hits=int(known[label, label]), predicted=int(known[:, label].sum()), support=support, total=int(known.sum())
    )
    return PerLabel(label=decision.labels[label], files=files, support=support, **rest)


def at_thresholds(
    probabilities: npt.NDArray[np.float32], is_positive: npt.NDArray[np.bool_], threshold: float, at_operating: PerLabel
) -> Positive:
    """Return the figures of the positive label at each threshold.

    Args:
        probabilities: Its probabilities for the scored files under labels of the model, `(n,)`, as `Decision` compares.
        is_positive: True for those files that are given under it, `(n,)`.
        threshold: The operating threshold.
        at_operating: The figures there.
    """
    counts = at_operating.model_dump(
        include={"label", "true_positives", "false_positives", "false_negatives", "true_negatives"}
    )
    thresholds = [_at(value, probabilities, is_positive) for value in sorted({*THRESHOLDS, threshold})]
    return Positive(threshold=threshold, thresholds=thresholds, **counts)


def _at(threshold: float, probabilities: npt.NDArray[np.float32], is_positive: npt.NDArray[np.bool_]) -> AtThreshold:
    is_predicted = probabilities >= threshold
    rest = _against_the_rest(
        hits=int((is_predicted & is_positive).sum()),
        predicted=int(is_predicted.sum()),
        support=int(is_positive.sum()),
        total=len(is_predicted),
    )
    return AtThreshold(threshold=threshold, **rest)


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
