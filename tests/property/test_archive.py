"""Zips with bytes changed and cut: refused for a known reason, or each entry read or rejected for a known one."""

import io
import zipfile

from hypothesis import given, settings
from hypothesis import strategies as st

from app.archive import REASONS as ARCHIVE_REASONS
from app.archive import Archive, ArchiveLimits
from app.errors import ArchiveRejected
from app.labelled_set import LabelledSet
from model_store.errors import ImageRejected
from model_store.pixels import REASONS as IMAGE_REASONS
from tests.fakes import LABELS, grey, zip_of

LIMITS = ArchiveLimits(max_entries=20, max_uncompressed_bytes=100_000, max_compression_ratio=200, max_image_bytes=5_000)
FILES = {"set/": b"", "set/dark/1.png": grey(1), "set/light/2": grey(2), "__MACOSX/x": b"x", "set/a.txt": b"abc" * 99}


def _stored() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for path, data in FILES.items():
            archive.writestr(path, data)
    return buffer.getvalue()


SEEDS = (zip_of(FILES), _stored())
Change = tuple[int, bytes]
changes = st.lists(st.tuples(st.integers(0, 2**16), st.binary(min_size=1, max_size=8)), max_size=6)


def mutate(seed: bytes, changes: list[Change], cut: int, *, near_end: bool) -> bytes:
    """Overwrite bytes, anywhere or in the directory at the end, and cut some off."""
    data = bytearray(seed)
    start = seed.index(b"PK\x01\x02") if near_end else 0
    for at, value in changes:
        place = start + at % (len(seed) - start)
        data[place : place + len(value)] = value
    return bytes(data[: len(data) - cut])


def opened(data: bytes) -> LabelledSet | None:
    """Open an archive; None where it is refused for a known reason."""
    reason = "none"
    try:
        archive = Archive(io.BytesIO(data), LIMITS)
        archive.paths()
        return archive.labelled(LABELS)
    except ArchiveRejected as error:
        reason = error.reason
    assert reason in ARCHIVE_REASONS
    return None


def assert_every_file_is_read_or_rejected(data: bytes) -> None:
    found = opened(data)
    if found is None:
        return
    reasons = set()
    for image in found.images:
        try:
            assert len(found.read(image.path)) <= LIMITS.max_image_bytes
        except ImageRejected as error:
            reasons.add(error.reason)
    assert reasons <= set(IMAGE_REASONS)


@settings(max_examples=500, deadline=None)
@given(st.sampled_from(SEEDS), changes, st.one_of(st.just(0), st.integers(0, 200)), st.booleans())
def test_a_mutated_zip_never_surprises(seed: bytes, changes: list[Change], cut: int, near_end: bool) -> None:  # noqa: FBT001
    assert_every_file_is_read_or_rejected(mutate(seed, changes, cut, near_end=near_end))


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=200), st.sampled_from(SEEDS), st.binary(max_size=50))
def test_bytes_around_a_zip_never_surprise(before: bytes, seed: bytes, behind: bytes) -> None:
    assert_every_file_is_read_or_rejected(before + seed + behind)


path = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=12)


@settings(max_examples=200, deadline=None)
@given(st.dictionaries(path, st.binary(max_size=20), max_size=8))
def test_whatever_the_paths_every_entry_is_accounted_for(files: dict[str, bytes]) -> None:
    found = opened(zip_of(files))
    assert found is None or len(found.images) + len(found.ignored) + found.directories == len(files)
