"""Zips with every field damaged in every way, one after the other: refused for a known reason, or each file counted.

Nothing here is left to chance: a case is made from the names of its seed, its region and its number, and is repeated
by them.
"""

import io
import random
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from model_store.errors import ImageRejected, SetRejected
from model_store.images.pixels import REASONS as IMAGE_REASONS
from model_store.images.pixels import InputSpec, decode
from model_store.labelled_sets.archives.archive import Archive
from model_store.labelled_sets.labelled_set import REASONS as ARCHIVE_REASONS
from model_store.labelled_sets.labelled_set import LabelledSet, SetLimits
from tests.support.fakes import LABELS, SIZE, grey
from tests.support.zips import STORED, Entry, Made, Span, make_zip

LIMITS = SetLimits(max_entries=80, max_uncompressed_bytes=100_000, max_compression_ratio=200, max_image_bytes=5_000)
END_BYTES = 22 + (1 << 16)
"""The end of a file, which is searched for the archive's end."""
PNG, JPEG = grey(7), grey(250, "JPEG")
FILES = [
    Entry("set/"),
    Entry("set/dark/1.png", PNG),
    Entry("set/light/2", JPEG),
    Entry("__MACOSX/x", b"x"),
    Entry("set/a.txt", b"abc" * 99),
]


def like(**fields: Any) -> list[Entry]:  # noqa: ANN401  as `Entry`
    return [replace(entry, **fields) for entry in FILES]


SEEDS = {
    "deflated": make_zip(FILES),
    "stored": make_zip(like(method=STORED)),
    "descriptor": make_zip(like(has_descriptor=True)),
    "zip64": make_zip(like(is_zip64=True), is_zip64=True),
    "zip64-descriptor": make_zip(like(is_zip64=True, has_descriptor=True, method=STORED), is_zip64=True),
    "comments": make_zip(like(comment=b"PK\1\2 is how it begins"), comment=b"made by hand" * 9),
    "before": make_zip(FILES, before=b"MZ" + bytes(300)),
}
REGIONS = ["before", "local", "data", "descriptor", "central", "end64", "locator", "end"]
NUMBERS = [
    0,
    1,
    2,
    8,
    0x7F,
    0x80,
    0xFF,
    0x7FFF,
    0x8000,
    0xFFFF,
    2**31 - 1,
    2**31,
    2**32 - 1,
    2**63 - 1,
    2**63,
    2**64 - 1,
]


def numbers(made: Made) -> list[int]:
    """Return integers at which something changes, also around the lengths of the archive and its images."""
    own = (len(made.data), made.span("end.signature").start, len(PNG), len(JPEG))
    return NUMBERS + [value + step for value in own for step in (-1, 0, 1)]


Damage = Callable[[bytes, Span, Made, random.Random], bytes]


def cut(data: bytes, span: Span, made: Made, dice: random.Random) -> bytes:
    del made
    return data[: dice.randint(span.start, span.end)]


def flip(data: bytes, span: Span, made: Made, dice: random.Random) -> bytes:
    del made
    changed = bytearray(data)
    for _ in range(dice.choice([1, 1, 2, 5])):
        changed[dice.randrange(span.start, span.end)] ^= 1 << dice.randrange(8)
    return bytes(changed)


def filled(value: bytes) -> Damage:
    def fill(data: bytes, span: Span, made: Made, dice: random.Random) -> bytes:
        del made, dice
        return data[: span.start] + value * (span.end - span.start) + data[span.end :]

    return fill


def renumber(data: bytes, span: Span, made: Made, dice: random.Random) -> bytes:
    """Write a number over the field, or over its first bytes."""
    length = min(span.end - span.start, dice.choice([2, 4, 8]))
    value = dice.choice(numbers(made)) % (1 << 8 * length)
    return data[: span.start] + value.to_bytes(length, "little") + data[span.start + length :]


def repeat(data: bytes, span: Span, made: Made, dice: random.Random) -> bytes:
    del made
    return data[: span.end] + data[span.start : span.end] * dice.choice([1, 1, 2, 60]) + data[span.end :]


def remove(data: bytes, span: Span, made: Made, dice: random.Random) -> bytes:
    del made, dice
    return data[: span.start] + data[span.end :]


