"""Sound BMPs that are not read, in words: another header, another form of samples, or runs that leave pixels out."""

import struct
from typing import Final, NamedTuple, Self

from model_store.errors import ImageRejected
from model_store.images.foreign import CONVERT
from model_store.text import counted

_READ_HEADERS: Final = frozenset({12, 40, 52, 56, 64, 108, 124})
_OS2_HEADERS: Final = range(16, 65)
"""Bytes of a header of OS/2, which may leave out its last fields."""
_DEPTHS: Final = frozenset({1, 4, 8, 16, 24, 32})
_COMPRESSIONS: Final = {
    0: "none",
    1: "RLE",
    2: "RLE",
    3: "bit fields",
    4: "JPEG",
    5: "PNG",
    6: "bit fields with alpha",
    **dict.fromkeys((11, 12, 13), "CMYK"),
}
_RLE: Final = frozenset({1, 2})
_BIT_FIELDS: Final = 3
_MASKS: Final = 54
"""Offset of the masks of bit fields: after a header of 40 bytes, or in a longer one."""
_ALPHA_HEADER: Final = 56
"""Bytes of the shortest header with a mask of alpha."""
_PALETTE_COLOURS: Final = 256
_END_OF_BITMAP: Final = b"\0\1"


class _Header(NamedTuple):
    """The fields of a BMP's header up to its palette."""

    file_bytes: int
    pixels_start: int
    header_bytes: int
    planes: int
    bits: int
    compression: int
    colours: int

    @classmethod
    def of(cls, data: bytes) -> Self:
        """Read the header; the fields that a short one does not have are not to be used."""
        return cls(*struct.unpack("<2xI4xII8xHHI12xI4x", data[:54]))


def explain_bmp(data: bytes) -> ImageRejected | None:
    """Explain why a BMP is not read.

    Args:
        data: The bytes of the file, which Pillow refused.

    Returns:
        What it is, if it is sound as far as its header tells; else None.
    """
    if len(data) < _MASKS:
        return None
    header = _Header.of(data)
    if header.header_bytes not in _READ_HEADERS:
        is_sound = header.header_bytes in _OS2_HEADERS and header.planes == 1 and header.bits in _DEPTHS
        return _not_read(f"a header of {header.header_bytes} bytes, of OS/2") if is_sound else None
    is_known = header.header_bytes >= 40 and header.compression in _COMPRESSIONS
    return _explain_pixels(data, header) if is_known else None


def _explain_pixels(data: bytes, header: _Header) -> ImageRejected | None:
    if header.bits not in _DEPTHS or header.compression > _BIT_FIELDS:
        kind = f"{_COMPRESSIONS[header.compression]} ({header.compression})"
        return _not_read(f"{counted(header.bits, 'bit')} a pixel and compression {kind}")
    if header.compression == _BIT_FIELDS and header.bits in {16, 24, 32}:
        return _explain_masks(data, header)
    if header.bits <= 8 and _has_long_palette(header):
        return _not_read(f"a palette of {header.colours} colours, more than {_PALETTE_COLOURS}")
    return _explain_runs(data, header) if header.compression in _RLE else None


def _has_long_palette(header: _Header) -> bool:
    """Return True if there are more colours than a pixel can name, and room for them before the pixels."""
    end = 14 + header.header_bytes + 4 * header.colours
    return header.colours > _PALETTE_COLOURS and end <= header.pixels_start


def _explain_masks(data: bytes, header: _Header) -> ImageRejected | None:
    """Explain bit fields: each a row of bits, none in two."""
    names = ("red", "green", "blue", "alpha")[: 4 if header.header_bytes >= _ALPHA_HEADER else 3]
    content = data[_MASKS : _MASKS + 4 * len(names)]
    if len(content) < 4 * len(names):
        return None
    masks = struct.unpack(f"<{len(names)}I", content)
    every = 0
    for mask in masks:
        lowest = mask & -mask
        if mask >> header.bits or every & mask or mask & (mask + lowest):
            return None
        every |= mask
    if not all(masks[:3]):
        return None
    fields = ", ".join(f"{name} {mask:0{header.bits // 4}X}" for name, mask in zip(names, masks, strict=True) if mask)
    return _not_read(f"{header.bits} bits a pixel in the bit fields {fields}")


def _explain_runs(data: bytes, header: _Header) -> ImageRejected | None:
    """Explain runs that end before the last pixel: the rest is background, or the file was cut."""
    if len(data) < header.file_bytes:
        return ImageRejected("truncated", f"The BMP has {len(data)} of {header.file_bytes} bytes; it was cut short.")
    if _END_OF_BITMAP in data[-4:] and not data[-4:].partition(_END_OF_BITMAP)[2].strip(b"\0"):
        return _not_read("runs that leave pixels out")
    return None


def _not_read(what: str) -> ImageRejected:
    return ImageRejected("unsupported-mode", f"The BMP has {what}, which is not read. {CONVERT}")
