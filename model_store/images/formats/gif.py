"""The blocks of a GIF before its first picture: the size of the canvas, which a frame may enlarge. Decodes nothing."""

from typing import Final

from model_store.errors import ImageRejected
from model_store.images.formats.outline import UNREADABLE, Outline

_SCREEN_BYTES: Final = 13
_MAX_BLOCKS: Final = 100_000
"""Blocks before the first picture: as many as a comment of 25 MB has."""
_EXTENSION, _PICTURE, _COMMENT, _APPLICATION = 0x21, 0x2C, 0xFE, 0xFF
_LOOP: Final = b"NETSCAPE2.0"


def outline(data: bytes) -> Outline:
    """Read the size of a GIF's canvas, and tell what decoding its first frame takes.

    Raises:
        ImageRejected: If it has more blocks before its first picture than any encoder writes.
    """
    if len(data) < _SCREEN_BYTES:
        return UNREADABLE
    place = _first_picture(data)
    if place is None:
        return UNREADABLE
    width, height, left, top, across, down = (
        int.from_bytes(data[at : at + 2], "little") for at in (6, 8, place + 1, place + 3, place + 5, place + 7)
    )
    width, height = max(width, left + across), max(height, top + down)
    pixels = width * height
    return Outline(width, height, loading_bytes=3 * pixels, loaded_bytes=pixels, converting_bytes=8 * pixels)


def _first_picture(data: bytes) -> int | None:
    """Return the offset of the first picture's descriptor, where Pillow finds it; None if the file ends before it."""
    place = _SCREEN_BYTES + (3 << (data[10] & 7) + 1 if data[10] & 0x80 else 0)
    for _ in range(_MAX_BLOCKS):
        if place + 10 > len(data) or data[place] == _PICTURE:
            return place if place + 10 <= len(data) else None
        place = _after_extension(data, place + 1) if data[place] == _EXTENSION else place + 1
    raise _too_many_blocks()


def _after_extension(data: bytes, place: int) -> int:
    """Return the offset after an extension, whose label is at `place`."""
    is_loop = data[place] == _APPLICATION and data[place + 1] >= len(_LOOP) and data.startswith(_LOOP, place + 2)
    is_comment, place = data[place] == _COMMENT, place + 1
    for number in range(_MAX_BLOCKS):
        length = data[place] if place < len(data) else 0
        place += 1 + length
        # Pillow takes no first block for the end of an extension, except of a comment, nor the second of a loop
        if not length and (number > is_loop or (number == 0 and is_comment)):
            return place
    raise _too_many_blocks()


def _too_many_blocks() -> ImageRejected:
    detail = f"The GIF has more than {_MAX_BLOCKS} blocks before its first picture, which no encoder writes."
    return ImageRejected("corrupt", detail)
