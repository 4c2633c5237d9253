"""Tells which pictures are nearly the same: re-encoded, or made smaller, but not merely alike.

Candidates come from the perceptual hash, which calls many different photographs of one kind of thing alike. What counts
is then measured on the picture in grey at 112x112: no part of a 7x7 grid may be lighter or darker by more than
`MAX_DIFFERENCE` of the contrast, and the detail must correlate with `MIN_DETAIL` or more. `docs/training.md` has the
measurements behind both. Knows pixels; neither files nor labels.
"""

from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageFilter

from model_store.images.pixels import InputSpec, Pixels
from training.data.pixels.arrays import reserve_array
from training.data.pixels.hash_search import Places, candidate_pairs

REFERENCE: Final = InputSpec(height=224, width=224)
"""The size at which pictures are told apart, whatever the model's input: so the split is the same for all backbones."""

MAX_DIFFERENCE: Final = 0.05
"""Most that the mean of a grid cell may differ, as a share of the standard deviation of the picture."""
MIN_DETAIL: Final = 0.75
"""Least correlation of what is left of two pictures when their blurred selves are taken away."""
BLANK_SPREAD: Final = 4
"""A picture is blank if 99% of the values of each channel lie within so many grey levels."""

THUMBNAILS: Final = "thumbnails"
"""Name of the file in which `Likeness` keeps pictures."""

_SIDE: Final = 112
THUMBNAIL_BYTES: Final = _SIDE * _SIDE
_GRID: Final = 7
_BLUR: Final = ImageFilter.BoxBlur(4)


def is_blank(pixels: Pixels) -> bool:
    """Tell whether a picture, uint8 `(height, width, 3)`, is one colour all over, or nearly."""
    histogram = np.array(Image.fromarray(pixels).histogram()).reshape(3, 256)
    shares = histogram.cumsum(axis=1) / (pixels.shape[0] * pixels.shape[1])
    spreads = (shares < 0.995).sum(axis=1) - (shares <= 0.005).sum(axis=1)
    return bool((spreads <= BLANK_SPREAD).all())


class Likeness:
    """What pictures look like, by row: enough to find those that are nearly the same.

    About 200 bytes a picture are in memory; the rest, 12.5 kB, is in a file mapped into memory.
    """

    def __init__(self, count: int, folder: Path) -> None:
        """Make room for `count` pictures.

        Raises:
            OSError: There is none in the folder.
        """
        self._thumbnails = reserve_array(folder / THUMBNAILS, (count, _SIDE, _SIDE))
        self._hashes = np.zeros(count, np.uint64)
        self._grids = np.zeros((count, _GRID * _GRID), np.float32)
        self._contrasts = np.zeros(count, np.float32)

    def put(self, row: int, pixels: Pixels, hash_: int) -> None:
        """Keep what a picture of the size of `REFERENCE` looks like; may be called from many threads.

        Args:
            row: Its place.
            pixels: uint8 `(224, 224, 3)`.
            hash_: Their perceptual hash.
        """
        grey = np.asarray(Image.fromarray(pixels).convert("L").reduce(REFERENCE.height // _SIDE))
        cells = grey.reshape(_GRID, _SIDE // _GRID, _GRID, _SIDE // _GRID)
        self._thumbnails[row] = grey
        self._hashes[row] = hash_
        self._grids[row] = cells.mean(axis=(1, 3), dtype=np.float32).ravel()
        self._contrasts[row] = grey.std()

    def near_pairs(self, rows: Places) -> list[tuple[int, int]]:
        """Find which of the pictures in some rows are nearly the same.

        Returns:
            Pairs of rows that join every group of near-duplicates, one fewer than its pictures; not every pair.
        """
        pairs: list[tuple[int, int]] = []
        groups = np.arange(len(rows))
        for block in candidate_pairs(self._hashes[rows]):
            lower, higher = _still_apart(groups, *block)
            is_close = self._are_close(rows[lower], rows[higher])
            for one, other in zip(lower[is_close].tolist(), higher[is_close].tolist(), strict=True):
                pair = int(rows[one]), int(rows[other])
                if groups[one] != groups[other] and self._correlation(*pair) >= MIN_DETAIL:
                    groups[groups == groups[other]] = groups[one]
                    pairs.append(pair)
        return sorted(pairs)

    def _are_close(self, one: Places, other: Places) -> npt.NDArray[np.bool_]:
        """Tell which pairs have the same light and dark parts."""
        differences = np.abs(self._grids[one] - self._grids[other]).max(axis=1, initial=0)
        contrasts = np.minimum(self._contrasts[one], self._contrasts[other])
        close: npt.NDArray[np.bool_] = differences <= MAX_DIFFERENCE * contrasts
        return close

    def _correlation(self, one: int, other: int) -> float:
        first, second = self._detail(one), self._detail(other)
        scale = np.linalg.norm(first) * np.linalg.norm(second)
        return float((first * second).sum() / scale) if scale else 0.0

    def _detail(self, row: int) -> npt.NDArray[np.float32]:
        """Take from a picture its blurred self."""
        image = Image.fromarray(np.asarray(self._thumbnails[row]))
        return np.asarray(image, np.float32) - np.asarray(image.filter(_BLUR), np.float32)


def _still_apart(groups: Places, lower: Places, higher: Places) -> tuple[Places, Places]:
    """Leave out the pairs that are in one group already: of a thousand frames of one scene, nearly all."""
    is_open = groups[lower] != groups[higher]
    return lower[is_open], higher[is_open]
