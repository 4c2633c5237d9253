"""Image files as lists of parts, so that a change of one part leaves the others and their lengths in order.

Each format has `split` and `join`; `join(split(data))` is a file with the same picture. Lengths, counts and checksums
that depend on the parts are computed anew by `join`, so that a parser meets the change and not a broken frame.
"""

import struct
import zlib
from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

Parts = list[bytes]

_WITHOUT_LENGTH: Final = frozenset({0x00, 0x01, 0xFF, *range(0xD0, 0xDA)})
"""Second bytes of what begins with FF in a JPEG and has no length."""
_PNG_FRAME: Final = 12


class Format(NamedTuple):
    """How a format is taken apart and put together."""

    split: Callable[[bytes], Parts]
    join: Callable[[Parts], bytes]


def _split_jpeg(data: bytes) -> Parts:
    parts, place = [data[:2]], 2
    while place + 4 <= len(data) and data[place] == 0xFF and data[place + 1] not in _WITHOUT_LENGTH:
        marker, length = data[place : place + 2], int.from_bytes(data[place + 2 : place + 4])
        parts.append(marker + data[place + 4 : place + 2 + length])
        place += 2 + max(2, length)
        if marker == b"\xff\xda":
            end = _end_of_scan(data, place)
            parts.append(data[place:end])
            place = end
    return [*parts, data[place:]]


def _end_of_scan(data: bytes, place: int) -> int:
    while (place := data.find(b"\xff", place)) >= 0 and place + 1 < len(data):
        if data[place + 1] not in _WITHOUT_LENGTH or data[place + 1] == 0xD9:
            return place
        place += 2
    return len(data)


def _join_jpeg(parts: Parts) -> bytes:
    return b"".join(_jpeg_part(part) for part in parts)


def _jpeg_part(part: bytes) -> bytes:
    if len(part) < 2 or part[0] != 0xFF or part[1] in _WITHOUT_LENGTH:
        return part
    return part[:2] + min(len(part), 0xFFFF).to_bytes(2) + part[2:]


def _split_png(data: bytes) -> Parts:
    parts, place = [data[:8]], 8
    while place + _PNG_FRAME <= len(data):
        length = int.from_bytes(data[place : place + 4])
        parts.append(data[place + 4 : place + 8 + length])
        place += length + _PNG_FRAME
    return parts


def _join_png(parts: Parts) -> bytes:
    chunks = (struct.pack(">I", max(0, len(one) - 4)) + one + struct.pack(">I", zlib.crc32(one)) for one in parts[1:])
    return parts[0] + b"".join(chunks) if parts else b""


def _split_riff(data: bytes) -> Parts:
    parts, place = [data[:4] + data[8:12]], 12
    while place + 8 <= len(data):
        length = int.from_bytes(data[place + 4 : place + 8], "little")
        parts.append(data[place : place + 4] + data[place + 8 : place + 8 + length])
        place += 8 + length + length % 2
    return parts


def _join_riff(parts: Parts) -> bytes:
    chunks = b"".join(
        one[:4] + struct.pack("<I", max(0, len(one) - 4)) + one[4:] + bytes(len(one) % 2) for one in parts[1:]
    )
    return parts[0][:4] + struct.pack("<I", len(chunks) + 4) + parts[0][4:] + chunks if parts else b""


def _split_gif(data: bytes) -> Parts:
    place = 13 + _table_bytes(data[10]) if len(data) > 10 else len(data)
    parts = [data[:place]]
    while place < len(data):
        end = _end_of_block(data, place)
        parts.append(data[place:end])
        place = end
    return parts


def _table_bytes(flags: int) -> int:
    return 3 << ((flags & 7) + 1) if flags & 0x80 else 0


def _end_of_block(data: bytes, place: int) -> int:
    if data[place] == 0x21:
        place += 2
    elif data[place] == 0x2C and place + 9 < len(data):
        place += 11 + _table_bytes(data[place + 9])
    else:
        return len(data)
    while place < len(data) and data[place]:
        place += data[place] + 1
    return place + 1


def _split_bmp(data: bytes) -> Parts:
    start = int.from_bytes(data[10:14], "little")
    info = 14 + int.from_bytes(data[14:18], "little")
    return [data[:14], data[14:info], data[info:start], data[start:]]


def _join_bmp(parts: Parts) -> bytes:
    head, *others = parts or [b""]
    start = len(head) + sum(map(len, others[:2]))
    return head[:10] + struct.pack("<I", start) + head[14:] + b"".join(others)


def _split_tiff(data: bytes) -> Parts:
    """Return the bytes and then the entries of the first directory, which `_join_tiff` puts behind the bytes."""
    start = int.from_bytes(data[4:8], "little") if data[:2] == b"II" else len(data)
    count = int.from_bytes(data[start : start + 2], "little")
    entries = [data[place : place + 12] for place in range(start + 2, start + 2 + 12 * count, 12)]
    is_last = start + 6 + 12 * count >= len(data)
    return [data[:start] if is_last else data, *entries]


def _join_tiff(parts: Parts) -> bytes:
    head, *entries = parts or [b""]
    if len(head) % 2:
        head += b"\0"
    if head[:2] != b"II" or not entries:
        return head
    directory = struct.pack("<H", len(entries) & 0xFFFF) + b"".join(one[:12].ljust(12, b"\0") for one in entries)
    return head[:4] + struct.pack("<I", len(head)) + head[8:] + directory + bytes(4)


def _split_boxes(data: bytes) -> Parts:
    return list(_boxes(data))


def _boxes(data: bytes) -> Iterator[bytes]:
    place = 0
    while place + 8 <= len(data):
        length = int.from_bytes(data[place : place + 4]) or len(data) - place
        yield data[place + 4 : place + max(8, length)]
        place += max(8, length)


def _join_boxes(parts: Parts) -> bytes:
    return b"".join(struct.pack(">I", len(part) + 4) + part for part in parts)


FORMATS: Final = {
    "JPEG": Format(_split_jpeg, _join_jpeg),
    "PNG": Format(_split_png, _join_png),
    "WEBP": Format(_split_riff, _join_riff),
    "GIF": Format(_split_gif, b"".join),
    "BMP": Format(_split_bmp, _join_bmp),
    "TIFF": Format(_split_tiff, _join_tiff),
    "AVIF": Format(_split_boxes, _join_boxes),
}
"""Name of a format, as Pillow says it, to how it is taken apart."""
