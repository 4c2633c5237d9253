"""How sure a model says it is against how often it is right: what a reliability diagram shows. Pure NumPy.

The bins are those of `metrics.expected_calibration_error`, which is the mean gap over them.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from model_store.metrics import CALIBRATION_BINS, wilson_interval


@dataclass(frozen=True, slots=True)
class Bin:
    """The images whose highest probability is about the same."""

    images: int
    confidence: float
    """Mean highest probability, 0 to 1."""
    accuracy: float
    """Share whose most probable label is theirs, 0 to 1."""
    low: float
    """Lower end of the accuracy's 95 % interval."""
    high: float


def reliability(targets: npt.NDArray[np.int64], probabilities: npt.NDArray[np.float32]) -> tuple[Bin, ...]:
    """Sort images into bins by their highest probability.

    Args:
        targets: Indices of their labels `(n,)`.
        probabilities: `(n, labels)`.

    Returns:
        The bins that have images, least sure first.
    """
    exact = probabilities.astype(np.float64)  # as the error is computed: no image changes its bin by rounding
    confidence = exact.max(axis=1)
    is_right = exact.argmax(axis=1) == targets
    places = np.clip(np.ceil(confidence * CALIBRATION_BINS).astype(int) - 1, 0, CALIBRATION_BINS - 1)
    return tuple(_bin(confidence[places == place], is_right[places == place]) for place in np.unique(places))


def _bin(confidence: npt.NDArray[np.float64], is_right: npt.NDArray[np.bool_]) -> Bin:
    low, high = wilson_interval(int(is_right.sum()), len(is_right)) or (0.0, 1.0)
    return Bin(len(confidence), float(confidence.mean()), float(is_right.mean()), low, high)
