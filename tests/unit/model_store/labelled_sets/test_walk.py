"""The one walk of labelled folders: every entry once, with its kind."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from model_store.labelled_sets.walk import Entry, walk
from tests.support.folders import make_unlistable


def kinds(root: Path) -> dict[str, str]:
    return {entry.path: entry.kind for entry in walk(root)}


def test_every_entry_is_there_once_with_its_kind(tmp_path: Path) -> None:
    root = tmp_path / "set"
    (root / "cats" / "deep").mkdir(parents=True)
    (root / "cats" / "deep" / "1.png").write_bytes(b"x")
    (root / ".hidden").mkdir()
    (root / "link.png").symlink_to(root / "cats" / "deep" / "1.png")
    (root / "all").symlink_to(tmp_path)
    os.mkfifo(root / "cats" / "pipe.png")
    found = list(walk(root))
    assert kinds(root) == {
        "cats": "folder",
        "cats/deep": "folder",
        "cats/deep/1.png": "file",
        ".hidden": "folder",
        "link.png": "file",
        "all": "linked-folder",
        "cats/pipe.png": "special",
    }
    assert len(found) == len(kinds(root))


@pytest.mark.parametrize("target", ["nowhere", "link", "../set/link", "file/below"])
def test_a_link_that_leads_nowhere_is_a_file_that_cannot_be_opened(tmp_path: Path, target: str) -> None:
    root = tmp_path / "set"
    root.mkdir()
    (root / "file").write_bytes(b"x")
    (root / "link").symlink_to(target)
    assert kinds(root) == {"file": "file", "link": "file"}
    with pytest.raises(OSError, match="link"):
        (root / "link").read_bytes()


def test_a_folder_that_cannot_be_listed_says_why_and_the_others_are_walked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("cats", "dogs"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "1.png").write_bytes(b"x")
    make_unlistable(tmp_path / "cats", monkeypatch)
    assert sorted(walk(tmp_path)) == [
        Entry("cats", "unlistable", "Permission denied"),
        Entry("dogs", "folder"),
        Entry("dogs/1.png", "file"),
    ]


def test_a_root_that_cannot_be_listed_is_the_only_entry(tmp_path: Path) -> None:
    assert list(walk(tmp_path / "nowhere")) == [Entry("", "unlistable", "No such file or directory")]


DEEP = 1_200
"""More folders below each other than Python's frames."""


@pytest.fixture
def deep(tmp_path: Path) -> Iterator[Path]:
    """Make a folder with `DEEP` folders below each other, and remove them: what cleans up after tests is recursive."""
    folders = [tmp_path.joinpath(*["d"] * depth) for depth in range(1, DEEP + 1)]
    for folder in folders:
        folder.mkdir()
    (folders[-1] / "1.png").write_bytes(b"x")
    yield tmp_path
    (folders[-1] / "1.png").unlink()
    for folder in reversed(folders):
        folder.rmdir()


def test_folders_are_walked_however_deep_they_are(deep: Path) -> None:
    assert sum(entry.kind == "folder" for entry in walk(deep)) == DEEP
    assert kinds(deep)["d/" * DEEP + "1.png"] == "file"
