"""The index of a SavedModel's variables, checked before an engine follows it.

It is a sorted table, as LevelDB writes one, of where each variable is in the file of data beside it. OpenVINO believes
every offset and length in it; a wrong one ends the process. See `tensorflow/core/lib/io/format.cc` and
`tensorflow/core/protobuf/tensor_bundle.proto`.
"""

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from app.inference.engines.saved_model import BundleEntry, BundleHeader, DecodeError

_INDEX: Final = Path("variables", "variables.index")
_DATA: Final = Path("variables", "variables.data-00000-of-00001")
_MAX_INDEX_BYTES: Final = 2**24
_MAGIC: Final = bytes.fromhex("57fb808b247547db")
_FOOTER_BYTES: Final = 48
_TRAILER_BYTES: Final = 5
"""After each block: how it is packed, and a checksum."""
_LONGEST_SHIFT: Final = 28
"""Of the last seven bits of a number of 32 bits."""
_MOST_DIMENSIONS: Final = 32
_LONGEST_NAME: Final = 4096
_BYTES: Final = {1: 4, 2: 8, 3: 4, 4: 1, 5: 2, 6: 1, 9: 8, 10: 1, 14: 2, 17: 2, 19: 2, 22: 4, 23: 8}
"""Bytes of an element by the number of its type; those of others, such as texts, have no fixed length."""


def fault_of_variables(directory: Path) -> str | None:
    """Return what is wrong with the index of variables, as a phrase, or None, also if there are no variables.

    Args:
        directory: Directory of the SavedModel.
    """
    if not (directory / _INDEX).exists():
        return None
    try:
        _check((directory / _INDEX).read_bytes(), (directory / _DATA).stat().st_size)
    except (_Fault, DecodeError, OSError, IndexError) as error:
        return f"its index of variables is damaged ({error})"
    return None


class _Fault(Exception):
    """A place of the index that is not as TensorFlow writes it."""


def _check(index: bytes, data_bytes: int) -> None:
    footer = index[-_FOOTER_BYTES:]
    if len(index) > _MAX_INDEX_BYTES:
        raise _Fault(f"it has more than {_MAX_INDEX_BYTES} bytes")
    if len(footer) < _FOOTER_BYTES or not footer.endswith(_MAGIC):
        raise _Fault("it does not end as one")
    blocks = _numbers(footer, 4)  # place and length of the block of other things, and of the block of blocks
    if list(_entries(_block(index, *blocks[:2]))):
        raise _Fault("it has more than variables")
    last = None
    for _, place in _entries(_block(index, *blocks[2:])):
        for name, value in _entries(_block(index, *_numbers(place, 2))):
            if last is not None and name <= last:
                raise _Fault("it is not sorted")
            last = name
            _check_entry(name, value, data_bytes)


def _check_entry(name: bytes, value: bytes, data_bytes: int) -> None:
    if not name:
        header = BundleHeader.FromString(value)
        if header.num_shards != 1 or header.endianness:
            raise _Fault("its data are in several files, or in another order of bytes")
        return
    entry = BundleEntry.FromString(value)
    if entry.shard_id or entry.slices or entry.offset < 0 or not 0 <= entry.size <= data_bytes - entry.offset:
        raise _Fault(f"{name[:100]!r} is not inside the file of data")
    if entry.dtype in _BYTES and _BYTES[entry.dtype] * _elements(entry.shape) != entry.size:
        raise _Fault(f"{name[:100]!r} has a length that is not that of its shape")


def _elements(shape: Any) -> int:  # noqa: ANN401  a protocol buffer
    sizes = [dim.size for dim in shape.dim]
    if len(sizes) > _MOST_DIMENSIONS or min(sizes, default=0) < 0:
        raise _Fault("a shape is none")
    return math.prod(sizes)


def _block(index: bytes, place: int, length: int) -> bytes:
    """Return a block, which has to be inside the index, and not packed."""
    if place + length + _TRAILER_BYTES > len(index) - _FOOTER_BYTES or index[place + length]:
        raise _Fault("a block is not inside it, or is packed")
    return index[place : place + length]


def _entries(block: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield name and value of each entry; a name leaves out the beginning that it shares with the one before."""
    restarts = int.from_bytes(block[-4:], "little")
    end = len(block) - 4 - 4 * restarts
    if end < 0 or restarts == 0:
        raise _Fault("a block has no end")
    starts = {int.from_bytes(block[at : at + 4], "little") for at in range(end, len(block) - 4, 4)}
    at, name, begun = 0, b"", {0}
    while at < end:
        begun.add(at)
        (shared, own, length), at = _varints(block, at, 3)
        if shared > len(name) or own + length > end - at or shared + own > _LONGEST_NAME:
            raise _Fault("an entry is longer than its block, or its name than any")
        name = name[:shared] + block[at : at + own]
        yield name, block[at + own : at + own + length]
        at += own + length
    if not starts <= begun:
        raise _Fault("a block begins nowhere")


def _numbers(data: bytes, count: int) -> list[int]:
    return _varints(data, 0, count)[0]


def _varints(data: bytes, at: int, count: int) -> tuple[list[int], int]:
    """Read numbers of at most 5 bytes of 7 bits each, and return them with the place after them."""
    numbers = []
    for _ in range(count):
        number, shift = 0, 0
        while data[at] & 0x80:
            number |= (data[at] & 0x7F) << shift
            at, shift = at + 1, shift + 7
            if shift > _LONGEST_SHIFT:
                raise _Fault("a number is longer than any in it")
        numbers.append(number | data[at] << shift)
        at += 1
    return numbers, at
