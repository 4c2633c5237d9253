"""Which labels may be wrong, going by a model that was not trained on the files: confident learning.

Northcutt, Jiang and Chuang 2021, "Confident Learning: Estimating Uncertainty in Dataset Labels". A file is suspected
where the model prefers another label, and gives it at least the probability that the files of that label have on
average. Tests compare with cleanlab, the authors' library; it would bring pandas and scikit-learn into the service.
"""

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from model_store.evaluation.metrics import Counts, Probabilities

_ROUNDING: Final = 1e-6
"""By which a probability may miss its threshold, as in cleanlab."""
_LEAST_THRESHOLD: Final = 2e-6


class Suspects(NamedTuple):
    """Files whose label may be wrong, the likeliest first."""

    files: Counts
    """Their places."""
    suggested: Counts
    """Index of the label that each more likely has."""


def suspect_labels(actual: Counts, probabilities: Probabilities) -> Suspects:
    """Suspect labels.

    Args:
        actual: Indices of the labels given, `(n,)`.
        probabilities: `(n, labels)`.

    Returns:
        The suspects, by how much less probable the label given is than the likeliest other one.
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
    found = files[is_suspect]
    found = found[np.argsort(margin[found], kind="stable")]
    return Suspects(found, suggested[found])


def _thresholds(actual: Counts, probabilities: Probabilities) -> npt.NDArray[np.float64]:
    """Return the mean probability of each label on its own files, `(labels,)`; infinite where it has none."""
    thresholds = np.full(probabilities.shape[1], np.inf)
    for label in np.unique(actual):
        thresholds[label] = max(_LEAST_THRESHOLD, float(probabilities[actual == label, label].mean()))
    return thresholds
