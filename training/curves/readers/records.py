"""Reads TFRecord files and the fields of protobuf messages, without TensorFlow.

A record is its length, the checksum of the length, the data and their checksum. A message is a sequence of fields, each
with a number and one of four wire types.
"""

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Final

_HEADER_BYTES: Final = 12
_CHECKSUM_BYTES: Final = 4
_MAX_RECORD_BYTES: Final = 256_000_000
_CASTAGNOLI: Final = 0x82F63B78
_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
_MAX_VARINT_BYTES: Final = 10

Field = int | bytes
"""A varint as a number, anything else as its bytes."""


def is_record_file(path: Path) -> bool:
    """Tell whether a file begins with the header of a record."""
    with path.open("rb") as file:
        return _length(file.read(_HEADER_BYTES)) is not None


def read_records(path: Path) -> Iterator[bytes]:
    """Yield the data of each record; a last one that is cut off, as in a file that is being written, ends them."""
    with path.open("rb") as file:
        while (length := _length(file.read(_HEADER_BYTES))) is not None:
            data = file.read(length + _CHECKSUM_BYTES)
            if len(data) < length + _CHECKSUM_BYTES:
                return
            yield data[:length]


def _length(header: bytes) -> int | None:
    """Return the length of a record; None if these bytes are not a header, whose checksum is that of its length."""
    if len(header) < _HEADER_BYTES:
        return None
    length, checksum = struct.unpack("<QI", header)
    is_sound = checksum == masked_checksum(header[:8]) and length <= _MAX_RECORD_BYTES
    return int(length) if is_sound else None


def masked_checksum(data: bytes) -> int:
    """Return the CRC-32C of a few bytes, rotated and shifted as TFRecord does."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = (crc >> 1) ^ (_CASTAGNOLI if crc & 1 else 0)
    crc ^= 0xFFFFFFFF
    return (((crc >> 15) | (crc << 17)) + 0xA282EAD8) & 0xFFFFFFFF


def fields(message: bytes) -> Iterator[tuple[int, Field]]:
    """Yield number and value of each field.

    Raises:
        ValueError: If the bytes are not a message.
    """
    place = 0
    while place < len(message):
        key, place = _varint(message, place)
        kind = key & 7
        if kind == _VARINT:
            value, place = _varint(message, place)
            yield key >> 3, value
            continue
        size = {_FIXED64: 8, _FIXED32: 4}.get(kind)
        if kind == _BYTES:
            size, place = _varint(message, place)
        if size is None or place + size > len(message):
            raise ValueError(f"a field at byte {place} is not one of a message")
        yield key >> 3, message[place : place + size]
        place += size


def _varint(message: bytes, place: int) -> tuple[int, int]:
    """Return a number of variable length and the place after it."""
    value = 0
    for shift, byte in enumerate(message[place : place + _MAX_VARINT_BYTES]):
        value |= (byte & 0x7F) << (7 * shift)
        if byte < 0x80:
            return value, place + shift + 1
    raise ValueError(f"a number at byte {place} does not end")
