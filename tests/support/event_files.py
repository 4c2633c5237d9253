"""Event files as TensorBoard reads them, written by hand: records of protobuf messages."""

import struct
from collections.abc import Mapping
from pathlib import Path

from training.curves.readers.records import masked_checksum


def record(data: bytes) -> bytes:
    """Return a TFRecord; the checksum of the data is not looked at."""
    length = struct.pack("<Q", len(data))
    return length + struct.pack("<I", masked_checksum(length)) + data + b"\0\0\0\0"


def varint(number: int) -> bytes:
    low, rest = number & 0x7F, number >> 7
    return bytes([low | 0x80]) + varint(rest) if rest else bytes([low])


def field(number: int, content: bytes) -> bytes:
    return varint(number << 3 | 2) + varint(len(content)) + content


def simple(tag: str, value: float) -> bytes:
    """Return a value as `SummaryWriter.add_scalar` of PyTorch writes it."""
    return field(1, tag.encode()) + varint(2 << 3 | 5) + struct.pack("<f", value)


def tensor(tag: str, value: float) -> bytes:
    """Return a value as `tf.summary.scalar` writes it."""
    content = varint(1 << 3) + varint(1) + field(2, b"") + field(4, struct.pack("<f", value))
    return field(1, tag.encode()) + field(9, field(1, field(1, b"scalars"))) + field(8, content)


def event(step: int, *values: bytes) -> bytes:
    summary = b"".join(field(1, value) for value in values)
    return varint(1 << 3 | 1) + struct.pack("<d", 1.7e9 + step) + varint(2 << 3) + varint(step) + field(5, summary)


def write_events(path: Path, scalars: Mapping[str, Mapping[int, float]], form: object = simple) -> Path:
    """Write tag → step → value."""
    first = varint(1 << 3 | 1) + struct.pack("<d", 1.7e9) + field(3, b"brain.Event:2")
    events = [event(step, form(tag, value)) for tag, steps in scalars.items() for step, value in steps.items()]  # type: ignore[operator]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"".join(record(one) for one in (first, *events)))
    return path
