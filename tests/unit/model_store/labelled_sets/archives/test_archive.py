"""Zips that anybody may have made: every reason for a refusal, by a real file."""

import errno
import io
import stat
import struct
import unicodedata
import zipfile
import zlib
from collections.abc import Callable, Mapping

import pytest

from model_store.errors import ImageRejected, SetRejected
from model_store.labelled_sets.archives.archive import Archive
from model_store.labelled_sets.labelled_set import REASONS, SetLimits
from tests.support.fakes import LABELS, grey, unmarked_zip_of, zip_of

LIMITS = SetLimits(max_entries=50, max_uncompressed_bytes=100_000, max_compression_ratio=200, max_image_bytes=5_000)
PICTURE = grey(7)
DIRECTORY = b"PK\x01\x02"


def opened(data: bytes, **limits: float) -> Archive:
    return Archive(io.BytesIO(data), SetLimits(**{**vars(LIMITS), **limits}))


def refusal(data: bytes, **limits: float) -> str:
    with pytest.raises(SetRejected) as caught:
        opened(data, **limits).labelled(LABELS)
    assert caught.value.reason in REASONS
    return caught.value.reason


def written(
    *entries: tuple[str | zipfile.ZipInfo, bytes], method: int = zipfile.ZIP_STORED, comment: bytes = b""
) -> bytes:
    """Write entries one after the other, also what a mapping could not hold."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        archive.comment = comment
        for info, data in entries:
            archive.writestr(info, data)
    return buffer.getvalue()


def with_mode(path: str, mode: int) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(path)
    info.external_attr = mode << 16
    return info


def patched(data: bytes, changes: Mapping[int, int], form: str = "<H", entry: int = 0) -> bytes:
    """Overwrite fields of an entry of the directory: offset in it → value."""
    changed = bytearray(data)
    at = -1
    for _ in range(entry + 1):
        at = changed.index(DIRECTORY, at + 1)
    for offset, value in changes.items():
        struct.pack_into(form, changed, at + offset, value)
    return bytes(changed)


def many(count: int, path: str = "dark/{}.png") -> bytes:
    return zip_of({path.format(number): b"" for number in range(count)})


def overlapping() -> bytes:
    """Two entries whose data are the same bytes: the second's local header lies in the first's data."""
    inner = written(("dark/2.png", PICTURE))
    data = written(("dark/1.png", inner[: inner.index(DIRECTORY)]), ("dark/2.png", PICTURE))
    return patched(data, {42: data.index(b"PK\x03\x04", 4)}, "<I", entry=1)


def same_header_twice() -> bytes:
    data = written(("dark/1.png", PICTURE), ("dark/2.png", PICTURE))
    return patched(data, {42: 0}, "<I", entry=1)


def unicode_path(raw: bytes, path: bytes) -> bytes:
    """Return Info-ZIP's extra field that says what an entry's name is in UTF-8."""
    return struct.pack("<HHBL", 0x7075, 5 + len(path), 1, zlib.crc32(raw)) + path


def same_unicode_path_twice() -> bytes:
    raws = (b"dark/1.png", b"dark/2.png")
    return unmarked_zip_of(dict.fromkeys(raws, PICTURE), {raw: unicode_path(raw, b"dark/3.png") for raw in raws})


def with_table(table: bytes) -> bytes:
    return zip_of({"1.png": PICTURE, "labels.csv": table})


TABLE = b"path,label\n1.png,dark\n"
GOOD = zip_of({"dark/1.png": PICTURE, "light/2.png": grey(250)})


@pytest.mark.parametrize(
    ("reason", "data", "limits"),
    [
        ("not-a-zip", b"", {}),
        ("not-a-zip", b"hello, this is a text and no archive at all", {}),
        ("not-a-zip", PICTURE, {}),
        ("truncated", GOOD[: len(GOOD) // 2], {}),
        ("truncated", GOOD[:-1], {}),
        ("truncated", GOOD.replace(DIRECTORY, b"PKxx"), {}),
        ("truncated", patched(GOOD, {8: 0x800}).replace(b"dark/1.png", b"d\xffrk/1.png"), {}),
        ("encrypted", patched(GOOD, {8: 0x1}), {}),
        ("no-images", zip_of({}), {}),
        ("no-images", zip_of({"dark/": b"", "readme.txt": b"hello"}), {}),
        ("no-images", zip_of({"__MACOSX/dark/._1.png": PICTURE}), {}),
        ("no-labels", zip_of({"1.png": PICTURE, "2.png": PICTURE}), {}),
        ("no-known-label", zip_of({"owl/1.png": PICTURE, "eagle/2.png": PICTURE}), {}),
        ("no-known-label", with_table(b"path,label\n1.png,owl\n"), {}),
        ("ambiguous-layout", zip_of({"dark/light/1.png": PICTURE, "light/dark/2.png": PICTURE}), {}),
        ("too-many-entries", many(51), {}),
        ("too-many-entries", many(51, "dark/{}" + "x" * 2000 + ".png"), {}),
        ("too-many-entries", many(40, "d/{}" + "x" * 2000 + ".png"), {}),
        ("too-large-uncompressed", written(("dark/1.png", bytes(100_001))), {}),
        ("too-large-uncompressed", patched(GOOD, {24: 0xFFFF_FFF0}, "<I"), {}),
        ("compression-ratio", zip_of({"dark/1.png": bytes(90_000)}), {}),
        ("compression-ratio", overlapping(), {}),
        ("compression-ratio", same_header_twice(), {}),
        ("unsafe-path", zip_of({"/dark/1.png": PICTURE}), {}),
        ("unsafe-path", zip_of({"../dark/1.png": PICTURE}), {}),
        ("unsafe-path", zip_of({"dark/../../1.png": PICTURE}), {}),
        ("unsafe-path", zip_of({"dark\\..\\1.png": PICTURE}), {}),
        ("unsafe-path", zip_of({"\\\\host\\dark\\1.png": PICTURE}), {}),
        ("unsafe-path", zip_of({"C:\\dark\\1.png": PICTURE}), {}),
        ("unsafe-path", GOOD.replace(b"dark/1.png", b"dark/\x00.png"), {}),
        ("unsafe-path", GOOD.replace(b"dark/1.png", b"\x00ark/1.png"), {}),
        ("unsafe-path", zip_of({"dark/1\n.png": PICTURE}), {}),
        ("link", written((with_mode("dark/1.png", stat.S_IFLNK | 0o777), b"/etc/passwd")), {}),
        ("link", written((with_mode("dark/1.png", stat.S_IFIFO | 0o644), b"")), {}),
        ("link", written((with_mode("dark/1.png", stat.S_IFCHR | 0o644), b"")), {}),
        ("duplicate-path", zip_of({"dark/1.png": PICTURE, "dark/2.png": b""}).replace(b"2.png", b"1.png"), {}),
        ("unsupported-compression", written(("dark/1.png", PICTURE), method=zipfile.ZIP_LZMA), {}),
        ("unsupported-compression", written(("dark/1.png", PICTURE), method=zipfile.ZIP_BZIP2), {}),
        ("unsupported-compression", patched(GOOD, {10: 98}), {}),
        ("nested-archive-only", zip_of({"train.zip": GOOD, "readme.txt": b""}), {}),
        ("nested-archive-only", zip_of({"dark.tar.gz": b"", "light.7z": b""}), {}),
        ("unsafe-path", unmarked_zip_of({b"..\\\x8f.png": PICTURE}), {}),
        ("unsafe-path", unmarked_zip_of({b"dark/x": PICTURE}, {b"dark/x": unicode_path(b"dark/x", b"../x")}), {}),
        ("unsafe-path", unmarked_zip_of({b"dark/x": PICTURE}, {b"dark/x": unicode_path(b"dark/x", b"x\0.png")}), {}),
        ("duplicate-path", unmarked_zip_of({b"dark/\xc3\xa4": PICTURE, b"dark//\xc3\xa4": PICTURE}), {}),
        ("duplicate-path", same_unicode_path_twice(), {}),
        ("no-labels", with_table(b"path,label\n2.png,dark\n"), {}),
        ("no-labels", with_table(b"name,kind\n8.png,dark\n"), {}),
        ("no-labels", with_table(b"path,label\n\xe4.png,dark\n"), {}),
        ("labels-file", with_table(b"path,label\n1.png,dark\n1.png,light\n"), {}),
        ("labels-file", with_table(b"path,label\n1.png,\n"), {}),
        ("labels-file", with_table(b"path,label\n,dark\n"), {}),
        ("labels-file", with_table(b"path,label\n1.png\n"), {}),
        ("labels-file", with_table("path,label\n1.png,\n".encode("utf-16")), {}),
        ("labels-file", with_table(b"path,label\n1.png,da\0rk\n"), {}),
        ("labels-file", with_table(b'path,label\n"1.png,dark\n'), {}),
        ("labels-file", with_table(b"path,label\n" + b"x" * 5_000), {}),
        ("labels-file", zip_of({"1.png": PICTURE, "labels.csv": TABLE, "LABELS.CSV": TABLE}), {}),
        (
            "labels-file",
            written(("1.png", PICTURE), ("labels.csv", TABLE)).replace(b"1.png,dark", b"1.png,Dark", 1),
            {},
        ),
    ],
)
def test_an_archive_is_refused_for_its_reason(reason: str, data: bytes, limits: dict[str, float]) -> None:
    assert refusal(data, **limits) == reason


def test_two_spellings_of_a_path_are_one_path() -> None:
    for other in ("./dark/1.png", "dark//1.png", "dark\\1.png"):
        assert refusal(zip_of({"dark/1.png": PICTURE, other: PICTURE})) == "duplicate-path"


def test_every_reason_is_in_the_table_above() -> None:
    mark = next(one for one in test_an_archive_is_refused_for_its_reason.pytestmark if one.name == "parametrize")  # type: ignore[attr-defined]
    assert {case[0] for case in mark.args[1]} == set(REASONS)


def test_as_many_entries_as_the_limit_are_taken() -> None:
    assert len(opened(many(50)).labelled(LABELS).images) == 50


def test_bytes_before_and_behind_the_archive_and_a_comment_do_no_harm() -> None:
    data = written(("dark/1.png", PICTURE), comment=b"made by hand")
    for one in (data, b"#!/bin/sh\nexit 0\n" + data, data + b"garbage"):
        assert opened(one).labelled(LABELS).read("dark/1.png") == PICTURE


def test_zip64_is_read() -> None:
    buffer = io.BytesIO()
    with (
        zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, allowZip64=True) as archive,
        archive.open("dark/1.png", "w", force_zip64=True) as entry,
    ):
        entry.write(PICTURE)
    assert opened(buffer.getvalue()).labelled(LABELS).read("dark/1.png") == PICTURE


def test_a_directory_as_windows_programs_write_it_is_counted_as_one() -> None:
    given = opened(zip_of({"dark\\": b"", "dark\\1.png": PICTURE, "light/": b""})).labelled(LABELS)
    assert [image.path for image in given.images] == ["dark/1.png"]
    assert given.directories == 2
    assert given.ignored == []


def test_an_entry_larger_than_it_says_is_corrupt_and_not_read_further() -> None:
    data = written(("dark/1.png", bytes(4000)), ("dark/2.png", PICTURE))
    given = opened(patched(data, {24: 100}, "<I")).labelled(LABELS)
    with pytest.raises(ImageRejected) as caught:
        given.read("dark/1.png")
    assert caught.value.reason == "corrupt"
    assert given.read("dark/2.png") == PICTURE


def test_an_entry_too_large_for_an_image_is_named_so_without_being_read() -> None:
    given = opened(written(("dark/1.png", bytes(5_001)))).labelled(LABELS)
    with pytest.raises(ImageRejected, match="more than 5000 bytes") as caught:
        given.read("dark/1.png")
    assert caught.value.reason == "too-large"


def _flipped(data: bytes) -> bytes:
    at = data.index(PICTURE) + 20
    return data[:at] + bytes([data[at] ^ 0xFF]) + data[at + 1 :]


def _other_local_name(data: bytes) -> bytes:
    return data.replace(b"dark/1.png", b"dark/9.png", 1)


def _no_local_signature(data: bytes) -> bytes:
    return b"PX" + data[2:]


@pytest.mark.parametrize("damage", [_flipped, _other_local_name, _no_local_signature])
def test_damaged_data_spoil_their_own_entry_only(damage: Callable[[bytes], bytes]) -> None:
    data = written(("dark/1.png", PICTURE), ("light/2.png", grey(250)))
    given = opened(damage(data)).labelled(LABELS)
    with pytest.raises(ImageRejected) as caught:
        given.read("dark/1.png")
    assert caught.value.reason == "corrupt"
    assert given.read("light/2.png") == grey(250)


def test_an_archive_cut_anywhere_is_refused_as_truncated() -> None:
    for length in range(2, len(GOOD)):
        assert refusal(GOOD[:length]) == "truncated", length


def test_what_is_no_image_is_listed_with_its_reason() -> None:
    files = {
        "set/dark/1.png": PICTURE,
        "set/dark/no-extension": PICTURE,
        "set/dark/notes.txt": b"hello",
        "set/.DS_Store": b"",
        "__MACOSX/set/dark/._1.png": b"",
        "stray.png": PICTURE,
    }
    given = opened(zip_of(files)).labelled(LABELS)
    assert [image.path for image in given.images] == ["set/dark/1.png", "set/dark/no-extension"]
    assert {one.path: one.reason for one in given.ignored} == {
        "set/dark/notes.txt": "not-an-image",
        "set/.DS_Store": "system-file",
        "__MACOSX/set/dark/._1.png": "system-file",
        "stray.png": "unlabelled",
    }


def test_paths_lists_every_file_but_those_of_the_system() -> None:
    archive = opened(zip_of({"b/": b"", "b/2.png": PICTURE, "a.txt": b"", "__MACOSX/._a": b""}))
    assert archive.paths() == ["b/2.png", "a.txt"]
    with pytest.raises(SetRejected, match="no file"):
        opened(zip_of({"__MACOSX/._a": b""})).paths()


@pytest.mark.parametrize(
    "path",
    [
        "dark/Icon\r",
        "Icon\r",
        "dark/Icon\uf00d",
        "set\\dark\\Icon\r",
        "__MACOSX/dark/._Icon\r",
        ".Spotlight-V100/a\tb",
        "dark/.a\n1",
    ],
)
def test_a_system_file_is_ignored_even_with_control_characters_in_its_name(path: str) -> None:
    data = zip_of({"dark/1.png": PICTURE, "light/2.png": PICTURE, path: b""})
    given = opened(data).labelled(LABELS)
    assert [image.path for image in given.images] == ["dark/1.png", "light/2.png"]
    assert [(file.path, file.reason) for file in given.ignored] == [(path.replace("\\", "/"), "system-file")]
    assert opened(data).paths() == ["dark/1.png", "light/2.png"]


@pytest.mark.parametrize(
    ("info", "flags"),
    [
        (with_mode(".venv/bin/python", stat.S_IFLNK | 0o777), 0),
        (with_mode("__MACOSX/._1.png", stat.S_IFIFO), 0),
        (with_mode(".git/index", stat.S_IFREG), 0x1),
        (with_mode("dark/Thumbs.db", 0), 0x1),
    ],
)
def test_a_system_file_may_be_a_link_or_encrypted_since_nobody_reads_it(info: zipfile.ZipInfo, flags: int) -> None:
    data = patched(written((info, b"x"), ("dark/1.png", PICTURE)), {8: flags})
    given = opened(data).labelled(LABELS)
    assert [image.path for image in given.images] == ["dark/1.png"]
    assert [file.reason for file in given.ignored] == ["system-file"]


@pytest.mark.parametrize(
    "path", ["../.DS_Store", ".git/../../x", "/.DS_Store", "c:\\Thumbs.db", "dark/\0/.a", "../Icon\r"]
)
def test_a_system_file_outside_the_archive_is_refused_all_the_same(path: str) -> None:
    info = zipfile.ZipInfo("x")
    info.filename = path
    assert refusal(written((info, b""), ("dark/1.png", PICTURE))) == "unsafe-path"


@pytest.mark.parametrize("root", ["/", "\\", "//", "./"])
def test_an_empty_entry_for_the_root_is_a_folder(root: str) -> None:
    given = opened(zip_of({root: b"", "dark/": b"", "dark/1.png": PICTURE})).labelled(LABELS)
    assert ([image.path for image in given.images], given.directories) == (["dark/1.png"], 2)
    assert refusal(written(("/", PICTURE), ("dark/1.png", PICTURE))) == "unsafe-path"


@pytest.mark.parametrize(
    ("page", "names"),
    [
        ("cp932", ["表.png", "猫.png", "ソ.jpg", "十.thumb.png"]),
        ("big5", ["功.png", "許.png", "蓋.jpg"]),
        ("gb18030", ["乗.png", "淺.jpg", "猫.png"]),
    ],
)
@pytest.mark.parametrize("separator", ["/", "\\"])
def test_no_picture_is_lost_whose_name_has_a_backslash_in_a_letter(page: str, names: list[str], separator: str) -> None:
    paths = [f"dark{separator}{name}" for name in names]
    for some in (paths, *([path] for path in paths)):  # together, and each alone
        given = opened(unmarked_zip_of({path.encode(page): PICTURE for path in some})).labelled(LABELS)
        assert ([image.label for image in given.images], given.ignored) == (["dark"] * len(some), [])
    together = opened(unmarked_zip_of({path.encode(page): PICTURE for path in paths}))
    assert together.paths() == [path.replace("\\", "/") for path in paths]


def test_a_picture_whose_name_ends_with_the_byte_of_a_backslash_is_no_folder() -> None:
    files = {b"dark/\x95\\": PICTURE, b"dark\\": b"", b"dark/\x81.png": PICTURE}
    given = opened(unmarked_zip_of(files)).labelled(LABELS)
    assert [(image.path, image.label) for image in given.images] == [("dark/ò", "dark"), ("dark/ü.png", "dark")]
    assert given.directories == 1


def test_a_broken_disk_is_not_the_fault_of_the_file() -> None:
    class BrokenLater(io.BytesIO):
        is_broken = False

        def read(self, size: int | None = -1) -> bytes:
            if self.is_broken:
                raise OSError(errno.EIO, "input/output error")
            return super().read(size)

    file = BrokenLater(zip_of({"dark/1.png": PICTURE}))
    given = Archive(file, LIMITS).labelled(LABELS)
    file.is_broken = True
    with pytest.raises(OSError, match="input/output error"):
        given.read("dark/1.png")


@pytest.mark.parametrize("tree", ["a tall B\u00e4um", "a tall Ba\u0308um"], ids=["composed", "decomposed"])
def test_a_label_with_spaces_and_accents_is_itself_behind_a_wrapper_in_folders_and_from_windows(tree: str) -> None:
    for path in (f"{tree}/1.png", f"my set/{tree}/1.png", f"{tree}/2024/05/1.png", f"my set\\{tree}\\2024\\1.png"):
        given = opened(zip_of({path: PICTURE})).labelled(("a tall Bäum", "light"))
        assert [(image.path, image.label) for image in given.images] == [(path.replace("\\", "/"), "a tall Bäum")]
        assert given.interpretation.wrapper == ("my set" if path.startswith("my") else None)
        assert given.interpretation.encoding is None
        assert given.interpretation.matched == []
        assert given.read(given.images[0].path) == PICTURE


@pytest.mark.parametrize(
    ("labels", "encoding"),
    [
        (("Bäume", "Äpfel"), "cp437"),
        (("Õlu", "Ørken"), "cp850"),
        (("Œuvre", "Bäume"), "cp1252"),
        (("Žába", "kůň"), "cp1250"),
        (("кошка", "собака"), "cp1251"),
        (("кошка", "собака"), "cp866"),
        (("表", "ソース"), "cp932"),
        (("猫咪", "小狗"), "gb18030"),
        (("貓咪", "功課"), "big5"),
        (("고양이", "강아지"), "euc_kr"),
        (("Bäume", "кошка", "猫咪"), "utf-8"),
    ],
)
def test_names_that_say_nothing_are_read_as_the_code_page_in_which_folders_are_labels(
    labels: tuple[str, ...], encoding: str
) -> None:
    files = {f"set/{label}/{number}.png": grey(number) for number, label in enumerate(labels)}
    data = unmarked_zip_of({path.encode(encoding): data for path, data in files.items()})
    given = opened(data).labelled(labels)
    assert given.interpretation.encoding == encoding
    assert {image.path: given.read(image.path) for image in given.images} == files
    assert tuple(image.label for image in given.images) == labels


def test_without_labels_names_are_utf_8_if_they_can_be_and_else_those_of_the_zip_standard() -> None:
    assert opened(unmarked_zip_of({"ä/ő.png".encode(): PICTURE})).paths() == ["ä/ő.png"]
    assert opened(unmarked_zip_of({"ä/ö.png".encode("cp437"): PICTURE})).paths() == ["ä/ö.png"]


def test_a_batch_and_a_set_of_the_same_archive_have_each_the_names_of_their_own_listing() -> None:
    archive = opened(unmarked_zip_of({"кошка/1.png".encode("cp866"): PICTURE}))
    for path in archive.paths():
        assert archive.read(path) == PICTURE
    given = archive.labelled(("кошка", "собака"))
    assert [(image.path, image.label) for image in given.images] == [("кошка/1.png", "кошка")]
    assert given.read("кошка/1.png") == PICTURE


def test_a_code_pages_backslash_in_a_letter_separates_nothing() -> None:
    files = {"表/ソ".encode("cp932"): PICTURE, "表/".encode("cp932"): b""}
    given = opened(unmarked_zip_of(files)).labelled(("表", "light"))
    assert [(image.path, image.label) for image in given.images] == [("表/ソ", "表")]
    assert given.directories == 1


def test_a_unicode_path_is_the_name_unless_the_entry_was_renamed_since() -> None:
    raw = "Bäume/1.png".encode("cp1252")
    for told, path, encoding in ((raw, "Bäume/1.png", None), (b"before", "BΣume/1.png", "cp437")):
        data = unmarked_zip_of({raw: PICTURE}, {raw: b"UT\1\0x" + unicode_path(told, "Bäume/1.png".encode())})
        given = opened(data).labelled(())
        assert [image.path for image in given.images] == [path]
        assert given.interpretation.encoding == encoding
        assert given.read(path) == PICTURE


def test_a_table_in_the_wrapper_gives_the_labels_whatever_the_folders() -> None:
    files = {
        "set/": b"",
        "set/Labels.CSV": "file;Class\nbilder\\ä.png;Dark\nlight/2.png;dark\n3.png;light\n".encode("utf-8-sig"),
        unicodedata.normalize("NFD", "set/bilder/ä.png"): PICTURE,
        "set/light/2.png": PICTURE,
        "set/light/4.png": PICTURE,
        "readme.txt": b"hello",
    }
    given = opened(zip_of(files)).labelled(LABELS)
    assert [image.label for image in given.images] == ["dark", "dark"]
    assert {one.path: one.reason for one in given.ignored} == {
        "set/Labels.CSV": "labels-file",
        "set/light/4.png": "unlabelled",
        "readme.txt": "not-an-image",
    }
    assert given.interpretation.model_dump(exclude_unset=True) == {
        "wrapper": "set",
        "encoding": None,
        "matched": [{"folder": "Dark", "label": "dark", "files": 1}],
        "labels_file": {"path": "set/Labels.CSV", "rows": 3, "missing": ["3.png"], "understood": []},
        "layout": "labels-file",
        "parts": [],
        "labels": ["dark"],
        "unlabelled": 1,
    }
    assert given.directories + len(given.ignored) + len(given.images) == len(files)


def test_a_table_that_is_none_is_named_where_there_are_no_labels() -> None:
    for table, sentence in (
        (b"name,kind\n8.png,dark\n", "labels.csv gives no labels: it needs a column with the paths or names"),
        (b"path,label\nset/8.png,dark\n", "labels.csv names none of the images.* There is no file set/8.png"),
    ):
        with pytest.raises(SetRejected, match=sentence):
            opened(with_table(table)).labelled(LABELS)


def test_a_damaged_table_is_no_table() -> None:
    data = written(("dark/1.png", PICTURE), ("labels.csv", TABLE)).replace(b"1.png,dark", b"1.png,damn", 1)
    with pytest.raises(SetRejected, match=r"labels\.csv cannot be read: .*damaged"):
        opened(data).labelled(LABELS)
