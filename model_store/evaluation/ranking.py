"""One label against the rest: files ranked by its probability, and areas under the resulting curves.

Pure NumPy. With weights, whose rows are resamples, every result has one row per resample.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Steps:
    """Weights of the files predicted positive as the threshold falls from one probability to the next."""

    hits: Floats
    """Weight of the positive files predicted positive, `(rows, steps)`; the last is that of all positive files."""
    predicted: Floats
    """Weight of all files predicted positive, `(rows, steps)`."""

    @property
    def false_alarms(self) -> Floats:
        """Weight of the other files predicted positive, `(rows, steps)`."""
        return self.predicted - self.hits


class Ranking:
    """Files by falling score; equal scores are one step.

    Args:
        is_positive: True for the files with the label, `(n,)`.
        score: The label's probability for each file, `(n,)`.
    """

    def __init__(self, is_positive: npt.NDArray[np.bool_], score: Floats) -> None:
        self._order = np.argsort(-score, kind="stable")
        ordered = score[self._order]
        self._ends = np.flatnonzero(np.append(np.diff(ordered) != 0, True)) if len(score) else np.zeros(0, np.int64)
        self._is_positive = is_positive[self._order]
        self.thresholds: Floats = ordered[self._ends]
        """Scores of the steps, falling, `(steps,)`."""

    def steps(self, weights: Floats | None = None) -> Steps:
        """Accumulate the weights from the highest score down.

        Args:
            weights: Weight of each file, `(rows, n)`; default: one row of ones.
        """
        ordered = np.ones((1, len(self._order))) if weights is None else weights[:, self._order]
        hits = np.cumsum(ordered * self._is_positive, axis=1)[:, self._ends]
        return Steps(hits, np.cumsum(ordered, axis=1)[:, self._ends])


def roc_auc(steps: Steps) -> Floats:
    """Return the area under the ROC curve, with straight lines between the steps, `(rows,)`.

    NaN for a row without positive files or without others.
    """
    hits, false_alarms = steps.hits, steps.false_alarms
    heights = (hits + np.pad(hits, ((0, 0), (1, 0)))[:, :-1]) / 2
    area = (heights * np.diff(false_alarms, axis=1, prepend=0)).sum(axis=1)
    return _ratio(area, hits[:, -1] * false_alarms[:, -1])


def average_precision(steps: Steps) -> Floats:
    """Return the area under the precision-recall curve, as a step function, `(rows,)`; NaN without positive files."""
    precision = np.divide(steps.hits, steps.predicted, out=np.zeros_like(steps.hits), where=steps.predicted > 0)
    area = (np.diff(steps.hits, axis=1, prepend=0) * precision).sum(axis=1)
    return _ratio(area, steps.hits[:, -1])


def _ratio(part: Floats, whole: Floats) -> Floats:
    return np.divide(part, whole, out=np.full_like(part, np.nan), where=whole > 0)
