"""The files that paths mean, in their order, with what is ignored and what cannot be read."""

import io
import os
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import pytest

from app.settings import Settings
from app.tables.files import DEFAULT_LIMITS, FoundFile, find_files, read_list
from model_store.errors import ImageRejected
from tests.support.fakes import grey, zip_of


def find(*paths: Path, without: tuple[Path, ...] = ()) -> list[FoundFile]:
    """Find files and read each, while their zips are open."""
    with ExitStack() as stack:
        groups = find_files(paths, DEFAULT_LIMITS, stack, without=without)
        return [FoundFile(file.path, partial(bytes, outcome(file)), file.ignored) for group in groups for file in group]


def outcome(file: FoundFile) -> bytes:
    """Return a file's bytes, or the reason why it has none."""
    try:
        return file.read()
    except ImageRejected as error:
        return error.reason.encode()


def write(root: Path, **files: bytes) -> None:
    for name, data in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


def test_the_limits_of_a_zip_are_the_defaults_of_the_settings() -> None:
    assert Settings().set_limits() == DEFAULT_LIMITS


def test_a_folder_is_its_images_sorted_and_then_its_ignored_files(tmp_path: Path) -> None:
    for name in ("b/2.png", "b/10.png", "a.jpg", "b/@eaDir.txt", ".git/x.png", "b/no_ending"):
        write(tmp_path, **{name: grey(1) if "ending" in name else name.encode()})
    found = find(tmp_path)
    shown = [(file.path.removeprefix(f"{tmp_path}/"), file.ignored) for file in found]
    assert shown == [
        ("a.jpg", None),
        ("b/10.png", None),
        ("b/2.png", None),
        ("b/no_ending", None),  # its first bytes are an image's
        (".git/x.png", "system-file"),
        ("b/@eaDir.txt", "not-an-image"),
    ]
    assert found[0].read() == b"a.jpg"


def test_a_zip_is_read_whatever_its_name(tmp_path: Path) -> None:
    data = zip_of({"z/1.png": b"one", "__MACOSX/z/._1.png": b"", "a/2.JPG": b"two", "read.me": b"no"})
    write(tmp_path, **{"set.ZIP": data, "download": data})
    for name in ("set.ZIP", "download"):
        found = find(tmp_path / name)
        assert [(file.path.removeprefix(f"{tmp_path / name}/"), file.ignored) for file in found] == [
            ("z/1.png", None),
            ("a/2.JPG", None),
            ("__MACOSX/z/._1.png", "system-file"),
            ("read.me", "not-an-image"),
        ]
        assert [file.read() for file in found[:2]] == [b"one", b"two"]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"hello", b"not-a-zip"),
        (zip_of({"a/1.png": b"1"})[:-30], b"truncated"),
        (zip_of({"../1.png": b"1"}), b"unsafe-path"),
    ],
)
def test_a_zip_that_is_refused_is_one_unreadable_file_and_the_others_are_found(
    tmp_path: Path, data: bytes, reason: bytes
) -> None:
    write(tmp_path, **{"bad.zip": data, "1.png": b"one"})
    found = find(tmp_path / "bad.zip", tmp_path / "1.png")
    assert [(file.path, file.read()) for file in found] == [
        (f"{tmp_path}/bad.zip", reason),
        (f"{tmp_path}/1.png", b"one"),
    ]


def test_a_file_that_is_named_is_never_ignored(tmp_path: Path) -> None:
    write(tmp_path, **{"notes.txt": b"x", ".hidden.png": b"y"})
    assert [file.ignored for file in find(tmp_path / "notes.txt", tmp_path / ".hidden.png")] == [None, None]


def test_what_cannot_be_read_says_why(tmp_path: Path) -> None:
    (tmp_path / "set" / "away").mkdir(parents=True)
    os.mkfifo(tmp_path / "set" / "pipe.png")
    (tmp_path / "set" / "link").symlink_to(tmp_path / "set" / "away")
    (tmp_path / "set" / "gone.png").symlink_to(tmp_path / "nowhere")
    reasons = {file.path.rpartition("/")[2]: file.read() for file in find(tmp_path / "set")}
    assert reasons == {"pipe.png": b"link", "link": b"link", "gone.png": b"corrupt"}
    alone = find(tmp_path / "set" / "pipe.png", tmp_path / "never.png", tmp_path / "set" / "gone.png")
    assert [file.read() for file in alone] == [b"link", b"missing", b"corrupt"]


def test_the_table_itself_is_left_out_of_its_folder(tmp_path: Path) -> None:
    write(tmp_path, **{"1.png": b"one", "results.csv": b"", "results.csv.pets-3.partial": b"", "other.csv": b""})
    found = find(tmp_path, without=(tmp_path / "results.csv", tmp_path / "results.csv.pets-3.partial"))
    assert [Path(file.path).name for file in found] == ["1.png", "other.csv"]


def test_names_that_are_not_utf8_are_escaped(tmp_path: Path) -> None:
    (tmp_path / os.fsdecode(b"caf\xe9.png")).write_bytes(b"data")
    (found,) = find(tmp_path)
    assert (found.path, found.read()) == (f"{tmp_path}/caf\\xe9.png", b"data")


@pytest.mark.parametrize(
    "data",
    [
        b"a.png\nb c/d.png\n",
        b"\xef\xbb\xbfa.png\r\n\r\nb c/d.png",
        b"a.png\0b c/d.png\0",
        "a.png\r\nb c/d.png\r\n".encode("utf-16"),
    ],
    ids=["find", "notepad", "find -print0", "PowerShell"],
)
def test_a_list_has_a_path_a_line(data: bytes) -> None:
    assert read_list(io.BytesIO(data)) == [Path("a.png"), Path("b c/d.png")]


def test_a_list_of_names_that_are_not_utf8_finds_them(tmp_path: Path) -> None:
    (tmp_path / os.fsdecode(b"\xff.png")).write_bytes(b"data")
    (found,) = find(*read_list(io.BytesIO(os.fsencode(tmp_path) + b"/\xff.png\n")))
    assert found.read() == b"data"
