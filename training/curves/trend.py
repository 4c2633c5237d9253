"""Robust statistics of one curve: its level, its noise and its trend.

A curve is a trend with noise on it. Decisions rest on slopes that stand out from the noise, never on single epochs, so
noise that does not matter changes none of them. Nothing here is specific to losses, accuracies or verdicts.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
import numpy.typing as npt

Values = npt.NDArray[np.float64]

SMALLEST_TAIL: Final = 6
"""Smallest number of epochs on which a trend is judged, if the curve has that many."""
_WINDOW: Final = 5
_SLOPES_OF: Final = 300
"""Points to which longer curves are thinned, because Theil-Sen compares every pair."""
_MAX_GRID: Final = 20_000
_CHANCE: Final = 0.01
"""Probability of a false grid above which nothing is inferred."""
_FLOAT32: Final = 2e-7
"""Error of a share from 0 to 1 in Keras' single precision."""
_MIN_SHARES: Final = 3
_MEDIAN_OF_NORMAL: Final = 0.6745
"""Median of the absolute value of a standard normal variable."""
MEAN_TURN: Final = 0.564
"""Mean size of a turn between standard normal values."""


@dataclass(frozen=True)
class Curve:
    """The values of one column and the epochs they belong to.

    Attributes:
        values: Finite values, float64 `(n,)`, with n at least 1.
        epochs: Epoch of each value, counted from 1, rising.
    """

    values: Values
    epochs: tuple[int, ...]

    def __len__(self) -> int:
        return len(self.values)

    @cached_property
    def noise(self) -> float:
        """Standard deviation of an epoch about the trend, over the second half of the curve.

        It is computed from second differences, which a straight trend leaves at zero. Their variance is six times that
        of the noise (Gasser, Sroka and Jennen-Steinmetz 1986, Residual variance and residual pattern in nonlinear
        regression). The idea is von Neumann's (1941). Absolute differences replace squares: one odd epoch weighs
        little, and steps of an accuracy that repeats exactly still count.
        """
        bends = self._bends
        return float(np.mean(bends) * np.sqrt(np.pi / 2) / np.sqrt(6)) if len(bends) else 0.0

    @cached_property
    def swing(self) -> float:
        """Noise by the median of the second differences, but no more than the curve turns.

        At least half of the epochs have it, so a single spike does not count. A turn is an epoch with a rise on one
        side and a fall on the other; its size is the smaller of the two. The largest turn is left out: a curve that
        falls and then rises has one. So a curve that turns at most once does not swing, however bent it is.
        """
        steps = np.diff(self._second_half)
        if len(steps) < 3:
            return 0.0
        before, after = steps[:-1], steps[1:]
        turns = np.where(before * after < 0, np.minimum(np.abs(before), np.abs(after)), 0.0)
        by_bends = np.median(self._bends) / _MEDIAN_OF_NORMAL / np.sqrt(6)
        return float(min(by_bends, np.mean(np.sort(turns)[:-1]) / MEAN_TURN))

    @cached_property
    def _bends(self) -> Values:
        """Absolute second differences over the second half: float64 `(m,)`."""
        return np.abs(np.diff(self._second_half, n=2))

    @property
    def _second_half(self) -> Values:
        """The second half of the values, but at least `SMALLEST_TAIL` of them."""
        return self.values[-max(SMALLEST_TAIL, len(self) // 2) :]

    @property
    def uncertainty(self) -> float:
        """Standard error of the level, the median of the tail."""
        return 1.25 * self.noise / float(np.sqrt(len(self.tail)))

    @property
    def middle(self) -> float:
        """The median of the second third, before the tail."""
        return float(np.median(self.values[len(self) // 3 : max(len(self) // 3 + 1, len(self) - len(self.tail))]))

    @cached_property
    def thirds(self) -> Values:
        """Medians of the first, second and last third, float64 `(3,)`: a single epoch, even the first, does not count.

        A curve with fewer than three values repeats them.
        """
        parts = np.array_split(self.values, min(3, len(self)))
        return np.resize([np.median(part) for part in parts], 3)

    @cached_property
    def smoothed(self) -> Values:
        """Running median of five epochs, narrower at the ends: float64 `(n,)`."""
        reach = _WINDOW // 2
        near = (min(reach, place, len(self) - 1 - place) for place in range(len(self)))
        return np.array([np.median(self.values[i - r : i + r + 1]) for i, r in enumerate(near)])

    def lowest_near(self, place: int) -> int:
        """Return the index of the lowest value among those that a smoothed value is the median of."""
        first = max(0, place - _WINDOW // 2)
        return first + int(np.argmin(self.values[first : place + _WINDOW // 2 + 1]))

    @cached_property
    def tail(self) -> "Curve":
        """The last third of the epochs, but at least `SMALLEST_TAIL` of them."""
        return self.since(max(0, len(self) - max(SMALLEST_TAIL, round(len(self) / 3))))

    def since(self, place: int) -> "Curve":
        """Return the part from an index to the end."""
        return Curve(self.values[place:], self.epochs[place:])

    @cached_property
    def level(self) -> float:
        """Level of the curve: the median of its tail."""
        return float(np.median(self.tail.values))

    @cached_property
    def end(self) -> float:
        """Value of the tail's trend in the last epoch, within the tail's values."""
        return self._on_trend(self.tail.change / 2)

    @cached_property
    def start(self) -> float:
        """Value of the tail's trend in the tail's first epoch, within the tail's values."""
        return self._on_trend(-self.tail.change / 2)

    def _on_trend(self, distance: float) -> float:
        """Return the level plus a distance, kept within the tail's values: a steep trend would leave them."""
        return float(np.clip(self.level + distance, self.tail.values.min(), self.tail.values.max()))

    @cached_property
    def slope(self) -> float:
        """Change per epoch over the whole curve: the median of all pairs' slopes (Theil 1950, Sen 1968)."""
        if len(self) < 2:
            return 0.0
        places = np.unique(np.linspace(0, len(self) - 1, min(len(self), _SLOPES_OF)).astype(int))
        first, second = np.triu_indices(len(places), k=1)
        steps = places[second] - places[first]
        return float(np.median((self.values[places[second]] - self.values[places[first]]) / steps))

    @property
    def change(self) -> float:
        """Change of the trend from the first value to the last."""
        return self.slope * (len(self) - 1)

    def significance(self, noise: float) -> float:
        """Return the slope in standard errors, if each value has this noise; above 4 it is not an accident."""
        count = len(self)
        if count < 3 or self.slope == 0:
            return 0.0
        error = noise * np.sqrt(12 / (count**3 - count))
        return float(abs(self.slope) / error) if error > 0 else float("inf")

    def arrived(self, tolerance: float, *, upwards: bool) -> int:
        """Return the index at which the curve has come within a tolerance of its level.

        It is read off the nearest monotone curve (isotonic regression, Barlow and others 1972), which averages over
        long flat parts. Unlike the first or last value beyond a line, the index does not depend on single epochs.
        """
        sign = 1.0 if upwards else -1.0
        short = sign * self.level - isotonic(sign * self.values) > tolerance
        return min(int(short.sum()), len(self) - 1)


def isotonic(values: Values) -> Values:
    """Fit the nearest rising curve in least squares, by pooling adjacent violators: float64 `(n,)` to `(n,)`."""
    means: list[float] = []
    counts: list[int] = []
    for value in values.tolist():
        mean, count = value, 1
        while means and means[-1] >= mean:
            earlier = counts.pop()
            mean = (mean * count + means.pop() * earlier) / (count + earlier)
            count += earlier
        means.append(mean)
        counts.append(count)
    return np.repeat(means, counts)


def grid(shares: Sequence[float]) -> int | None:
    """Infer the number of images behind shares: the smallest number that makes every share a whole count.

    The true number may be a multiple of it, which is less likely with more values. Returns None if such a number is not
    found, or if fewer than three values or coarse rounding leave doubt.
    """
    values = np.unique(np.asarray(shares, dtype=np.float64))
    between = values[(values > 0) & (values < 1)]
    if len(between) < _MIN_SHARES:
        return None
    digits = next((few for few in (3, 4, 5) if np.allclose(between, between.round(few), rtol=0, atol=1e-9)), None)
    if digits is None:
        return _smallest_grid(between, _FLOAT32)
    # Values with few digits are rounded, or have a grid that divides a power of ten.
    rounded = _smallest_grid(between, 0.505 * 10.0**-digits)
    exact = _smallest_grid(between, _FLOAT32)
    is_by_accident = exact is not None and (exact / 10**digits) ** len(between) > _CHANCE
    return rounded or (None if is_by_accident else exact)


def _smallest_grid(values: Values, tolerance: float) -> int | None:
    """Return the smallest number that makes whole counts of values, each within a tolerance."""
    images = np.arange(2, min(_MAX_GRID, int(0.1 / tolerance)) + 1)
    for value in values:  # each keeps a few of the candidates
        images = images[np.abs(value * images - np.rint(value * images)) <= images * tolerance]
    if not len(images):
        return None
    smallest = int(images[0])
    by_accident = np.sum((2 * tolerance * np.arange(2, smallest)) ** len(values))
    return smallest if by_accident < _CHANCE else None
