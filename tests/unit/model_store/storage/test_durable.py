import os
import time
from multiprocessing import get_context
from pathlib import Path

import pytest

from model_store.storage.durable import ABANDONED_AFTER_S, abandoned_files, directory_lock, flush, write_atomically


def test_a_text_replaces_the_old_one_and_leaves_nothing_else(tmp_path: Path) -> None:
    for text in ("old", "new ä"):
        write_atomically(tmp_path / "x.json", text)
    assert (tmp_path / "x.json").read_text(encoding="utf-8") == "new ä"
    assert len(list(tmp_path.iterdir())) == 1


def test_a_text_that_cannot_be_written_leaves_the_old_one(tmp_path: Path) -> None:
    write_atomically(tmp_path / "x.json", "old")
    with pytest.raises(UnicodeEncodeError):
        write_atomically(tmp_path / "x.json", "\ud800")
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("x.json", "old")]


def test_a_lock_is_one_processs_at_a_time(tmp_path: Path) -> None:
    with directory_lock(tmp_path), pytest.raises(BlockingIOError), directory_lock(tmp_path, wait=False):
        pass
    with directory_lock(tmp_path, wait=False):
        pass


def _hold(directory: Path) -> None:
    with directory_lock(directory):
        os.kill(os.getpid(), 9)


def test_a_lock_dies_with_its_holder(tmp_path: Path) -> None:
    process = get_context("spawn").Process(target=_hold, args=(tmp_path,))
    process.start()
    process.join()
    assert process.exitcode == -9
    with directory_lock(tmp_path, wait=False):
        pass


def test_flush_reaches_every_file_and_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "a" / "b" / "x").write_bytes(b"1")
    flushed: list[Path] = []
    monkeypatch.setattr(os, "fsync", lambda handle: flushed.append(Path(f"/proc/self/fd/{handle}").readlink()))
    flush(tmp_path)
    assert set(flushed) == {tmp_path, *tmp_path.rglob("*")}


def test_only_an_old_half_written_file_is_abandoned(tmp_path: Path) -> None:
    (tmp_path / "3").mkdir()
    half = [tmp_path / ".aliases.json.0123abcd", tmp_path / "3" / ".x.json.0123abcd"]
    others = [tmp_path / ".aliases.json.0123abcf", tmp_path / "aliases.json", tmp_path / ".hidden"]
    for path in [*half, *others]:
        path.touch()
    for path in [*half, *others[1:]]:
        os.utime(path, times=(0, time.time() - ABANDONED_AFTER_S - 1))
    assert abandoned_files(tmp_path) == half
