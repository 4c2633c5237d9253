"""Zips with bytes changed and cut, and with any names: refused for a known reason, or each entry has its place."""

import io
import zipfile

from hypothesis import given
from hypothesis import strategies as st

from model_store.errors import ImageRejected, SetRejected
from model_store.images.pixels import REASONS as IMAGE_REASONS
from model_store.labelled_sets.archives.archive import Archive
from model_store.labelled_sets.labelled_set import REASONS as ARCHIVE_REASONS
from model_store.labelled_sets.labelled_set import LabelledSet, SetLimits
from tests.support.examples import examples
from tests.support.fakes import LABELS, grey, unmarked_zip_of, zip_of

LIMITS = SetLimits(max_entries=20, max_uncompressed_bytes=100_000, max_compression_ratio=200, max_image_bytes=5_000)
TABLE = {"1.png": grey(1), "Labels.csv": b"path;label\n1.png;Dark\n2.png;light\n"}
FILES = {"set/": b"", "set/dark/1.png": grey(1), "set/light/2": grey(2), "__MACOSX/x": b"x", "set/a.txt": b"abc" * 99}


def _stored() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for path, data in FILES.items():
            archive.writestr(path, data)
    return buffer.getvalue()


SEEDS = (zip_of(FILES), _stored(), zip_of(TABLE), unmarked_zip_of({"Dark/ä.png".encode("cp437"): grey(1)}))
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
    except SetRejected as error:
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


@examples(50)
@given(st.sampled_from(SEEDS), changes, st.one_of(st.just(0), st.integers(0, 200)), st.booleans())
def test_a_mutated_zip_never_surprises(seed: bytes, changes: list[Change], cut: int, near_end: bool) -> None:  # noqa: FBT001
    assert_every_file_is_read_or_rejected(mutate(seed, changes, cut, near_end=near_end))


@examples(20)
@given(st.binary(max_size=200), st.sampled_from(SEEDS), st.binary(max_size=50))
def test_bytes_around_a_zip_never_surprise(before: bytes, seed: bytes, behind: bytes) -> None:
    assert_every_file_is_read_or_rejected(before + seed + behind)


def assert_every_entry_has_its_place(found: LabelledSet | None, entries: int) -> None:
    if found is None:
        return
    assert len(found.images) + len(found.ignored) + found.directories == entries
    read = found.interpretation
    assert all(one.label in LABELS and one.folder not in LABELS for one in read.matched)
    assert sum(one.files for one in read.matched) <= sum(image.label in LABELS for image in found.images)
    assert (read.labels_file is not None) == any(one.reason == "labels-file" for one in found.ignored)
    read.model_dump_json()


case = st.sampled_from(
    ["dark", "DARK", "Light", "\u017fET", "LIGHT", "set", "Labels.csv", "labels.csv", "1.png", "2.PNG"]
)
letters = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=12)
path = st.one_of(letters, st.lists(st.one_of(case, letters), min_size=1, max_size=4).map("/".join))
table = st.lists(
    st.lists(st.one_of(st.sampled_from(["path", "label", "1.png"]), case, letters), max_size=3), max_size=4
)
content = st.one_of(st.binary(max_size=20), table.map(lambda rows: "\n".join(map(",".join, rows)).encode()))


@examples(30)
@given(st.dictionaries(path, content, max_size=8))
def test_whatever_the_paths_every_entry_is_accounted_for(files: dict[str, bytes]) -> None:
    assert_every_entry_has_its_place(opened(zip_of(files)), len(files))


def letters_of(page: str) -> st.SearchStrategy[str]:
    """Return letters that a code page has, without separators and those that it reads back as others."""
    return st.characters(codec=page, exclude_categories=["Cs", "Cc"], exclude_characters="/\\.:¢£¬‖\u2212\u301c")


def encoded(page: str) -> st.SearchStrategy[bytes]:
    """Return paths in a code page, of its letters and of labels in any case."""
    names = st.one_of(case, st.text(letters_of(page), min_size=1, max_size=6))
    return st.lists(names, min_size=1, max_size=3).map(lambda parts: "/".join(parts).encode(page, "replace"))


raw = st.one_of(encoded("cp437"), encoded("cp932"), encoded("utf-8"), st.binary(min_size=1, max_size=12))


@examples(30)
@given(st.dictionaries(raw, content, max_size=8))
def test_whatever_the_bytes_of_the_paths_every_entry_is_accounted_for(files: dict[bytes, bytes]) -> None:
    assert_every_entry_has_its_place(opened(unmarked_zip_of(files)), len(files))


WRITTEN = (("表示", "cp932"), ("ポ", "cp932"), ("Ärger", "cp437"), ("кошка", "cp866"), ("貓", "utf-8"))


@examples(20)
@given(st.sampled_from(WRITTEN), st.data())
def test_a_label_is_found_in_its_code_page_whatever_its_files_are_called(
    written: tuple[str, str], data: st.DataObject
) -> None:
    label, page = written
    names = data.draw(st.lists(st.text(letters_of(page), min_size=1, max_size=6), min_size=1, max_size=5))
    files = {f"{label}/{number}{name}.png".encode(page): b"" for number, name in enumerate(names)}
    found = Archive(io.BytesIO(unmarked_zip_of(files)), LIMITS).labelled((label, "light"))
    assert [image.label for image in found.images] == [label] * len(names)
    assert [image.path.encode(page) for image in found.images] == list(files)


@examples(30)
@given(st.one_of(st.binary(max_size=60), st.tuples(st.sampled_from([b"path,label\n", b"file\tclass\r"]), content)))
def test_whatever_is_in_a_table_it_is_read_or_refused(table: bytes | tuple[bytes, bytes]) -> None:
    data = table if isinstance(table, bytes) else b"".join(table)
    files = {"dark/1.png": grey(1), "2.png": grey(2), "labels.csv": data}
    assert_every_entry_has_its_place(opened(zip_of(files)), len(files))
