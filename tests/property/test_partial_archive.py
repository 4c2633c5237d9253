"""A zip is recognised from a few of its pieces as it is from all its bytes, and refused for the same reason."""

import io
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model_store.errors import SetRejected
from model_store.labelled_sets.archives.archive import Archive
from model_store.labelled_sets.archives.partial_archive import MAX_HEADS, read_partial_archive
from model_store.labelled_sets.archives.partial_file import Piece
from model_store.labelled_sets.labelled_set import LabelledSet, SetLimits
from model_store.labelled_sets.layout import LayoutChoice
from tests.property.test_archive import SEEDS, Change, changes, mutate
from tests.property.test_one_reader import TABLE, without_files_as_folders
from tests.support.examples import examples
from tests.support.fakes import grey, unmarked_zip_of, zip_of

LIMITS = SetLimits(max_entries=500, max_uncompressed_bytes=10**7, max_compression_ratio=1_000, max_image_bytes=200_000)
LABELS = ("cats", "dogs")
FOLDERS = ["cats", "Cats", "dogs", "dog", "set", "train", "test", "images", "masks", "bäume", "__MACOSX"]
FILES = ["1.png", "2.JPG", "3", "a.txt", "labels.csv", "train.tsv", "classes.txt", "1_mask.png"]
LARGE_TABLE = TABLE + b"".join(random.Random(number).randbytes(20).hex().encode() + b",dogs\n" for number in range(400))
CONTENTS = [
    LARGE_TABLE,
    random.Random(0).randbytes(9_000),
    grey(1),
    b"text",
    TABLE,
    b"id\tbreed\n1\t0\n2\t1\n",
    b"cats\ndogs\n",
    b"a;b\n1;cats;dogs\n2.JPG",
]
paths = st.tuples(st.lists(st.sampled_from(FOLDERS), max_size=3), st.sampled_from(FILES)).map(
    lambda found: "/".join([*found[0], found[1]])
)
trees = st.dictionaries(paths, st.sampled_from(CONTENTS), max_size=14).map(without_files_as_folders)
layouts = st.sampled_from([None, "splits", "labels"])

Outcome = LabelledSet | tuple[str, str]


def read_whole(data: bytes, limits: SetLimits, layout: LayoutChoice | None) -> Outcome:
    try:
        return Archive(io.BytesIO(data), limits).labelled(LABELS, layout)
    except SetRejected as error:
        return error.reason, str(error)


def read_by_pieces(
    data: bytes, limits: SetLimits, layout: LayoutChoice | None, known: set[int]
) -> tuple[Outcome, set[int]]:
    """Send what is wanted until nothing is, as a client does; also return the places of all bytes that were sent."""
    while True:
        try:
            reading = read_partial_archive(pieces_of(data, known), len(data), limits, LABELS, layout)
        except SetRejected as error:
            return (error.reason, str(error)), known
        if reading.labelled_set is not None:
            return reading.labelled_set, known
        more = {place for one in reading.wanted for place in range(one.start, one.end)} - known
        assert more, "it wants what it has"
        known = known | more


def pieces_of(data: bytes, known: set[int]) -> list[Piece]:
    starts = sorted(place for place in known if place - 1 not in known)
    ends = sorted(place + 1 for place in known if place + 1 not in known)
    return [Piece(start, end - start, io.BytesIO(data[start:end])) for start, end in zip(starts, ends, strict=True)]


def facts(outcome: Outcome) -> object:
    if isinstance(outcome, tuple):
        return outcome
    return outcome.images, outcome.ignored, outcome.directories, outcome.interpretation


@examples(60)
@given(trees, layouts, st.integers(0, 3_000))
def test_pieces_are_read_as_the_whole(tree: dict[str, bytes], layout: LayoutChoice | None, tail: int) -> None:
    data = zip_of(tree)
    found, _ = read_by_pieces(data, LIMITS, layout, set(range(max(0, len(data) - tail), len(data))))
    assert facts(found) == facts(read_whole(data, LIMITS, layout))


@examples(30)
@given(st.sampled_from(SEEDS), changes, st.integers(0, 100), st.booleans())
def test_a_damaged_zip_is_refused_alike(seed: bytes, changes: list[Change], cut: int, near_end: bool) -> None:  # noqa: FBT001
    data = mutate(seed, changes, cut, near_end=near_end)
    limits = SetLimits(max_entries=5, max_uncompressed_bytes=10**5, max_compression_ratio=200, max_image_bytes=5_000)
    found, _ = read_by_pieces(data, limits, None, set())
    assert facts(found) == facts(read_whole(data, limits, None))


def test_code_pages_are_told_from_the_directory() -> None:
    data = unmarked_zip_of({"Dogs/ä.png".encode("cp850"): grey(1), "cats/ö.png".encode("cp850"): grey(2)})
    found, _ = read_by_pieces(data, LIMITS, None, set())
    assert isinstance(found, LabelledSet)
    assert facts(found) == facts(read_whole(data, LIMITS, None))
    assert found.interpretation.encoding is not None


def test_the_pictures_stay_where_they_are() -> None:
    picture = random.Random(1).randbytes(100_000)
    data = zip_of({f"{label}/{number}.jpg": picture for label in LABELS for number in range(5)} | {"notes.txt": b"-"})
    found, sent = read_by_pieces(data, LIMITS, None, set())
    assert isinstance(found, LabelledSet)
    assert len(sent) < 0.08 * len(data)  # the last 64 KiB, in which a zip may have a comment


@pytest.mark.parametrize("others", [3, MAX_HEADS + 200])
def test_what_is_not_looked_into_is_counted(others: int) -> None:
    picture = grey(2) + random.Random(2).randbytes(1_000)
    tree = {"cats/1.png": grey(1), **{f"dogs/{number}": picture for number in range(others)}, "labels.csv": b"none"}
    data = zip_of(tree)
    _, sent = read_by_pieces(data, LIMITS, None, set())
    reading = read_partial_archive(pieces_of(data, sent), len(data), LIMITS, LABELS)
    assert reading.labelled_set is not None
    assert len(reading.labelled_set.images) + len(reading.unread) + 1 == len(tree)
    assert bool(reading.unread) == (others > MAX_HEADS)


def test_files_that_were_not_looked_into_leave_a_refusal_open() -> None:
    data = zip_of({f"dogs/{number}": random.Random(number).randbytes(200) for number in range(MAX_HEADS + 200)})
    reading = read_partial_archive(pieces_of(data, set(range(2))), len(data), LIMITS, LABELS)
    known: set[int] = set()
    for _ in range(7):
        known |= {place for one in reading.wanted for place in range(one.start, one.end)}
        reading = read_partial_archive(pieces_of(data, known), len(data), LIMITS, LABELS)
    assert (reading.labelled_set, reading.wanted, bool(reading.unread)) == (None, [], True)
