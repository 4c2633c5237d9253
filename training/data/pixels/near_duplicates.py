"""Finding pictures that are nearly the same: re-encoded or made smaller, not merely alike.

Candidates come from the perceptual hash, which is alike for many different photographs of one kind of thing. They are
then compared in grey at 112x112. No cell of a 7x7 grid may be lighter or darker by more than `MAX_DIFFERENCE` of the
contrast. The detail must correlate with `MIN_DETAIL` or more. The measurements behind both are in
docs/explanation/performance.md. The pairs are cached: raise `_LAYOUT` in `cache.py` when the rule changes. This module
knows pixels, but neither files nor labels. Evaluation has no room for such pictures and compares
`model_store.images.light_grids` instead.
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
"""The size at which pictures are compared, whatever the model's input, so that all backbones have the same split."""

MAX_DIFFERENCE: Final = 0.05
"""The most that the mean of a grid cell may differ, as a share of the picture's standard deviation."""
MIN_DETAIL: Final = 0.75
"""The lowest correlation of two pictures after a blurred copy is subtracted from each."""
BLANK_SPREAD: Final = 4
"""A picture is blank if 99% of the values of each channel lie within this many grey levels."""

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
    """The appearance of pictures, by row: enough to find those that are nearly the same.

    Each picture takes about 200 bytes of memory, and 12.5 kB in a file mapped into memory.
    """

    def __init__(self, count: int, folder: Path) -> None:
        """Make room for `count` pictures.

        Raises:
            OSError: If there is no room in the folder.
        """
        self._thumbnails = reserve_array(folder / THUMBNAILS, (count, _SIDE, _SIDE))
        self._hashes = np.zeros(count, np.uint64)
        self._grids = np.zeros((count, _GRID * _GRID), np.float32)
        self._contrasts = np.zeros(count, np.float32)

    def put(self, row: int, pixels: Pixels, hash_: int) -> None:
        """Keep the appearance of a picture of the size of `REFERENCE`; may be called from many threads.

        Args:
            row: The row of the picture.
            pixels: uint8 `(224, 224, 3)`.
            hash_: The perceptual hash of the pixels.
        """
        grey = np.asarray(Image.fromarray(pixels).convert("L").reduce(REFERENCE.height // _SIDE))
        cells = grey.reshape(_GRID, _SIDE // _GRID, _GRID, _SIDE // _GRID)
        self._thumbnails[row] = grey
        self._hashes[row] = hash_
        self._grids[row] = cells.mean(axis=(1, 3), dtype=np.float32).ravel()
        self._contrasts[row] = grey.std()

    def near_pairs(self, rows: Places) -> list[tuple[int, int]]:
        """Find nearly the same pictures among those of some rows.

        Returns:
            Pairs of rows that join every group of near-duplicates, one fewer than its pictures; not every pair.
        """
        pairs: list[tuple[int, int]] = []
        groups = np.arange(len(rows))
        for block in candidate_pairs(self._hashes[rows]):
            lower, higher = _still_apart(groups, *block)
            is_close = self._are_close(rows[lower], rows[higher])
            for first, second in zip(lower[is_close].tolist(), higher[is_close].tolist(), strict=True):
                pair = int(rows[first]), int(rows[second])
                if groups[first] != groups[second] and self._correlation(*pair) >= MIN_DETAIL:
                    groups[groups == groups[second]] = groups[first]
                    pairs.append(pair)
        return sorted(pairs)

    def _are_close(self, first: Places, second: Places) -> npt.NDArray[np.bool_]:
        """Tell which pairs have the same light and dark parts."""
        differences = np.abs(self._grids[first] - self._grids[second]).max(axis=1, initial=0)
        contrasts = np.minimum(self._contrasts[first], self._contrasts[second])
        close: npt.NDArray[np.bool_] = differences <= MAX_DIFFERENCE * contrasts
        return close

    def _correlation(self, first: int, second: int) -> float:
        details = self._detail(first), self._detail(second)
        scale = np.linalg.norm(details[0]) * np.linalg.norm(details[1])
        return float((details[0] * details[1]).sum() / scale) if scale else 0.0

    def _detail(self, row: int) -> npt.NDArray[np.float32]:
        """Return a picture minus its blurred copy."""
        image = Image.fromarray(np.asarray(self._thumbnails[row]))
        return np.asarray(image, np.float32) - np.asarray(image.filter(_BLUR), np.float32)


def _still_apart(groups: Places, lower: Places, higher: Places) -> tuple[Places, Places]:
    """Leave out the pairs that are in one group already: nearly all, for a thousand frames of one scene."""
    is_open = groups[lower] != groups[higher]
    return lower[is_open], higher[is_open]
