"""Epochs at which a curve begins to stand still or to rise, as a person would point them out.

Each is read off the nearest monotone curve (isotonic regression), which averages over long flat parts, so that single
epochs do not decide. The verdicts themselves rest on trends, not on these epochs.
"""

from typing import Final

import numpy as np

from training.curves.trend import MEAN_TURN, Curve, Values, isotonic

_LEFT: Final = 0.05
"""Share of its way that a curve has yet to go when it begins to stand still: after three time constants of a decay."""
_LEFT_NOISE: Final = 1.5
"""The same as a multiple of its noise, if that is more."""
_FLAT_NOISE: Final = 2.0
"""Noise above a flat part within which a loss does not rise yet."""
_FLAT_SHARE: Final = 0.01
"""The same, as a share of the loss."""
_MAX_BENDS: Final = 300
"""Places that are tried for the bend of a long curve."""
_SHORT: Final = 3
"""Epochs after the lowest value that are not yet a flat part: a curve that turns is slow about its lowest."""


def accuracy_still_since(curve: Curve) -> int:
    """Return the index from which an accuracy that ends flat has stood still."""
    return _arrived(curve.values, curve.noise)


def loss_still_since(curve: Curve) -> int:
    """Return the index from which a loss that ends flat has stood still.

    A slow drift of its last half is not part of the way and is taken off before: a loss is fine enough to show it.
    """
    drift = curve.since(len(curve) // 2).slope * (np.arange(len(curve)) - (len(curve) - 1))
    return _arrived(drift - curve.values, curve.noise)


def _arrived(rising: Values, noise: float) -> int:
    """Return the index from which values that rise have come close to the level of their last half."""
    monotone = isotonic(rising)
    level = float(np.median(monotone[len(rising) // 2 :]))
    way = level - float(monotone[0])
    return min(int(np.sum(level - monotone > max(_LEFT * way, _LEFT_NOISE * noise))), len(rising) - 1)


def rise_since(curve: Curve, lowest: int) -> int:
    """Return the index from which a curve rises, given the index of its lowest smoothed value.

    It is that index, unless the curve stays flat for some epochs after it: up to the bend of the line that is flat and
    then rises and fits best, or up to the last epoch that the noise of the flat part explains, if that is earlier.
    """
    values = curve.values[lowest:]
    bend = _bend(values)
    flat = float(np.median(values[: max(_SHORT, bend // 2)]))
    enough = max(_FLAT_SHARE * abs(flat), _FLAT_NOISE * _swing(values[: bend + 2]))
    last = min(bend, int(np.sum(isotonic(values) <= flat + enough)) - 1)
    return lowest + last if last >= _SHORT else lowest


def _bend(values: Values) -> int:
    """Return the index at which a line that is flat and then rises bends, fitted by least squares."""
    places = np.arange(len(values))
    bends = np.unique(np.linspace(0, max(0, len(values) - 2), min(len(values), _MAX_BENDS)).astype(int))
    rises = np.maximum(0, places[None, :] - bends[:, None]).astype(np.float64)  # (bends, epochs)
    rises -= rises.mean(axis=1, keepdims=True)
    explained = (rises @ (values - values.mean())) ** 2 / np.maximum((rises**2).sum(axis=1), 1e-12)
    return int(bends[int(np.argmax(explained))])


def _swing(values: Values) -> float:
    """Return the noise by the turns of a curve, as `Curve.swing` does: one that only rises has none."""
    before, after = np.diff(values)[:-1], np.diff(values)[1:]
    turns = np.where(before * after < 0, np.minimum(np.abs(before), np.abs(after)), 0.0)
    return float(np.mean(turns) / MEAN_TURN) if len(turns) else 0.0
