"""The names of a zip: what marks one as UTF-8, and what the others are read as."""

import io
import struct
import zipfile
import zlib

import pytest

from model_store.code_pages import CODE_PAGES
from model_store.labelled_sets.archives.zip_checks import open_zip
from model_store.labelled_sets.archives.zip_names import choose_encoding, name_of
from tests.support.fakes import unmarked_zip_of, zip_of


def listed(data: bytes) -> list[zipfile.ZipInfo]:
    with open_zip(io.BytesIO(data), max_entries=1_000) as archive:
        return archive.infolist()


def chosen(*names: bytes, labels: tuple[str, ...] = ()) -> str | None:
    return choose_encoding(listed(unmarked_zip_of(dict.fromkeys(names, b""))), labels)


def field(raw: bytes, path: bytes, *, kind: int = 0x7075, version: int = 1) -> bytes:
    return struct.pack("<HHBL", kind, 5 + len(path), version, zlib.crc32(raw)) + path


def test_of_names_that_are_ascii_or_marked_nothing_is_said() -> None:
    assert chosen(b"cats/1.png", b"dogs\\2.png") is None
    marked = listed(zip_of({"Bäume/ä.png": b"", "cats/1.png": b""}))
    assert choose_encoding(marked, ("Bäume",)) is None
    assert [name_of(info, None) for info in marked] == ["Bäume/ä.png", "cats/1.png"]


def test_one_name_that_is_no_utf_8_makes_all_of_them_none() -> None:
    assert chosen("Õlu/1.png".encode(), labels=("Õlu",)) == "utf-8"
    assert chosen("Õlu/1.png".encode(), b"\x82.png", labels=("Õlu",)) == "cp437"


def test_the_zip_standard_decides_where_labels_do_not() -> None:
    for labels in ((), ("cats",), ("Bäume",)):  # of which the last is written alike in both of the first two
        assert chosen("Bäume/ü.png".encode("cp850"), labels=labels) == CODE_PAGES[0] == "cp437"


def test_the_code_page_of_most_entries_is_taken_and_not_that_of_most_labels() -> None:
    names = [f"Õlu/{number}.png".encode("cp850") for number in range(3)] + [
        f"{label}/1.png".encode("cp1252") for label in ("Ørken", "Ñandú")
    ]
    assert chosen(*names, labels=("Õlu", "Ørken", "Ñandú")) == "cp850"


def test_a_code_page_in_which_one_name_is_none_is_out() -> None:
    assert chosen("Œuvre/1.png".encode("cp1252"), labels=("Œuvre",)) == "cp1252"
    assert chosen("Œuvre/1.png".encode("cp1252"), b"\x81.png", labels=("Œuvre",)) == "cp437"


def test_labels_are_found_in_any_case_below_a_wrapper_and_with_windows_separators() -> None:
    assert chosen("my set\\ÕLU\\1.png".encode("cp850"), labels=("õlu",)) == "cp850"


@pytest.mark.parametrize(
    ("extra", "expected"),
    [
        (field(b"\xc4.png", "Ä.png".encode()), "Ä.png"),
        (b"\1\2\3\0abc" + field(b"\xc4.png", "Ä.png".encode()), "Ä.png"),
        (field(b"other", "Ä.png".encode()), "─.png"),
        (field(b"\xc4.png", "Ä.png".encode(), version=2), "─.png"),
        (field(b"\xc4.png", "Ä.png".encode(), kind=0x6375), "─.png"),
        (field(b"\xc4.png", b"\xc4.png"), "─.png"),
        (field(b"\xc4.png", b"x")[:-1].replace(b"\6\0", b"\5\0"), "─.png"),
        (b"", "─.png"),
        (b"up\4\0" + b"\1abc", "─.png"),
        (b"\x75", "─.png"),
    ],
)
def test_a_unicode_path_counts_if_it_is_whole_and_of_this_name(extra: bytes, expected: str) -> None:
    (info,) = listed(unmarked_zip_of({b"\xc4.png": b""}, {b"\xc4.png": extra}))
    encoding = choose_encoding([info], ())
    assert encoding == (None if expected == "Ä.png" else "cp437")
    assert name_of(info, encoding) == expected


def test_a_label_tells_a_code_page_from_utf8_that_happens_to_be_valid() -> None:
    assert "Ёлка".encode("cp866").decode() != "Ёлка"
    assert chosen("Ёлка/0.png".encode("cp866"), labels=("Ёлка",)) == "cp866"
    assert chosen("Ёлка/0.png".encode("cp866"), labels=()) == "utf-8"


@pytest.mark.parametrize(
    ("page", "names"),
    [
        ("cp932", ["cats/表.png", "cats/猫.png", "dogs/ソ.png"]),
        ("cp932", ["cats/十.jpg"]),
        ("cp932", ["cats/予定表.png", "dogs/能力.png"]),
        ("big5", ["cats/功.png", "dogs/許.png"]),
        ("big5", ["cats/育成功.jpg"]),
        ("gb18030", ["cats/乗.png", "cats/猫.png", "dogs/照片.png"]),
        ("cp866", ["cats/кошка.png", "dogs/Собака.png"]),
        ("cp1251", ["cats/кошка.png", "dogs/Собака.png"]),
    ],
)
@pytest.mark.parametrize("labels", [(), ("cats", "dogs"), ("Ёлка",)])
@pytest.mark.parametrize("separator", ["/", "\\"])
def test_plausible_names_decide_where_the_labels_do_not(
    page: str, names: list[str], labels: tuple[str, ...], separator: str
) -> None:
    raw = [name.replace("/", separator).encode(page) for name in names]
    assert chosen(*raw, labels=labels) == page
    read = [name_of(info, page).replace("\\", "/") for info in listed(unmarked_zip_of(dict.fromkeys(raw, b"")))]
    assert read == names


def test_one_odd_sign_is_no_evidence_for_another_page() -> None:
    assert chosen(b"cats/\xc4.png", labels=("cats",)) == "cp437"
    assert chosen(b"cats/\xc4.png", b"cats/\xd6l.png", labels=("cats",)) == "cp1252"


def test_ascii_labels_below_a_folder_with_a_backslash_in_a_letter_do_not_choose_among_its_pages() -> None:
    assert chosen("功/cats/1.png".encode("big5"), labels=("cats",)) == "big5"


@pytest.mark.parametrize(
    ("raw", "name"),
    [
        (b"cats/\x95\\.png", "cats/ò\uff3c.png"),
        (b"cats/\x83\\.thumb.JPG", "cats/â\uff3c.thumb.JPG"),
        (b"cats\\\x94\\.tif", "cats\\ö\uff3c.tif"),
        (b"cats/\x95\\..png", "cats/ò\uff3c..png"),
    ],
)
def test_a_picture_is_not_hidden_by_the_second_byte_of_a_letter(raw: bytes, name: str) -> None:
    (info,) = listed(unmarked_zip_of({raw: b""}))
    assert name_of(info, "cp437") == name


@pytest.mark.parametrize(
    "raw",
    [
        b"cats\\.png",
        b"caf\x82\\._1.png",
        b"caf\x82\\.DS_Store",
        b"caf\x82\\..\\..\\1.png",
        b"caf\x82\\.\\1.png",
        b"caf\x82/.hidden.png",
    ],
)
def test_files_that_are_hidden_and_steps_that_climb_stay_what_they_are(raw: bytes) -> None:
    (info,) = listed(unmarked_zip_of({raw: b""}))
    assert name_of(info, "cp437") == raw.decode("cp437")
