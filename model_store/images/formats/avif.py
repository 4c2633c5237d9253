"""The boxes of an AVIF that say its size and depth. Decodes nothing.

Boxes are found by their names, wherever they stand: the greatest size counts, so nothing that is hidden makes it less.
"""

from collections.abc import Iterator
from itertools import islice
from typing import Final

from model_store.images.formats.outline import UNREADABLE, Outline

_EXTENTS, _TRACK, _CONFIGURATION = b"ispe", b"tkhd", b"av1C"
_MAX_BOXES: Final = 1000
"""Boxes of a name that are looked at: a picture of tiles has one for each kind of tile."""
_DEEP: Final = 0x40
"""Bit of the configuration: samples of more than 8 bits."""


def outline(data: bytes) -> Outline:
    """Read the greatest size in an AVIF, and tell what decoding it takes."""
    extents = [(_number(data, place + 8), _number(data, place + 12)) for place in _boxes(data, _EXTENTS)]
    extents += [_track_size(data, place + 4) for place in _boxes(data, _TRACK)]
    width, height = max(extents, key=lambda size: size[0] * size[1], default=(0, 0))
    if not width or not height:
        return UNREADABLE
    pixels = width * height
    is_deep = any(_number(data, place + 4) >> 8 & _DEEP for place in _boxes(data, _CONFIGURATION))
    return Outline(
        width,
        height,
        loading_bytes=(24 if is_deep else 16) * pixels,
        loaded_bytes=12 * pixels,
        converting_bytes=4 * pixels,
        may_turn=True,
    )


def _track_size(data: bytes, start: int) -> tuple[int, int]:
    """Return the size of a track of an animation: two numbers with 16 bits of fraction, after times of 4 or 8 bytes."""
    place = start + (88 if data[start : start + 1] == b"\1" else 76)
    return _number(data, place) >> 16, _number(data, place + 4) >> 16


def _boxes(data: bytes, name: bytes) -> Iterator[int]:
    """Yield the offset of a name wherever it occurs."""
    return islice(_occurrences(data, name), _MAX_BOXES)


def _occurrences(data: bytes, name: bytes) -> Iterator[int]:
    place = data.find(name)
    while place >= 0:
        yield place
        place = data.find(name, place + len(name))


def _number(data: bytes, start: int) -> int:
    return int.from_bytes(data[start : start + 4])
