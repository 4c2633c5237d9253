"""The tags of a TIFF, of its first directory and of those beside it. Reads bytes; decodes nothing.

Pillow has the tags of pictures that it opens only. Those that it refuses have to be described as well, and of a camera
raw photograph the directories beside the first tell what it is. See the TIFF specification, revision 6, section 2.
"""

import struct
from collections.abc import Iterator
from typing import Final, NamedTuple

SUBFILE: Final = 254
OLD_SUBFILE: Final = 255
WIDTH: Final = 256
HEIGHT: Final = 257
BITS: Final = 258
COMPRESSION: Final = 259
PHOTOMETRIC: Final = 262
MAKE: Final = 271
STRIPS: Final = 273
ORIENTATION: Final = 274
SAMPLES: Final = 277
ROWS: Final = 278
X_RESOLUTION, Y_RESOLUTION, RESOLUTION_UNIT = 282, 283, 296
MAX_SAMPLE: Final = 281
PLANES: Final = 284
TILE_WIDTH: Final = 322
TILE_HEIGHT: Final = 323
TILES: Final = 324
SUBDIRECTORIES: Final = 330
EXTRA: Final = 338
SAMPLE_FORMAT: Final = 339
SUBSAMPLING: Final = 530
XMP: Final = 700
EXIF_DIRECTORIES: Final = (34665, 34853, 40965)
"""Tags that hold the offset of a directory of EXIF."""
DNG_VERSION: Final = 50706

_CODES: Final = {1: "B", 2: "B", 3: "H", 4: "I", 6: "b", 8: "h", 9: "i", 13: "I", 16: "Q", 18: "Q"}
"""Type of a tag → its code for `struct`; tags of other types, such as fractions, are left out."""
_NUMBERS: Final = frozenset({3, 4, 5, 8, 9, 10, 11, 12, 13, 16})
"""Types of tags of which Pillow makes an object for each value."""
MAX_TAGS: Final = 4096
_MAX_VALUES: Final = 64
"""Tags with more values than this are left out, except those of places, of which the first are kept."""
_PLACES: Final = frozenset({STRIPS, TILES})
_MAX_DIRECTORIES: Final = 16

Tags = dict[int, tuple[int, ...]]
"""Number of a tag → its values."""


class Directory(NamedTuple):
    """A directory, as far as the file has it."""

    tags: Tags
    counts: dict[int, int]
    """Number of a tag → how many numbers it has; bytes and text are left out."""
    declared_count: int
    """The number of tags that it declares; if over `MAX_TAGS`, none of them is read."""
    following: int | None
    """Offset of the next directory, or 0; None if this one is not whole."""


def read_directories(data: bytes) -> list[Tags]:
    """Read the first directory of a TIFF, the one after it, and the subdirectories of the first.

    Args:
        data: The bytes of the file.

    Returns:
        The tags of each directory, the first one first; empty if it is damaged. Damaged ones after it are left out.
    """
    return list(_directories(data))


def first_directory(data: bytes) -> Directory:
    """Read the first directory of a TIFF, whole or not: Pillow opens a file that ends within it, too."""
    order, is_big = _form(data)
    first = _unpack(data, order, "Q" if is_big else "I", 8 if is_big else 4)
    return _read(data, order, first[0] if first else len(data), is_big=is_big)


def directory_at(data: bytes, offset: int) -> Directory:
    """Read the directory at an offset, whole or not."""
    order, is_big = _form(data)
    return _read(data, order, offset, is_big=is_big)


def _form(data: bytes) -> tuple[str, bool]:
    """Return the byte order, and whether the file is a BigTIFF."""
    return "<" if data[:2] == b"II" else ">", 43 in data[2:4]


def _directories(data: bytes) -> Iterator[Tags]:
    order, is_big = _form(data)
    first = first_directory(data)
    if first.following is None:
        return
    yield first.tags
    for offset in (*first.tags.get(SUBDIRECTORIES, ())[:_MAX_DIRECTORIES], first.following):
        other = _read(data, order, offset, is_big=is_big)
        if offset and other.following is not None:
            yield other.tags


def _read(data: bytes, order: str, start: int, *, is_big: bool) -> Directory:
    head, entry, inline = ("Q", "HHQ", 8) if is_big else ("H", "HHI", 4)
    counted = _unpack(data, order, head, start)
    if not counted or counted[0] > MAX_TAGS:
        return Directory({}, {}, counted[0] if counted else 0, None)
    tags: Tags = {}
    counts: dict[int, int] = {}
    place = start + struct.calcsize(head)
    for _ in range(counted[0]):
        fields = _unpack(data, order, entry, place)
        if not fields:
            return Directory(tags, counts, counted[0], None)
        tag, kind, count = fields
        values = place + struct.calcsize(order + entry)
        place = values + inline
        if kind in _NUMBERS:
            counts.setdefault(tag, count)
        if kind not in _CODES or (count > _MAX_VALUES and tag not in _PLACES):
            continue
        code = f"{min(count, _MAX_VALUES)}{_CODES[kind]}"
        if count * struct.calcsize(_CODES[kind]) > inline:
            values = (_unpack(data, order, head if is_big else "I", values) or (len(data),))[0]
        if found := _unpack(data, order, code, values):
            tags.setdefault(tag, found)
    following = _unpack(data, order, "Q" if is_big else "I", place)
    return Directory(tags, counts, counted[0], following[0] if following else 0)


def first_value(tags: Tags, tag: int, default: int) -> int:
    """Return the first value of a tag, or a default if it has none."""
    return next(iter(tags.get(tag, ())), default)


def _unpack(data: bytes, order: str, code: str, start: int) -> tuple[int, ...]:
    """Return the numbers at a place; empty if the file ends before them."""
    if start + struct.calcsize(order + code) > len(data):
        return ()
    return struct.unpack_from(order + code, data, start)
