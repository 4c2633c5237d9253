"""Finding the pairs of 64-bit hashes that differ in few bits, without comparing every pair.

Multi-index hashing (Norouzi, Punjani and Fleet 2012): the bits are cut into five bands. If two hashes differ in eight
bits or fewer, one of the bands differs in one bit at most. So it is enough to look up each band, and each band with one
bit flipped, in a sorted list. This module knows nothing of pictures.
"""

from collections.abc import Iterator
from typing import Final

import numpy as np
import numpy.typing as npt

Hashes = npt.NDArray[np.uint64]
Places = npt.NDArray[np.int64]

RADIUS: Final = 8
"""The most bits in which the hashes of a pair differ."""

_BANDS: Final = tuple(
    (np.uint64(shift), np.uint64(2**width - 1))
    for shift, width in zip((0, 13, 26, 39, 52), (13, 13, 13, 13, 12), strict=True)
)
_BLOCK: Final = 2**20
"""The number of pairs compared at a time, which bounds the memory."""
_BITS_OF_16: Final = np.array([number.bit_count() for number in range(2**16)], dtype=np.uint8)


def candidate_pairs(hashes: Hashes) -> Iterator[tuple[Places, Places]]:
    """Yield the pairs whose hashes differ in `RADIUS` bits or fewer, each pair once, in blocks.

    Args:
        hashes: uint64 `(n,)`.

    Yields:
        Indices of the first and of the second of each pair, int64 `(pairs,)`; the first is the lower one.
    """
    for number, (shift, mask) in enumerate(_BANDS):
        keys = (hashes >> shift) & mask
        order = np.argsort(keys, kind="stable")
        for flip in (0, *(2**bit for bit in range(int(mask).bit_length()))):
            for lower, higher in _lookup(keys, order, np.uint64(flip)):
                differences = hashes[lower] ^ hashes[higher]
                is_new = (count_bits(differences) <= RADIUS) & ~_in_earlier_band(differences, number)
                yield lower[is_new], higher[is_new]


def count_bits(numbers: Hashes) -> npt.NDArray[np.uint8]:
    """Return the number of bits that are set in each number, uint8 `(n,)`."""
    quarters = np.ascontiguousarray(numbers).view(np.uint16).reshape(-1, 4)
    total: npt.NDArray[np.uint8] = _BITS_OF_16[quarters].sum(axis=1, dtype=np.uint8)
    return total


def _in_earlier_band(differences: Hashes, band: int) -> npt.NDArray[np.bool_]:
    """Tell, for each pair, if an earlier band yielded it: the two differ in at most one bit of that band."""
    is_earlier = np.zeros(len(differences), dtype=bool)
    for shift, mask in _BANDS[:band]:
        part = (differences >> shift) & mask
        is_earlier |= (part & (part - np.uint64(1))) == 0  # also of 0: then all bits of the other operand are set
    return is_earlier


def _lookup(keys: Hashes, order: Places, flip: np.uint64) -> Iterator[tuple[Places, Places]]:
    """Yield, in blocks, the pairs of places whose keys differ in exactly the bits of `flip`."""
    ordered = keys[order]
    first = np.searchsorted(ordered, keys ^ flip, side="left")
    counts = np.searchsorted(ordered, keys ^ flip, side="right") - first
    for start, stop in _blocks(counts):
        sizes = counts[start:stop]
        ends = np.cumsum(sizes)
        within = np.arange(ends[-1]) - np.repeat(ends - sizes, sizes)
        lower = np.repeat(np.arange(start, stop), sizes)
        higher = order[np.repeat(first[start:stop], sizes) + within]
        is_ordered = lower < higher
        yield lower[is_ordered], higher[is_ordered]


def _blocks(counts: Places) -> Iterator[tuple[int, int]]:
    """Cut rows into runs whose counts sum to about `_BLOCK`."""
    ends = np.cumsum(counts)
    start = 0
    while start < len(counts):
        before = ends[start - 1] if start else 0
        stop = max(start + 1, int(np.searchsorted(ends, before + _BLOCK, side="right")))
        if ends[stop - 1] > before:
            yield start, stop
        start = stop
