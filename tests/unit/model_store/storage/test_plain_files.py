"""Files that are files of their own are opened; nothing else is, and nothing outside is reached."""

import os
import socket
from pathlib import Path

import pytest

from model_store.errors import VersionCorrupt
from model_store.storage.plain_files import open_files


def read_all(directory: Path) -> dict[str, bytes]:
    return {path: file.read() for path, file in open_files(directory)}


def refusals(directory: Path) -> list[str]:
    with pytest.raises(VersionCorrupt) as caught:
        read_all(directory)
    return caught.value.differences


def test_every_file_is_opened_by_its_path(tmp_path: Path) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "a" / "b" / "x").write_bytes(b"1")
    (tmp_path / "empty").mkdir()
    (tmp_path / ".y").write_bytes(b"2")
    assert read_all(tmp_path) == {"a/b/x": b"1", ".y": b"2"}


def test_links_and_special_files_are_refused_all_at_once(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "folder")
    (tmp_path / "folder" / "dangling").symlink_to("/nowhere")
    os.mkfifo(tmp_path / "pipe")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "s"))
    assert [one.split()[0] for one in refusals(tmp_path)] == ["folder/dangling", "link", "pipe", "s"]


def test_files_with_other_names_are_refused_in_one_sentence_that_says_how_to_mend_it(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / f"{name}.old").write_bytes(b"1")
        (tmp_path / "version").mkdir(exist_ok=True)
        (tmp_path / "version" / name).hardlink_to(tmp_path / f"{name}.old")
    (said,) = refusals(tmp_path / "version")
    assert "hard links" in said
    assert "a, b" in said
    assert "cp -r" in said


def test_a_name_that_no_manifest_can_hold_is_refused(tmp_path: Path) -> None:
    (tmp_path / os.fsdecode(b"caf\xe9")).write_bytes(b"")
    assert "not UTF-8" in refusals(tmp_path)[0]


def test_folders_without_end_are_refused(tmp_path: Path) -> None:
    deep = tmp_path / "/".join("d" * 40)
    deep.mkdir(parents=True)
    (deep / "x").write_bytes(b"")
    assert "inside 16 folders" in refusals(tmp_path)[0]


def test_a_folder_that_becomes_a_link_meanwhile_leads_nowhere(tmp_path: Path) -> None:
    for folder in ("version/a", "version/b", "outside"):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "x").write_bytes(folder.encode())
    walk = open_files(tmp_path / "version")
    first = next(walk)[0]
    other = tmp_path / "version" / ("b" if first == "a/x" else "a")
    other.rename(tmp_path / "away")
    other.symlink_to(tmp_path / "outside")
    with pytest.raises(VersionCorrupt, match=f"{other.name} cannot be read"):
        list(walk)
