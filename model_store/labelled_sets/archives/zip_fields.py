"""The extra fields of a zip's entries, of which Info-ZIP's Unicode path is the one that counts."""

import struct
import zlib
from collections.abc import Iterator
from typing import Final

_UNICODE_PATH: Final = 0x7075
_UNICODE_PATH_VERSION: Final = 1
_UNKNOWN_FIELD: Final = bytes(2)
_ENTRY_SIGNATURE: Final = b"PK\x01\x02"
_ENTRY_BYTES: Final = 46


def without_broken_unicode_paths(directory: bytes) -> bytes:
    """Return a zip's directory in which each of Info-ZIP's Unicode paths that is not a name is an unknown field.

    Python 3.13's `zipfile` decodes those paths itself and refuses the whole archive for a broken one.

    Args:
        directory: The entries of the directory; other bytes are returned as they are.
    """
    if struct.pack("<H", _UNICODE_PATH) not in directory:
        return directory
    repaired, at = bytearray(directory), 0
    while directory.startswith(_ENTRY_SIGNATURE, at) and at + _ENTRY_BYTES <= len(directory):
        name_length, extra_length, comment_length = struct.unpack_from("<HHH", directory, at + 28)
        start = at + _ENTRY_BYTES + name_length
        at = start + extra_length
        for place, kind, data in _fields(directory[start:at]):
            if kind == _UNICODE_PATH and not _decoded(data[5:]):
                repaired[start + place : start + place + 2] = _UNKNOWN_FIELD
        at += comment_length
    return bytes(repaired)


def _fields(extra: bytes) -> Iterator[tuple[int, int, bytes]]:
    """Yield the place, the kind and the data of each extra field."""
    place = 0
    while place + 4 <= len(extra):
        kind, length = struct.unpack_from("<HH", extra, place)
        yield place, kind, extra[place + 4 : place + 4 + length]
        place += 4 + length


def unicode_path(extra: bytes, raw: bytes) -> str | None:
    """Return the name in Info-ZIP's extra field, unless the entry was renamed since: see APPNOTE.TXT, 4.6.9.

    Args:
        extra: The extra fields of the entry.
        raw: The bytes of its name.
    """
    for _, kind, data in _fields(extra):
        if kind == _UNICODE_PATH and len(data) > 5:
            version, checksum = struct.unpack_from("<BL", data)
            if version == _UNICODE_PATH_VERSION and checksum == zlib.crc32(raw):
                return _decoded(data[5:])
    return None


def _decoded(data: bytes) -> str | None:
    try:
        return data.decode()
    except UnicodeDecodeError:
        return None
