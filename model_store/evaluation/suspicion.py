"""Confident learning: labels that may be wrong, according to a model that was not trained on the files.

Northcutt, Jiang and Chuang 2021, "Confident Learning: Estimating Uncertainty in Dataset Labels". A file is suspect if
the model prefers another label with at least the average probability of that label on its own files. Tests compare
with cleanlab, the authors' library, which would bring pandas and scikit-learn into the service.
"""

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from model_store.evaluation.metrics import Counts, Probabilities

_ROUNDING: Final = 1e-6
"""Tolerance below the threshold, as in cleanlab."""
_LEAST_THRESHOLD: Final = 2e-6


class Suspects(NamedTuple):
    """Files whose label may be wrong, likeliest first."""

    files: Counts
    """Places of the files."""
    suggested: Counts
    """Index of a more likely label of each file."""


def suspect_labels(actual: Counts, probabilities: Probabilities) -> Suspects:
    """Find the files whose label may be wrong.

    Args:
        actual: Indices of the given labels, `(n,)`.
        probabilities: `(n, labels)`.

    Returns:
        The suspects, sorted by the probability of the given label less that of the likeliest other label.
    """
    files = np.arange(len(actual))
    if not len(actual):
        return Suspects(files, files)
    is_confident = probabilities >= _thresholds(actual, probabilities) - _ROUNDING
    likeliest = probabilities.argmax(axis=1)
    suggested = np.where(is_confident.sum(axis=1) > 1, likeliest, is_confident.argmax(axis=1))
    is_suspect = is_confident.any(axis=1) & (suggested != actual) & (likeliest != actual)
    others = probabilities.copy()
    others[files, actual] = -np.inf
    margin = probabilities[files, actual] - others.max(axis=1)
    suspects = files[is_suspect]
    suspects = suspects[np.argsort(margin[suspects], kind="stable")]
    return Suspects(suspects, suggested[suspects])


def _thresholds(actual: Counts, probabilities: Probabilities) -> npt.NDArray[np.float64]:
    """Return the mean probability of each label on its own files, `(labels,)`; infinite for a label without files."""
    thresholds = np.full(probabilities.shape[1], np.inf)
    for label in np.unique(actual):
        thresholds[label] = max(_LEAST_THRESHOLD, float(probabilities[actual == label, label].mean()))
    return thresholds
