"""The numbers of an evaluation, from counts and probabilities. Pure NumPy; knows no files, labels' names or reports.

Each is defined as scikit-learn defines it (tests compare), with undefined values as None where scikit-learn warns.
"""

import math
from collections.abc import Callable
from typing import Final

import numpy as np
import numpy.typing as npt

Counts = npt.NDArray[np.int64]
Probabilities = npt.NDArray[np.float64]

Z_95: Final = 1.959963984540054
"""Standard normal quantile of 0.975."""
CALIBRATION_BINS: Final = 15
"""Bins of equal width, as in Guo et al. 2017, "On Calibration of Modern Neural Networks"."""


def wilson_interval(successes: int, trials: int) -> tuple[float, float] | None:
    """Return the 95 % score interval of a proportion (Wilson 1927), or None without trials."""
    if trials == 0:
        return None
    share = successes / trials
    z2 = Z_95 * Z_95
    centre = (share + z2 / (2 * trials)) / (1 + z2 / trials)
    half = Z_95 / (1 + z2 / trials) * math.sqrt(share * (1 - share) / trials + z2 / (4 * trials * trials))
    return max(0.0, centre - half), min(1.0, centre + half)


def ratio(part: int, whole: int) -> float | None:
    """Return `part / whole`, or None where there is no whole."""
    return part / whole if whole else None


def mean_of_defined(values: list[float | None]) -> float | None:
    """Return the mean of those values that are not None, or None where none is."""
    defined = [value for value in values if value is not None]
    return math.fsum(defined) / len(defined) if defined else None


def log_loss(actual: Counts, probabilities: Probabilities) -> float | None:
    """Return the mean negative logarithm of the actual label's probability, in nats; clipped as scikit-learn clips.

    Args:
        actual: Indices `(n,)`.
        probabilities: `(n, labels)`.
    """
    if len(actual) == 0:
        return None
    tiny = np.finfo(np.float64).eps
    given = np.clip(probabilities[np.arange(len(actual)), actual], tiny, 1 - tiny)
    return float(-np.log(given).mean())


def roc_auc(actual: Counts, probabilities: Probabilities, positive: int | None) -> float | None:
    """Return the area under the ROC curve; with more than two labels the mean of each against the rest.

    Args:
        actual: Indices `(n,)`.
        probabilities: `(n, labels)`.
        positive: With two labels, the one that is positive; default: the second.
    """
    return _one_against_rest(_roc_auc, actual, probabilities, positive)


def average_precision(actual: Counts, probabilities: Probabilities, positive: int | None) -> float | None:
    """Return the step-wise area under the precision-recall curve; arguments as for `roc_auc`."""
    return _one_against_rest(_average_precision, actual, probabilities, positive)


def expected_calibration_error(actual: Counts, probabilities: Probabilities) -> float | None:
    """Return the mean gap between the highest probability and how often it is right, over bins of equal width."""
    if len(actual) == 0:
        return None
    confidence = probabilities.max(axis=1)
    is_right = probabilities.argmax(axis=1) == actual
    bins = np.clip(np.ceil(confidence * CALIBRATION_BINS).astype(int) - 1, 0, CALIBRATION_BINS - 1)
    gaps = np.bincount(bins, weights=confidence - is_right, minlength=CALIBRATION_BINS)
    return float(np.abs(gaps).sum() / len(actual))


def _one_against_rest(
    measure: Callable[[npt.NDArray[np.bool_], Probabilities], float],
    actual: Counts,
    probabilities: Probabilities,
    positive: int | None,
) -> float | None:
    labels = probabilities.shape[1]
    if len(np.unique(actual)) < labels:  # a curve needs files of the label and files of another
        return None
    indices = [1 if positive is None else positive] if labels == 2 else range(labels)
    return float(np.mean([measure(actual == index, probabilities[:, index]) for index in indices]))


def _roc_auc(is_positive: npt.NDArray[np.bool_], score: Probabilities) -> float:
    """Mann and Whitney's statistic with midranks for ties."""
    _, place, count = np.unique(score, return_inverse=True, return_counts=True)
    last = np.cumsum(count)
    midrank = (last - count + 1 + last) / 2
    positives = int(is_positive.sum())
    negatives = len(is_positive) - positives
    above = midrank[place][is_positive].sum() - positives * (positives + 1) / 2
    return float(above / (positives * negatives))


def _average_precision(is_positive: npt.NDArray[np.bool_], score: Probabilities) -> float:
    order = np.argsort(-score, kind="stable")
    hits = np.cumsum(is_positive[order])
    last_of_ties = np.append(np.diff(score[order]) != 0, True)
    hits, called = hits[last_of_ties], (np.arange(len(score)) + 1)[last_of_ties]
    recall_steps = np.diff(hits, prepend=0) / hits[-1]
    return float((recall_steps * hits / called).sum())
