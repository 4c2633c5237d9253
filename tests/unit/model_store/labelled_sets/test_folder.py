"""Labelled folders on this machine."""

import os
from pathlib import Path

import pytest

from model_store.errors import ImageRejected, SetRejected
from model_store.labelled_sets.folder import open_folder
from model_store.labelled_sets.interpretation import LabelsFile, MatchedFolder
from model_store.labelled_sets.labelled_set import LabelledSet
from tests.support.fakes import LABELS, grey
from tests.support.folders import make_unlistable


def opened(root: Path) -> LabelledSet:
    return open_folder(root, LABELS, max_image_bytes=5_000)


def refusal(root: Path) -> str:
    with pytest.raises(SetRejected) as caught:
        opened(root)
    return caught.value.reason


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Return a folder with one image of each label and three files that are none."""
    files = {"dark/1.png": grey(1), "light/2": grey(250), "light/notes.txt": b"hi", ".DS_Store": b"", "3.png": grey(3)}
    for path, data in files.items():
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_bytes(data)
    return tmp_path


def test_every_file_and_folder_is_accounted_for(root: Path) -> None:
    found = opened(root)
    assert [tuple(image) for image in found.images] == [("dark/1.png", "dark"), ("light/2", "light")]
    assert {one.path: one.reason for one in found.ignored} == {
        "light/notes.txt": "not-an-image",
        ".DS_Store": "system-file",
        "3.png": "unlabelled",
    }
    assert found.directories == 2
    assert found.read("light/2") == grey(250)


def test_a_link_to_a_file_is_read_and_one_to_nothing_is_corrupt(root: Path) -> None:
    (root / "dark" / "4.png").symlink_to(root / "dark" / "1.png")
    (root / "dark" / "5.png").symlink_to(root / "nowhere")
    found = opened(root)
    assert found.read("dark/4.png") == grey(1)
    with pytest.raises(ImageRejected, match="No such file") as caught:
        found.read("dark/5.png")
    assert caught.value.reason == "corrupt"


def test_a_link_to_a_folder_is_refused(root: Path) -> None:
    (root / "black").symlink_to(root / "dark")
    assert refusal(root) == "link"


def test_a_pipe_is_refused_rather_than_waited_for(root: Path) -> None:
    os.mkfifo(root / "dark" / "pipe.png")
    assert refusal(root) == "link"


def test_a_link_to_itself_is_corrupt(root: Path) -> None:
    (root / "dark" / "6.png").symlink_to("6.png")
    with pytest.raises(ImageRejected, match="symbolic links") as caught:
        opened(root).read("dark/6.png")
    assert caught.value.reason == "corrupt"


def test_a_folder_that_cannot_be_listed_is_refused(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make_unlistable(root / "dark", monkeypatch)
    with pytest.raises(SetRejected, match=r"dark cannot be listed.*\(Permission denied\)\.$"):
        opened(root)


def test_what_a_system_left_behind_is_ignored_whatever_it_is(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (root / ".venv").mkdir()
    (root / ".venv" / "lib64").symlink_to(root)
    os.mkfifo(root / ".venv" / "pipe")
    (root / "$RECYCLE.BIN").mkdir()
    make_unlistable(root / "$RECYCLE.BIN", monkeypatch)
    found = opened(root)
    system = {file.path for file in found.ignored if file.reason == "system-file"}
    assert system == {".DS_Store", ".venv/lib64", ".venv/pipe", "$RECYCLE.BIN"}
    assert found.directories == 3


def test_a_name_that_no_report_can_hold_is_refused(root: Path) -> None:
    (root / "dark" / os.fsdecode(b"caf\xe9.png")).write_bytes(grey(1))
    assert refusal(root) == "unsafe-path"


def test_a_file_over_the_limit_is_too_large(root: Path) -> None:
    (root / "dark" / "1.png").write_bytes(bytes(5_001))
    with pytest.raises(ImageRejected) as caught:
        opened(root).read("dark/1.png")
    assert caught.value.reason == "too-large"


def test_a_folder_without_images_or_without_labels_is_refused(tmp_path: Path) -> None:
    (tmp_path / "readme.txt").write_text("hello")
    assert refusal(tmp_path) == "no-images"
    (tmp_path / "1.png").write_bytes(grey(1))
    assert refusal(tmp_path) == "no-labels"


def test_a_folder_in_another_case_counts_as_the_label(root: Path) -> None:
    (root / "dark").rename(root / "Dark")
    found = opened(root)
    assert [tuple(image) for image in found.images] == [("Dark/1.png", "dark"), ("light/2", "light")]
    assert found.interpretation.matched == [MatchedFolder(folder="Dark", label="dark", files=1)]


@pytest.mark.parametrize("around", ["train", "set/set/test", "download (1)/data/shades", "fold1/images"])
def test_folders_around_the_labels_are_looked_through(tmp_path: Path, around: str) -> None:
    for label in LABELS:
        (tmp_path / around / label).mkdir(parents=True)
        (tmp_path / around / label / "1.png").write_bytes(grey(1))
    assert {image.label for image in opened(tmp_path).images} == set(LABELS)


def test_a_table_gives_the_labels(root: Path) -> None:
    (root / "labels.csv").write_text("path;label\n3.png;dark\nlight\\2;Light\nnowhere.png;dark\n")
    found = opened(root)
    assert [tuple(image) for image in found.images] == [("3.png", "dark"), ("light/2", "light")]
    assert {one.path: one.reason for one in found.ignored} == {
        "light/notes.txt": "not-an-image",
        ".DS_Store": "system-file",
        "labels.csv": "labels-file",
        "dark/1.png": "unlabelled",
    }
    assert found.interpretation.labels_file == LabelsFile(path="labels.csv", rows=3, missing=["nowhere.png"])


def test_a_table_over_the_limit_for_one_image_is_refused(root: Path) -> None:
    (root / "labels.csv").write_bytes(b"path,label\n" + b"3.png,dark\n" * 500)
    assert refusal(root) == "labels-file"
