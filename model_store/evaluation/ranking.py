"""One label against the rest: files by falling probability of it, and the areas under the curves that this draws.

Pure NumPy. With weights, each row of them a resample, everything comes once for each row.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Steps:
    """What is called positive when the threshold falls from one probability to the next."""

    hits: Floats
    """Weight of the positives called so, `(rows, steps)`; the last is that of all."""
    called: Floats
    """Weight of all files called so, `(rows, steps)`."""

    @property
    def false_alarms(self) -> Floats:
        """Weight of the others called so, `(rows, steps)`."""
        return self.called - self.hits


class Ranking:
    """Files by falling score; equal scores are one step.

    Args:
        is_positive: Which files are of the label, `(n,)`.
        score: Its probability for each, `(n,)`.
    """

    def __init__(self, is_positive: npt.NDArray[np.bool_], score: Floats) -> None:
        self._order = np.argsort(-score, kind="stable")
        ordered = score[self._order]
        self._ends = np.flatnonzero(np.append(np.diff(ordered) != 0, True)) if len(score) else np.zeros(0, np.int64)
        self._is_positive = is_positive[self._order]
        self.thresholds: Floats = ordered[self._ends]
        """Scores of the steps, falling, `(steps,)`."""

    def steps(self, weights: Floats | None = None) -> Steps:
        """Walk down the ranking.

        Args:
            weights: How often each file counts, `(rows, n)`; default: once, in one row.
        """
        ordered = np.ones((1, len(self._order))) if weights is None else weights[:, self._order]
        hits = np.cumsum(ordered * self._is_positive, axis=1)[:, self._ends]
        return Steps(hits, np.cumsum(ordered, axis=1)[:, self._ends])


def roc_auc(steps: Steps) -> Floats:
    """Return the area under the ROC curve, straight lines between the steps, `(rows,)`; NaN where one kind lacks."""
    hits, false_alarms = steps.hits, steps.false_alarms
    heights = (hits + np.pad(hits, ((0, 0), (1, 0)))[:, :-1]) / 2
    area = (heights * np.diff(false_alarms, axis=1, prepend=0)).sum(axis=1)
    return _ratio(area, hits[:, -1] * false_alarms[:, -1])


def average_precision(steps: Steps) -> Floats:
    """Return the area under the precision-recall curve, in steps, `(rows,)`; NaN without positives."""
    precision = np.divide(steps.hits, steps.called, out=np.zeros_like(steps.hits), where=steps.called > 0)
    area = (np.diff(steps.hits, axis=1, prepend=0) * precision).sum(axis=1)
    return _ratio(area, steps.hits[:, -1])


def _ratio(part: Floats, whole: Floats) -> Floats:
    return np.divide(part, whole, out=np.full_like(part, np.nan), where=whole > 0)
