"""The header of a BMP: its size, its kind of samples, and what decoding them takes. Decodes nothing."""

from typing import Final

from model_store.errors import ImageRejected
from model_store.images.formats.outline import UNREADABLE, Outline

_RLE: Final = frozenset({1, 2})
_BIT_FIELDS: Final = 3
_LONGEST_RUN: Final = 255
"""Pixels that two bytes of a compressed picture may stand for. It may leave out more, up to the end of a row or more."""
_SPARSE_PIXELS: Final = 2**20
"""Pixels of a compressed picture that may be left out all. Pillow fills them in one by one."""


def outline(data: bytes) -> Outline:
    """Read the size of a BMP, and tell what decoding it takes.

    Raises:
        ImageRejected: If it leaves out more pixels than any encoder does.
    """
    if len(data) < 30:
        return UNREADABLE
    if _little(data, 14, 4) == 12:
        width, height, bits, compression = _little(data, 18, 2), _little(data, 20, 2), _little(data, 24, 2), 0
    else:
        width, height = _little(data, 18, 4), _little(data, 22, 4)
        height = 2**32 - height if data[25] == 0xFF else height
        bits, compression = _little(data, 28, 2), _little(data, 30, 4)
    pixels = width * height
    if compression in _RLE and pixels > max(_SPARSE_PIXELS, _LONGEST_RUN * len(data)):
        detail = f"The BMP has {width}x{height} pixels in {len(data)} bytes of runs, which no encoder writes."
        raise ImageRejected("corrupt", detail)
    is_palette = bits <= 8
    loaded = pixels * (1 if is_palette else 4)
    reading = 2 * pixels if compression in _RLE else 12 * width  # two copies of all; a row, read and joined
    is_rgb = not is_palette and compression != _BIT_FIELDS
    return Outline(
        width,
        height,
        loading_bytes=loaded + reading,
        loaded_bytes=loaded,
        converting_bytes=0 if is_rgb else 4 * pixels,
    )


def _little(data: bytes, start: int, length: int) -> int:
    return int.from_bytes(data[start : start + length], "little")
