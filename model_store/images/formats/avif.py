"""The boxes of an AVIF that say its size. Decodes nothing."""

from typing import Final

from model_store.images.formats.outline import UNREADABLE, Outline

_EXTENTS: Final = b"ispe"
_MAX_EXTENTS: Final = 1000
"""Boxes of extents that are looked at: a picture of tiles has one for each kind of tile."""


def outline(data: bytes) -> Outline:
    """Read the greatest size in an AVIF, and tell what decoding it takes."""
    width, height, place = 0, 0, data.find(_EXTENTS)
    for _ in range(_MAX_EXTENTS):
        if place < 0:
            break
        across, down = (int.from_bytes(data[at : at + 4]) for at in (place + 8, place + 12))
        if across * down > width * height:
            width, height = across, down
        place = data.find(_EXTENTS, place + 4)
    pixels = width * height
    if not pixels:
        return UNREADABLE
    return Outline(
        width,
        height,
        loading_bytes=20 * pixels,
        loaded_bytes=12 * pixels,
        converting_bytes=4 * pixels,
        may_turn=True,
    )
