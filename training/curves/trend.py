"""Robust statistics of one curve: its level, its noise, and whether it is still going anywhere.

A curve is a trend with noise on it. Decisions rest on slopes that stand out from the noise, never on single epochs,
so noise that does not matter changes none of them. Knows nothing of losses, accuracies or verdicts.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
import numpy.typing as npt

Values = npt.NDArray[np.float64]

SMALLEST_TAIL: Final = 6
"""Epochs that a trend is judged on at least, where there are so many."""
_WINDOW: Final = 5
_SLOPES_OF: Final = 300
"""Theil-Sen takes every pair; longer tails are thinned to so many points."""
_MAX_GRID: Final = 20_000
_CHANCE: Final = 0.01
"""Of finding a grid that is none; over it, nothing is inferred."""
_FLOAT32: Final = 2e-7
"""How far off a share from 0 to 1 is in Keras' single precision."""
_MIN_SHARES: Final = 3
_MEDIAN_OF_NORMAL: Final = 0.6745
"""Of the absolute value of a standard normal variable."""


@dataclass(frozen=True)
class Curve:
    """The values of one column and the epochs they belong to.

    Attributes:
        values: float64 `(n,)`, finite, n of 1 at least.
        epochs: Of each value, the epoch counted from 1; rising.
    """

    values: Values
    epochs: tuple[int, ...]

    def __len__(self) -> int:
        return len(self.values)

    @cached_property
    def noise(self) -> float:
        """Standard deviation of an epoch about the trend, over the second half of the curve.

        From second differences, which a straight trend leaves at zero; their variance is six times the noise's
        (Gasser, Sroka and Jennen-Steinmetz 1986, Residual variance and residual pattern in nonlinear regression;
        the idea is von Neumann's, 1941). Mean absolute differences instead of squares: one odd epoch weighs little,
        and steps of an accuracy that repeats exactly still count.
        """
        bends = self._bends
        return float(np.mean(bends) * np.sqrt(np.pi / 2) / np.sqrt(6)) if len(bends) else 0.0

    @cached_property
    def swing(self) -> float:
        """The same by the median: noise that half of the epochs have, which a single spike does not make."""
        bends = self._bends
        return float(np.median(bends) / _MEDIAN_OF_NORMAL / np.sqrt(6)) if len(bends) else 0.0

    @cached_property
    def _bends(self) -> Values:
        """Absolute second differences over the second half: float64 `(m,)`."""
        return np.abs(np.diff(self.values[-max(SMALLEST_TAIL, len(self) // 2) :], n=2))

    @property
    def uncertainty(self) -> float:
        """Standard error of the level: of the median of so many epochs with this noise."""
        return 1.25 * self.noise / float(np.sqrt(len(self.tail)))

    @property
    def middle(self) -> float:
        """The median of the second third, before the tail."""
        return float(np.median(self.values[len(self) // 3 : max(len(self) // 3 + 1, len(self) - len(self.tail))]))

    @cached_property
    def smoothed(self) -> Values:
        """Running median of five epochs, narrower at the ends: float64 `(n,)`."""
        reach = _WINDOW // 2
        near = (min(reach, place, len(self) - 1 - place) for place in range(len(self)))
        return np.array([np.median(self.values[i - r : i + r + 1]) for i, r in enumerate(near)])

    @cached_property
    def tail(self) -> "Curve":
        """The last third of the epochs, and no fewer than `SMALLEST_TAIL`."""
        return self.since(max(0, len(self) - max(SMALLEST_TAIL, round(len(self) / 3))))

    def since(self, place: int) -> "Curve":
        """The part from a place, counted from 0, to the end."""
        return Curve(self.values[place:], self.epochs[place:])

    @cached_property
    def level(self) -> float:
        """Where the curve is: the median of its tail."""
        return float(np.median(self.tail.values))

    @cached_property
    def end(self) -> float:
        """Where the trend of the tail has arrived in the last epoch."""
        tail = self.tail
        return float(np.median(tail.values)) + tail.slope * (len(tail) - 1) / 2

    @cached_property
    def slope(self) -> float:
        """Change per value, over the whole curve: the median of all pairs' slopes (Theil 1950, Sen 1968)."""
        if len(self) < 2:
            return 0.0
        places = np.unique(np.linspace(0, len(self) - 1, min(len(self), _SLOPES_OF)).astype(int))
        first, second = np.triu_indices(len(places), k=1)
        steps = places[second] - places[first]
        return float(np.median((self.values[places[second]] - self.values[places[first]]) / steps))

    @property
    def change(self) -> float:
        """How far the trend has gone from the first value to the last."""
        return self.slope * (len(self) - 1)

    def significance(self, noise: float) -> float:
        """The slope in standard errors, if each value has this noise: over 4, it is no accident."""
        count = len(self)
        if count < 3 or self.slope == 0:
            return 0.0
        error = noise * np.sqrt(12 / (count**3 - count))
        return float(abs(self.slope) / error) if error > 0 else float("inf")

    def arrived(self, tolerance: float, *, upwards: bool) -> int:
        """The place, from 0, at which the curve has come within a tolerance of its level.

        By the monotone curve nearest to it (isotonic regression, Barlow and others 1972), which averages over long flat
        parts: unlike the first or last value beyond a line, the place does not depend on single epochs.
        """
        sign = 1.0 if upwards else -1.0
        short = sign * self.level - isotonic(sign * self.values) > tolerance
        return min(int(short.sum()), len(self) - 1)


def isotonic(values: Values) -> Values:
    """Fit the nearest rising curve in least squares, by pooling adjacent violators: float64 `(n,)` of `(n,)`."""
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
    """Infer of how many images shares are: the smallest number that makes whole counts of all of them.

    The true number may be a multiple of it, the less likely the more values there are. None if there is no such
    number, or if the values are fewer than three, or rounded too much, to be sure of it.
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
    """Find the smallest number that makes counts of values which may be off by a tolerance."""
    images = np.arange(2, min(_MAX_GRID, int(0.1 / tolerance)) + 1)
    for value in values:  # each leaves a few of the candidates
        images = images[np.abs(value * images - np.rint(value * images)) <= images * tolerance]
    if not len(images):
        return None
    smallest = int(images[0])
    by_accident = np.sum((2 * tolerance * np.arange(2, smallest)) ** len(values))
    return smallest if by_accident < _CHANCE else None
