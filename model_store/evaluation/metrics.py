"""The figures of an evaluation, from counts and probabilities. Pure NumPy; knows no files, label names or reports.

Definitions are those of scikit-learn (tests compare); undefined values are None, where scikit-learn warns.
"""

import math
from typing import Final

import numpy as np
import numpy.typing as npt

Counts = npt.NDArray[np.int64]
Probabilities = npt.NDArray[np.float64]

Z_95: Final = 1.959963984540054
"""Standard normal quantile of 0.975."""
CALIBRATION_BINS: Final = 15
"""Number of bins of equal width, as in Guo et al. 2017, "On Calibration of Modern Neural Networks"."""


def wilson_interval(successes: int, trials: int) -> tuple[float, float] | None:
    """Return the 95% score interval of a proportion (Wilson 1927), or None if `trials` is 0.

    It contains the proportion, and ends at exactly 0 or 1 if none or all succeeded.
    """
    if trials == 0:
        return None
    share = successes / trials
    z2 = Z_95 * Z_95
    centre = (share + z2 / (2 * trials)) / (1 + z2 / trials)
    half = Z_95 / (1 + z2 / trials) * math.sqrt(share * (1 - share) / trials + z2 / (4 * trials * trials))
    low = min(share, centre - half) if successes else 0.0
    high = max(share, centre + half) if successes < trials else 1.0
    return max(0.0, low), min(1.0, high)


def ratio(part: int, whole: int) -> float | None:
    """Return `part / whole`, or None if `whole` is 0."""
    return part / whole if whole else None


def mean_of_defined(values: list[float | None]) -> float | None:
    """Return the mean of the values that are not None, or None if all are None."""
    defined = [value for value in values if value is not None]
    return math.fsum(defined) / len(defined) if defined else None


def log_loss(actual: Counts, probabilities: Probabilities) -> float | None:
    """Return the mean negative logarithm of the given label's probability, in nats, clipped as in scikit-learn.

    Args:
        actual: Indices of the given labels, `(n,)`.
        probabilities: `(n, labels)`.
    """
    return float(losses(actual, probabilities).mean()) if len(actual) else None


def losses(actual: Counts, probabilities: Probabilities) -> Probabilities:
    """Return the loss of each file, whose mean is `log_loss`, `(n,)`."""
    tiny = np.finfo(np.float64).eps
    terms: Probabilities = -np.log(np.clip(probabilities[np.arange(len(actual)), actual], tiny, 1 - tiny))
    return terms


def expected_calibration_error(actual: Counts, probabilities: Probabilities) -> float | None:
    """Return the mean gap between the highest probability and the share of right answers, over bins of equal width."""
    if len(actual) == 0:
        return None
    bins, gaps = calibration_gaps(actual, probabilities)
    return float(np.abs(np.bincount(bins, weights=gaps)).sum() / len(actual))


def calibration_gaps(actual: Counts, probabilities: Probabilities) -> tuple[Counts, Probabilities]:
    """Return each file's bin and its highest probability less 1 if that label is right, less 0 if wrong, `(n,)`."""
    confidence = probabilities.max(axis=1)
    is_right = probabilities.argmax(axis=1) == actual
    return calibration_bins(confidence), confidence - is_right


def calibration_bins(confidence: Probabilities) -> Counts:
    """Return the bin of each highest probability, `(n,)`; a bin includes its upper end."""
    return np.clip(np.ceil(confidence * CALIBRATION_BINS).astype(np.int64) - 1, 0, CALIBRATION_BINS - 1)


def chosen_labels(labels: int, positive: int | None) -> list[int]:
    """Return the labels that the mean area under curves is taken over: all, or of two only the positive one.

    Args:
        labels: Number of labels.
        positive: With two labels, the index of the positive one; default: the second.
    """
    if labels == 2:
        return [1 if positive is None else positive]
    return list(range(labels))