def swap(data: bytes, span: Span, made: Made, dice: random.Random) -> bytes:
    """Exchange the region with another one, wherever that is."""
    first, second = sorted([span, dice.choice(made.spans)], key=lambda one: one.start)
    between = data[first.end : second.start]
    parts = data[: first.start], data[second.start : second.end], between, data[first.start : first.end]
    return b"".join(parts) + data[second.end :]


ZEROS, ONES = filled(b"\0"), filled(b"\xff")
DAMAGES: list[Damage] = [cut, flip, flip, ZEROS, ONES, renumber, renumber, renumber, repeat, remove, swap]


def record_of(span: Span) -> str:
    return span.name.split(".")[0]


def whole_records(made: Made) -> list[Span]:
    """Return the spans of records, all fields of one together."""
    records: dict[str, list[Span]] = {}
    for span in made.spans:
        records.setdefault(span.name.rpartition(".")[0] or span.name, []).append(span)
    return [Span(name, fields[0].start, fields[-1].end) for name, fields in records.items()]


def cases(seed: str, region: str) -> list[bytes]:
    """Return the damaged archives of a seed and a region: every field of it, and the records as wholes."""
    made = SEEDS[seed]
    data = bytes(made.data)
    spans = [one for one in (*made.spans, *whole_records(made)) if record_of(one) == region and one.end > one.start]
    return [
        damage(data, span, made, random.Random(f"{seed} {span} {number}"))
        for span in spans
        for number, damage in enumerate(DAMAGES)
    ]


class Watched(io.FileIO):
    """A real file, so that it fails as one does, which knows the most that was read from it at once."""

    most = 0

    def read(self, size: int | None = -1, /) -> bytes:
        data = super().read(size)
        self.most = max(self.most, len(data))
        return data


def opened(file: Watched) -> LabelledSet | None:
    """Open an archive; None where it is refused for a known reason."""
    reason = "none"
    try:
        archive = Archive(file, LIMITS)
        given = archive.labelled(LABELS)
    except SetRejected as error:
        reason = error.reason
    else:
        entries = len(archive._zip.infolist())
        assert entries == given.directories + len(given.ignored) + len(given.images)
        paths = [*(one.path for one in given.images), *(one.path for one in given.ignored)]
        assert len(set(paths)) == len(paths)
        return given
    assert reason in ARCHIVE_REASONS
    return None


def outcomes(given: LabelledSet) -> list[str]:
    """Read and decode every image: `scored`, or the reason why it is unreadable."""
    found = []
    for image in given.images:
        try:
            data = given.read(image.path)
            assert len(data) <= LIMITS.max_image_bytes
            decode(data, InputSpec(height=SIZE, width=SIZE))
            found.append("scored")
        except ImageRejected as error:
            found.append(error.reason)
    assert set(found) <= {"scored", *IMAGE_REASONS}
    return found


PAIRS = [(seed, region) for seed in SEEDS for region in REGIONS if cases(seed, region)]


@pytest.mark.parametrize(("seed", "region"), PAIRS)
def test_whatever_is_damaged_the_archive_is_refused_or_every_file_of_it_is_counted(
    seed: str, region: str, tmp_path: Path
) -> None:
    with Watched(tmp_path / "case.zip", "w+") as file:
        for number, data in enumerate(cases(seed, region)):
            try:
                file.seek(0)
                file.truncate()
                file.write(data)
                given = opened(file)
                if given is not None:
                    outcomes(given)
            except BaseException as error:
                error.add_note(f"cases({seed!r}, {region!r})[{number}]")
                raise
        assert file.most <= max(END_BYTES, LIMITS.max_entries * 1024)


@pytest.mark.parametrize("seed", SEEDS)
def test_before_it_is_damaged_an_archive_is_read_whole(seed: str, tmp_path: Path) -> None:
    with Watched(tmp_path / "case.zip", "w+") as file:
        file.write(bytes(SEEDS[seed].data))
        given = opened(file)
        assert given is not None
        assert outcomes(given) == ["scored", "scored"]
        assert [image.label for image in given.images] == ["dark", "light"]


def test_the_cases_are_many_and_touch_every_record() -> None:
    assert sum(len(cases(seed, region)) for seed, region in PAIRS) >= 5_000
    assert {region for _, region in PAIRS} == set(REGIONS)
