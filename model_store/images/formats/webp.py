"""The chunks of a WebP: the size of its canvas, before libwebp allocates it. Reads bytes; decodes nothing.

Pillow opens every WebP as an animation. The decoder keeps two canvases of 4 bytes a pixel; each frame is copied to
bytes, and then to a picture. A lossless picture of one colour has 46 bytes, whatever its size.
"""

from collections.abc import Iterator
from itertools import islice
from typing import Final, NamedTuple

from model_store.images.formats.outline import EXIF_BYTES, UNREADABLE, Outline

_HEADER_BYTES: Final = 12
_MAX_CHUNKS: Final = 64
"""Chunks that are looked at. A picture without animation has less than ten."""
_METADATA: Final = frozenset({b"EXIF", b"XMP "})
_MAX_METADATA: Final = 2**16
_ANIMATED: Final = 2
"""Bit of the flags in `VP8X`."""
_CANVASES: Final = 8
_FRAME: Final = 8
"""Bytes a pixel: the two canvases; and while a frame is copied, its bytes and its picture."""
_LOSSLESS: Final = frozenset({b"VP8L", b"ALPH"})
_GROUP_BYTES: Final = 17_512
"""Memory of the tables of a group of five prefix codes, with the largest cache of colours."""
_SMALLEST_GROUP: Final = 2.5
"""Bytes of a file that declare such a group."""
_TABLE_BYTES: Final = 2**24
"""Memory of all those tables in a usual picture. Encoders write some hundred groups."""
_METADATA_NS: Final = 300
"""Processor time for a byte of metadata: EXIF may be a list of fractions."""
_COPIES: Final = 3
"""Copies of the file that Pillow and libwebp make."""


class _Chunk(NamedTuple):
    name: bytes
    start: int
    """Offset of its content."""
    length: int


def outline(data: bytes) -> Outline:
    """Read the size of a WebP's canvas, and tell what decoding its first frame takes."""
    size = _canvas(data)
    if size is None:
        return UNREADABLE
    width, height = size
    pixels = width * height
    chunks = list(islice(_chunks(data), _MAX_CHUNKS))
    names = {chunk.name for chunk in chunks}
    metadata = sum(chunk.length for chunk in chunks if chunk.name in _METADATA)
    exif = EXIF_BYTES * min(len(data), sum(chunk.length for chunk in chunks if chunk.name == b"EXIF"))
    tables = _table_bytes(width, height, len(data)) if names & _LOSSLESS else 0
    is_animated = data[12:16] == b"VP8X" and data[20] & _ANIMATED
    return Outline(
        width,
        height,
        loading_bytes=pixels * (_CANVASES + _FRAME) + _COPIES * len(data) + min(tables, _TABLE_BYTES) + exif,
        loaded_bytes=pixels * (_CANVASES + 4) + len(data) + exif,
        converting_bytes=pixels * 4,
        may_turn=metadata > 0 or len(chunks) == _MAX_CHUNKS,
        nanoseconds=pixels * 32 + len(data) * 45 + metadata * _METADATA_NS + tables,
        is_usual=not is_animated and len(chunks) < _MAX_CHUNKS and metadata <= _MAX_METADATA and tables < _TABLE_BYTES,
    )


def _table_bytes(width: int, height: int, size: int) -> int:
    """Return the memory of the prefix codes of a lossless picture, which may have other ones for each 4x4 pixels."""
    return min(width * height // 16 + 1, int(size / _SMALLEST_GROUP)) * _GROUP_BYTES


def _canvas(data: bytes) -> tuple[int, int] | None:
    """Return width and height of the canvas, as Pillow reads them before it creates a decoder."""
    name = data[12:16]
    if name == b"VP8 " and len(data) >= 30 and data[23:26] == b"\x9d\x01\x2a":
        return _little(data, 26, 2) & 0x3FFF, _little(data, 28, 2) & 0x3FFF
    if name == b"VP8X" and len(data) >= 30:
        return _little(data, 24, 3) + 1, _little(data, 27, 3) + 1
    if name == b"VP8L" and len(data) >= 25 and data[20] == 0x2F:
        bits = _little(data, 21, 4)
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    return None


def _chunks(data: bytes) -> Iterator[_Chunk]:
    start = _HEADER_BYTES
    while start + 8 <= len(data):
        chunk = _Chunk(data[start : start + 4], start + 8, _little(data, start + 4, 4))
        yield chunk
        start = chunk.start + chunk.length + chunk.length % 2


def _little(data: bytes, start: int, length: int) -> int:
    return int.from_bytes(data[start : start + length], "little")
