"""Temporary directories vanish with their process, and only then."""

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from model_store import scratch
from model_store.scratch import clean_scratch, remove_own_scratch, scratch_directory

HOLD = """
import sys, time
from pathlib import Path
from model_store.scratch import scratch_directory
with scratch_directory("test", Path(sys.argv[1])) as directory:
    (directory / "folder").mkdir()
    (directory / "folder" / "file").write_bytes(b"x")
    print(directory, flush=True)
    time.sleep(60)
"""


@pytest.fixture
def left(tmp_path: Path) -> Path:
    """Return what a killed process left."""
    holder = subprocess.Popen([sys.executable, "-c", HOLD, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    with holder:
        assert holder.stdout is not None
        directory = Path(holder.stdout.readline().strip())
        assert clean_scratch(tmp_path) == []  # it lives
        holder.send_signal(signal.SIGKILL)
    assert (directory / "folder" / "file").exists()
    return directory


def test_what_a_killed_process_left_is_removed(left: Path) -> None:
    assert f"-test-{left.name.split('-')[2]}-" in left.name
    assert clean_scratch(left.parent) == [left.name]
    assert list(left.parent.iterdir()) == []


def test_the_next_directory_of_a_new_process_removes_it(left: Path) -> None:
    with scratch_directory("test", left.parent) as directory:
        assert list(left.parent.iterdir()) == [directory]
        assert clean_scratch(left.parent) == []
    assert list(left.parent.iterdir()) == []


def fail_within(folder: Path) -> None:
    with scratch_directory("test", folder) as directory:
        assert directory.stat().st_mode & 0o777 == 0o700
        raise KeyError


def test_it_is_for_this_user_alone_and_is_removed_if_the_block_fails(tmp_path: Path) -> None:
    with pytest.raises(KeyError):
        fail_within(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_nothing_else_is_removed(tmp_path: Path) -> None:
    name = "fullcount-test-1-abcd1234.scratch"
    for other in ("fullcount-screenshots", "fullcount-test-1-abcd1234", f"my-{name}"):
        (tmp_path / other).mkdir()
    (tmp_path / name).symlink_to(tmp_path / "fullcount-screenshots")
    (tmp_path / name.replace("1-", "2-")).write_text("a file")
    before = sorted(tmp_path.iterdir())
    assert clean_scratch(tmp_path) == []
    assert sorted(tmp_path.iterdir()) == before


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a directory away")
def test_what_another_user_left_is_not_touched(left: Path) -> None:
    os.chown(left, 12345, 12345)
    assert clean_scratch(left.parent) == []


def test_a_directory_is_never_taken_while_it_is_made(tmp_path: Path) -> None:
    is_over = threading.Event()

    def clean() -> None:
        while not is_over.is_set():
            clean_scratch(tmp_path)

    cleaner = threading.Thread(target=clean)
    cleaner.start()
    try:
        for _ in range(300):
            with scratch_directory("test", tmp_path) as directory:
                (directory / "file").write_bytes(b"x")
                assert (directory / "file").exists()
    finally:
        is_over.set()
        cleaner.join()


def test_a_directory_that_was_taken_before_it_was_locked_is_made_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock = scratch._lock
    taken: list[Path] = []

    def lock_too_late(handle: int) -> bool | None:
        if not taken:
            taken.extend(tmp_path.iterdir())
            taken[0].rmdir()
        return lock(handle)

    monkeypatch.setattr(scratch, "_lock", lock_too_late)
    with scratch_directory("test", tmp_path) as directory:
        assert directory.is_dir()
        assert [directory] != taken


def test_a_process_that_ends_at_once_removes_its_own_only(tmp_path: Path) -> None:
    others = tmp_path / f"fullcount-version-{os.getpid()}-x.scratch"  # in another container, it has the same number
    with scratch_directory("version", tmp_path) as own:
        (own / "shades").mkdir()
        others.mkdir()
        remove_own_scratch(tmp_path)
        assert list(tmp_path.iterdir()) == [others]
