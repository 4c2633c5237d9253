"""Zips written field by field, so that each can lie and each can be found again; `zipfile` writes only honest ones.

A lie replaces one field by its name: `{"central.1.size": 100}` is said of the second entry in the directory, and
`{"end.entries": 9}` at the end. Layout and names follow PKWARE's APPNOTE 6.3.10.
"""

import struct
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final, NamedTuple

STORED: Final = 0
DEFLATED: Final = 8
HAS_DESCRIPTOR: Final = 0x8
IS_UTF8: Final = 0x800
_FULL: Final = {"H": 0xFFFF, "I": 0xFFFF_FFFF}


class Span(NamedTuple):
    """Where one field lies."""

    name: str
    start: int
    end: int


@dataclass(frozen=True)
class Entry:
    """One file or directory."""

    path: str | bytes
    data: bytes = b""
    method: int = DEFLATED
    flags: int = 0
    mode: int = 0
    """Of a file on Unix; a link has 0o120000."""
    has_descriptor: bool = False
    is_zip64: bool = False
    """Its sizes and place are in extra fields of 64 bits."""
    comment: bytes = b""

    @property
    def name(self) -> bytes:
        return self.path if isinstance(self.path, bytes) else self.path.encode()

    @cached_property
    def packed(self) -> bytes:
        if self.method != DEFLATED:
            return self.data
        packer = zlib.compressobj(9, zlib.DEFLATED, -15)
        return packer.compress(self.data) + packer.flush()


@dataclass
class Made:
    """An archive and the places of its fields."""

    lies: Mapping[str, int]
    data: bytearray = field(default_factory=bytearray)
    spans: list[Span] = field(default_factory=list)

    def put(self, name: str, data: bytes) -> None:
        self.spans.append(Span(name, len(self.data), len(self.data) + len(data)))
        self.data += data

    def put_fields(self, record: str, fields: Mapping[str, tuple[str, int]]) -> None:
        for name, (form, value) in fields.items():
            self.put(f"{record}.{name}", struct.pack(f"<{form}", self.lies.get(f"{record}.{name}", value)))

    def span(self, name: str) -> Span:
        return next(one for one in self.spans if one.name == name)


def make_zip(
    entries: Sequence[Entry],
    lies: Mapping[str, int] | None = None,
    *,
    before: bytes = b"",
    comment: bytes = b"",
    is_zip64: bool = False,
) -> Made:
    """Write an archive.

    Args:
        entries: What is in it.
        lies: Values of fields instead of the true ones.
        before: Bytes that no offset counts, as of a program that unpacks itself.
        comment: Of the archive.
        is_zip64: Whether its end is told in 64 bits.
    """
    made = Made(lies or {})
    if before:
        made.put("before", before)
    offsets = []
    for number, entry in enumerate(entries):
        offsets.append(len(made.data) - len(before))
        _put_local(made, number, entry)
    directory_offset = len(made.data) - len(before)
    for number, (entry, offset) in enumerate(zip(entries, offsets, strict=True)):
        _put_central(made, number, entry, offset)
    size = len(made.data) - len(before) - directory_offset
    _put_end(made, len(entries), (size, directory_offset), comment, is_zip64=is_zip64)
    return made


def lie(entries: Sequence[Entry], **lies: int) -> bytes:
    """Write an archive that lies; a dot in a field's name is written as two underscores."""
    return bytes(make_zip(entries, {name.replace("__", "."): value for name, value in lies.items()}).data)


def _shared(entry: Entry, *, is_local: bool) -> dict[str, tuple[str, int]]:
    """Return the fields that both headers of an entry have."""
    flags = entry.flags | IS_UTF8 * isinstance(entry.path, str) | HAS_DESCRIPTOR * entry.has_descriptor
    sizes = [zlib.crc32(entry.data), len(entry.packed), len(entry.data)]
    if entry.has_descriptor and is_local:
        sizes = [0, 0, 0]
    if entry.is_zip64:
        sizes[1:] = [_FULL["I"]] * 2
    return {
        "version": ("H", 45 if entry.is_zip64 else 20),
        "flags": ("H", flags),
        "method": ("H", entry.method),
        "time": ("H", 0),
        "date": ("H", 0x21),
        "crc": ("I", sizes[0]),
        "packed_size": ("I", sizes[1]),
        "size": ("I", sizes[2]),
        "name_length": ("H", len(entry.name)),
    }


