"""95% intervals of figures that no formula gives one for: by drawing the files again, with replacement.

Percentile bootstrap (Efron and Tibshirani 1993, "An Introduction to the Bootstrap", chapter 13). The draws are those of
`scipy.stats.bootstrap` with the same seed, and so are the intervals (tests compare). Pure NumPy.
"""

from collections.abc import Iterator
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
"""Share of resamples in which a figure may be undefined, for want of a label, before it has no interval."""
MAX_STEPS: Final = 10**8
"""Files times labels times resamples that areas under curves are computed over: five seconds. Above, no interval."""
_BLOCK: Final = 2**18
"""Files times resamples at once: 2 MB an array."""

Interval = tuple[float, float] | None
"""Lower and upper end; None where too many resamples do not define the figure."""


@dataclass(frozen=True)
class ScoredFiles:
    """Scored files of known labels."""

    actual: Counts
    """Index of the label given, `(n,)`."""
    called: Counts
    """Index of the label called, `(n,)`."""
    probabilities: Probabilities
    """`(n, labels)`."""
    positive: int | None

    @property
    def labels(self) -> int:
        """Return how many labels the model has."""
        return int(self.probabilities.shape[1])

    @cached_property
    def has_every_label(self) -> bool:
        """Tell whether there are files of every label, which the areas under curves need."""
        return len(np.unique(self.actual)) == self.labels

    @cached_property
    def rankings(self) -> list[Ranking]:
        """Return a ranking for each label that the areas are a mean over."""
        chosen = chosen_labels(self.labels, self.positive)
        return [Ranking(self.actual == label, self.probabilities[:, label]) for label in chosen]


@dataclass(frozen=True)
class BootstrapIntervals:
    """BootstrapIntervals of figures over all files, by their names in the report, and of each label's F1."""

    of_all: dict[str, Interval]
    f1: list[Interval]


def bootstrap(answered: ScoredFiles, resamples: int, seed: int = SEED) -> BootstrapIntervals:
    """Draw the files again, and see how much the figures vary.

    Args:
        answered: The files.
        resamples: How often.
        seed: Of the draws.

    Returns:
        The intervals; of the areas under curves only where that is a matter of seconds.
    """
    if not len(answered.actual) or not resamples:
        return BootstrapIntervals({}, [None] * answered.labels)
    needs_areas = answered.has_every_label and answered.probabilities.size * resamples <= MAX_STEPS
    counting, over_bins = _Counting(answered), _OverBins(answered)
    found: dict[str, list[npt.NDArray[np.float64]]] = {}
    f1: list[npt.NDArray[np.float64]] = []
    loss = losses(answered.actual, answered.probabilities)
    for weights in _draws(len(answered.actual), resamples, seed):
        figures, f1_of_labels = counting.figures(weights)
        figures["log_loss"] = weights @ loss / len(loss)
        figures["expected_calibration_error"] = over_bins.calibration_error(weights)
        if needs_areas:
            figures |= _areas(answered, weights)
        for name, values in figures.items():
            found.setdefault(name, []).append(values)
        f1.append(f1_of_labels)
    of_all = {name: _interval(np.concatenate(values)) for name, values in found.items()}
    return BootstrapIntervals(of_all, [_interval(column) for column in np.concatenate(f1).T])


def _draws(files: int, resamples: int, seed: int) -> Iterator[npt.NDArray[np.float64]]:
    """Yield how often each file was drawn, `(some resamples, files)`."""
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
    """Sums of weights over files of one kind, `(rows, kinds)`; each kind an index below `kinds`."""

    def __init__(self, kind: Counts, kinds: int) -> None:
        self._order = np.argsort(kind, kind="stable")
        self._present, self._starts = np.unique(kind[self._order], return_index=True)
        self._kinds = kinds

    def sums(self, weights: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        sums = np.zeros((len(weights), self._kinds))
        sums[:, self._present] = np.add.reduceat(weights[:, self._order], self._starts, axis=1)
        return sums


class _Counting:
    """Figures that follow from how many files of a label were called what."""

    def __init__(self, answered: ScoredFiles) -> None:
        self._given = _Groups(answered.actual, answered.labels)
        self._called = _Groups(answered.called, answered.labels)
        self._is_right = answered.actual == answered.called

    def figures(
        self, weights: npt.NDArray[np.float64]
    ) -> tuple[dict[str, npt.NDArray[np.float64]], npt.NDArray[np.float64]]:
        """Return the means over labels, each `(rows,)`, and F1 of each label, `(rows, labels)`."""
        support, called = self._given.sums(weights), self._called.sums(weights)
        hits = self._given.sums(weights * self._is_right)
        f1 = _share(2 * hits, called + support)
        recall = _mean_of_defined(_share(hits, support))
        means = {
            "balanced_accuracy": recall,
            "macro_precision": _mean_of_defined(_share(hits, called)),
            "macro_recall": recall,
            "macro_f1": _mean_of_defined(f1),
        }
        return means, f1


class _OverBins:
    """The calibration error."""

    def __init__(self, answered: ScoredFiles) -> None:
        bins, self._gaps = calibration_gaps(answered.actual, answered.probabilities)
        self._bins = _Groups(bins, int(bins.max()) + 1)

    def calibration_error(self, weights: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        error: npt.NDArray[np.float64] = np.abs(self._bins.sums(weights * self._gaps)).sum(axis=1) / len(self._gaps)
        return error


def _areas(answered: ScoredFiles, weights: npt.NDArray[np.float64]) -> dict[str, npt.NDArray[np.float64]]:
    steps = [ranking.steps(weights) for ranking in answered.rankings]
    return {
        "roc_auc": np.mean([roc_auc(one) for one in steps], axis=0),
        "average_precision": np.mean([average_precision(one) for one in steps], axis=0),
    }


def _share(part: npt.NDArray[np.float64], whole: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    return np.divide(part, whole, out=np.full_like(part, np.nan), where=whole > 0)


def _mean_of_defined(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    is_defined = ~np.isnan(values)
    return _share(np.where(is_defined, values, 0).sum(axis=1), is_defined.sum(axis=1).astype(np.float64))
