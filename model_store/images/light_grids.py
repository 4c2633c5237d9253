"""Light grids: 50 bytes per picture, by which pictures that are nearly the same, re-encoded or resized, are found.

A light grid holds the mean grey of a picture and that of each cell of a 7x7 grid, in units of its standard deviation.
Two pictures are near if their means are within `MAX_SHIFT` grey levels and their grids within `MAX_DIFFERENCE`. A
picture cannot be recognised by its grid, so the grid may be published with a model. The measurements
behind the numbers are in docs/explanation/performance.md. Knows pixels, but neither files nor labels.
"""

from collections.abc import Iterator
from typing import Final

import numpy as np
import numpy.typing as npt

from model_store.images.pixels import Pixels

GRID_BYTES: Final = 50
MIN_CONTRAST: Final = 4.0
"""Smallest standard deviation over the grid, in grey levels. JPEG compression changes a flatter picture as much."""
MAX_SHIFT: Final = 2
"""Largest difference of the means, in grey levels."""
MAX_DIFFERENCE: Final = 138
"""Largest sum of squared differences: a root mean square of 0.035 of the contrast."""

_SIDE: Final = 7
_STEP: Final = 48
"""Levels per standard deviation."""
_MIDDLE: Final = 128
_LUMA: Final = np.array([0.299, 0.587, 0.114])
"""Weights of red, green and blue in Pillow's grey (ITU-R 601-2)."""
_MAX_ROWS: Final = 257
"""Largest number of rows of a cell that can be summed in 16 bits."""
_BLOCK: Final = 1024
"""Pictures of each side that are compared at once: 4 MB."""

Grids = npt.NDArray[np.uint8]
"""Light grids, `(n, 50)`; zeros for a picture without one."""
Places = npt.NDArray[np.int64]
"""Indices of pictures, `(n,)`."""


def light_grid(pixels: Pixels) -> Grids:
    """Compute the light grid of a picture.

    Args:
        pixels: uint8 `(height, width, 3)`, of the same size as the pictures to compare with.

    Returns:
        uint8 `(50,)`: the mean and 49 levels; zeros if the picture is too flat or too small.
    """
    rows, columns = pixels.shape[0] // _SIDE, pixels.shape[1] // _SIDE
    if not rows or not columns:
        return np.zeros(GRID_BYTES, np.uint8)
    inside = pixels[: rows * _SIDE, : columns * _SIDE]  # the remainder is left out of all pictures
    sums = inside.reshape(_SIDE, rows, -1).sum(axis=1, dtype=np.uint16 if rows <= _MAX_ROWS else np.uint32)
    cells = sums.reshape(_SIDE, _SIDE, columns, 3).sum(axis=2, dtype=np.uint64) @ _LUMA / (rows * columns)
    contrast = cells.std()
    if contrast < MIN_CONTRAST:
        return np.zeros(GRID_BYTES, np.uint8)
    levels = np.rint((cells - cells.mean()) / contrast * _STEP).clip(1 - _MIDDLE, _MIDDLE - 1) + _MIDDLE
    return np.append(np.rint(cells.mean()), levels).astype(np.uint8)


def has_grid(grids: Grids) -> npt.NDArray[np.bool_]:
    """Return True for each picture with a light grid, `(n,)`."""
    present: npt.NDArray[np.bool_] = grids[:, 1] > 0
    return present


def near_pairs(one: Grids, other: Grids) -> Iterator[tuple[Places, Places]]:
    """Yield the pairs of pictures that are nearly the same, in blocks.

    Args:
        one: Light grids of one side, `(n, 50)`.
        other: Light grids of the other side, `(m, 50)`.

    Yields:
        Places in `one` and in `other`, `(pairs,)` each.
    """
    places, ordered = _by_mean(one), _by_mean(other)
    means, others = _levels(other[ordered])
    for start in range(0, len(places), _BLOCK):
        rows = places[start : start + _BLOCK]
        mean, ones = _levels(one[rows])
        first, last = np.searchsorted(means, [mean[0] - MAX_SHIFT, mean[-1] + MAX_SHIFT + 1])
        for left in range(first, last, _BLOCK):
            right = min(left + _BLOCK, last)
            at, to = np.nonzero(_distances(ones, others[left:right]) <= MAX_DIFFERENCE)
            is_near = np.abs(mean[at] - means[left + to]) <= MAX_SHIFT
            yield rows[at[is_near]], ordered[left + to[is_near]]


def _by_mean(grids: Grids) -> Places:
    """Return the places of the pictures that have a grid, darkest first."""
    places = np.flatnonzero(has_grid(grids))
    return places[np.argsort(grids[places, 0], kind="stable")]


def _levels(grids: Grids) -> tuple[Places, npt.NDArray[np.float32]]:
    return grids[:, 0].astype(np.int64), grids[:, 1:].astype(np.float32) - _MIDDLE


def _distances(ones: npt.NDArray[np.float32], others: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Return the sums of squared differences, `(n, m)`; they are whole numbers below 2^24, so exact."""
    distances: npt.NDArray[np.float32] = ones @ others.T
    distances *= -2
    distances += (ones * ones).sum(axis=1)[:, None]
    distances += (others * others).sum(axis=1)
    return distances