def _extra(entry: Entry, offset: int | None = None) -> dict[str, tuple[str, int]]:
    if not entry.is_zip64:
        return {}
    places = {} if offset is None else {"extra_offset": ("Q", offset)}
    sizes = {"extra_size": ("Q", len(entry.data)), "extra_packed_size": ("Q", len(entry.packed))}
    values = sizes | places
    return {"extra_id": ("H", 1), "extra_bytes": ("H", 8 * len(values)), **values}


def _bytes_of(fields: Mapping[str, tuple[str, int]]) -> int:
    return sum(struct.calcsize(f"<{form}") for form, _ in fields.values())


def _put_local(made: Made, number: int, entry: Entry) -> None:
    record, extra = f"local.{number}", _extra(entry)
    made.put(f"{record}.signature", b"PK\3\4")
    made.put_fields(record, _shared(entry, is_local=True) | {"extra_length": ("H", _bytes_of(extra))})
    made.put(f"{record}.name", entry.name)
    made.put_fields(record, extra)
    made.put(f"data.{number}", entry.packed)
    if entry.has_descriptor:
        record, form = f"descriptor.{number}", "Q" if entry.is_zip64 else "I"
        made.put(f"{record}.signature", b"PK\7\x08")
        sizes = {"packed_size": (form, len(entry.packed)), "size": (form, len(entry.data))}
        made.put_fields(record, {"crc": ("I", zlib.crc32(entry.data)), **sizes})


def _put_central(made: Made, number: int, entry: Entry, offset: int) -> None:
    record, extra = f"central.{number}", _extra(entry, offset)
    made.put(f"{record}.signature", b"PK\1\2")
    made.put_fields(
        record,
        {
            "made_by": ("H", 0x0314),
            **_shared(entry, is_local=False),
            "extra_length": ("H", _bytes_of(extra)),
            "comment_length": ("H", len(entry.comment)),
            "disk": ("H", 0),
            "internal": ("H", 0),
            "external": ("I", entry.mode << 16),
            "offset": ("I", _FULL["I"] if entry.is_zip64 else offset),
        },
    )
    made.put(f"{record}.name", entry.name)
    made.put_fields(record, extra)
    made.put(f"{record}.comment", entry.comment)


def _put_end(made: Made, entries: int, directory: tuple[int, int], comment: bytes, *, is_zip64: bool) -> None:
    size, offset = directory
    if is_zip64:
        place = len(made.data)
        made.put("end64.signature", b"PK\6\6")
        counts = {"entries_here": ("Q", entries), "entries": ("Q", entries)}
        head = {"bytes": ("Q", 44), "made_by": ("H", 45), "version": ("H", 45), "disk": ("I", 0), "its_disk": ("I", 0)}
        made.put_fields("end64", {**head, **counts, "size": ("Q", size), "offset": ("Q", offset)})
        made.put("locator.signature", b"PK\6\7")
        made.put_fields("locator", {"disk": ("I", 0), "offset": ("Q", place), "disks": ("I", 1)})
        entries, size, offset = _FULL["H"], _FULL["I"], _FULL["I"]
    made.put("end.signature", b"PK\5\6")
    counts = {"disk": ("H", 0), "its_disk": ("H", 0), "entries_here": ("H", entries), "entries": ("H", entries)}
    rest = {"size": ("I", size), "offset": ("I", offset), "comment_length": ("H", len(comment))}
    made.put_fields("end", counts | rest)
    made.put("end.comment", comment)
