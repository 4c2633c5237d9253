"""95% intervals of figures without a formula for one, by resampling the files with replacement.

Percentile bootstrap (Efron and Tibshirani 1993, "An Introduction to the Bootstrap", chapter 13). Draws and intervals
equal those of `scipy.stats.bootstrap` with the same seed (tests compare). Pure NumPy.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
import numpy.typing as npt

from model_store.evaluation.metrics import Counts, Probabilities, calibration_gaps, chosen_labels, losses
from model_store.evaluation.ranking import Ranking, average_precision, roc_auc

RESAMPLES: Final = 1000
SEED: Final = 0
MAX_UNDEFINED: Final = 0.05
"""Largest share of resamples in which a figure may be undefined, for lack of a label, and still have an interval."""
MAX_STEPS: Final = 10**8
"""Limit of files times labels times resamples for areas under curves: five seconds. Above it they have no interval."""
_BLOCK: Final = 2**18
"""Files times resamples in one block: 2 MB per array."""

Interval = tuple[float, float] | None
"""Lower and upper end, or None if the figure is undefined in too many resamples."""


@dataclass(frozen=True)
class ScoredFiles:
    """Scored files with known labels."""

    actual: Counts
    """Index of the given label, `(n,)`."""
    predicted: Counts
    """Index of the predicted label, `(n,)`."""
    probabilities: Probabilities
    """`(n, labels)`."""
    positive: int | None
    """Index of the positive label, if there is one."""

    @property
    def labels(self) -> int:
        """The number of labels of the model."""
        return int(self.probabilities.shape[1])

    @cached_property
    def has_every_label(self) -> bool:
        """True if there are files of every label, which the areas under curves need."""
        return len(np.unique(self.actual)) == self.labels

    def rankings(self) -> Iterator[Ranking]:
        """Make a ranking for each label that the mean area is taken over. Each takes four times its label's scores."""
        for label in chosen_labels(self.labels, self.positive):
            yield Ranking(self.actual == label, self.probabilities[:, label])


@dataclass(frozen=True)
class BootstrapIntervals:
    """95% intervals of the figures over all files, by their names in the report, and of each label's F1."""

    of_all: dict[str, Interval]
    f1: list[Interval]


def bootstrap(answered: ScoredFiles, resamples: int, seed: int = SEED) -> BootstrapIntervals:
    """Compute intervals by resampling the files.

    Args:
        answered: The files.
        resamples: Number of resamples; 0 for no intervals.
        seed: Seed of the draws.

    Returns:
        The intervals; those of the areas under curves only if they take seconds to compute.
    """
    if not len(answered.actual) or not resamples:
        return BootstrapIntervals({}, [None] * answered.labels)
    needs_areas = answered.has_every_label and answered.probabilities.size * resamples <= MAX_STEPS
    rankings = list(answered.rankings()) if needs_areas else []
    counting, over_bins = _Counting(answered), _OverBins(answered)
    samples: dict[str, list[npt.NDArray[np.float64]]] = {}
    f1: list[npt.NDArray[np.float64]] = []
    loss = losses(answered.actual, answered.probabilities)
    for weights in _draws(len(answered.actual), resamples, seed):
        figures, f1_of_labels = counting.figures(weights)
        figures["log_loss"] = weights @ loss / len(loss)
        figures["expected_calibration_error"] = over_bins.calibration_error(weights)
        if needs_areas:
            figures |= _areas(rankings, weights)
        for name, values in figures.items():
            samples.setdefault(name, []).append(values)
        f1.append(f1_of_labels)
    of_all = {name: _interval(np.concatenate(values)) for name, values in samples.items()}
    return BootstrapIntervals(of_all, [_interval(column) for column in np.concatenate(f1).T])


def _draws(files: int, resamples: int, seed: int) -> Iterator[npt.NDArray[np.float64]]:
    """Yield blocks of resamples: the number of times each file was drawn, `(rows, files)`."""
    random = np.random.default_rng(seed)
    rows = max(1, _BLOCK // files)
    for start in range(0, resamples, rows):
        count = min(rows, resamples - start)
        drawn = random.integers(0, files, (count, files)) + files * np.arange(count)[:, None]
        yield np.bincount(drawn.ravel(), minlength=count * files).reshape(count, files).astype(np.float64)


def _interval(values: npt.NDArray[np.float64]) -> Interval:
    defined = values[~np.isnan(values)]
    if len(defined) < (1 - MAX_UNDEFINED) * len(values):
        return None
    low, high = np.percentile(defined, [2.5, 97.5])
    return float(low), float(high)


class _Groups:
    """Sums of weights over the files of each kind, `(rows, kinds)`; a kind is an index below `kinds`."""

    def __init__(self, kind: Counts, kinds: int) -> None:
        self._order = np.argsort(kind, kind="stable")
        self._present, self._starts = np.unique(kind[self._order], return_index=True)
        self._kinds = kinds

    def sums(self, weights: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        sums = np.zeros((len(weights), self._kinds))
        sums[:, self._present] = np.add.reduceat(weights[:, self._order], self._starts, axis=1)
        return sums


class _Counting:
    """Figures that follow from the counts of given and predicted labels."""

    def __init__(self, answered: ScoredFiles) -> None:
        self._given = _Groups(answered.actual, answered.labels)
        self._predicted = _Groups(answered.predicted, answered.labels)
        self._is_right = answered.actual == answered.predicted

    def figures(
        self, weights: npt.NDArray[np.float64]
    ) -> tuple[dict[str, npt.NDArray[np.float64]], npt.NDArray[np.float64]]:
        """Return the means over labels, each `(rows,)`, and F1 of each label, `(rows, labels)`."""
        support, predicted = self._given.sums(weights), self._predicted.sums(weights)
        hits = self._given.sums(weights * self._is_right)
        f1 = _share(2 * hits, predicted + support)
        recall = _mean_of_defined(_share(hits, support))
        means = {
            "balanced_accuracy": recall,
            "macro_precision": _mean_of_defined(_share(hits, predicted)),
            "macro_recall": recall,
            "macro_f1": _mean_of_defined(f1),
        }
        return means, f1


class _OverBins:
    """The calibration error, over bins of equal width."""

    def __init__(self, answered: ScoredFiles) -> None:
        bins, self._gaps = calibration_gaps(answered.actual, answered.probabilities)
        self._bins = _Groups(bins, int(bins.max()) + 1)

    def calibration_error(self, weights: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        error: npt.NDArray[np.float64] = np.abs(self._bins.sums(weights * self._gaps)).sum(axis=1) / len(self._gaps)
        return error


def _areas(rankings: Sequence[Ranking], weights: npt.NDArray[np.float64]) -> dict[str, npt.NDArray[np.float64]]:
    steps = [ranking.steps(weights) for ranking in rankings]
    return {
        "roc_auc": np.mean([roc_auc(ranked) for ranked in steps], axis=0),
        "average_precision": np.mean([average_precision(ranked) for ranked in steps], axis=0),
    }


def _share(part: npt.NDArray[np.float64], whole: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    return np.divide(part, whole, out=np.full_like(part, np.nan), where=whole > 0)


def _mean_of_defined(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    is_defined = ~np.isnan(values)
    return _share(np.where(is_defined, values, 0).sum(axis=1), is_defined.sum(axis=1).astype(np.float64))
