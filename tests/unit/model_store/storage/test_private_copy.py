"""What is loaded is what was verified: a copy of its own that is gone when the block ends."""

import os
import shutil
import stat
from pathlib import Path
from typing import NamedTuple

import pytest

from model_store.errors import StoreUnusable, VersionCorrupt
from model_store.storage.private_copy import private_copy
from model_store.store import StoredVersion
from tests.support.fakes import publish


@pytest.fixture
def stored(tmp_path: Path) -> StoredVersion:
    return publish(tmp_path / "store", files={"variables/data": b"weights"})


@pytest.fixture
def spool(tmp_path: Path) -> Path:
    (tmp_path / "spool").mkdir()
    return tmp_path / "spool"


def test_the_copy_is_whole_private_and_gone_in_the_end(stored: StoredVersion, spool: Path) -> None:
    with private_copy(stored, within=spool) as copy:
        (made,) = spool.iterdir()
        assert made.name.startswith(f"fullcount-version-{os.getpid()}-")
        assert stat.S_IMODE(made.stat().st_mode) == 0o700
        files = {path.relative_to(copy.directory).as_posix() for path in copy.directory.rglob("*") if path.is_file()}
        assert files == set(stored.manifest.files)
        assert (copy.directory / "variables" / "data").read_bytes() == b"weights"
        assert copy.directory.parts[-2:] == ("shades", "1")
    assert list(spool.iterdir()) == []


def test_what_changes_in_the_store_afterwards_is_not_in_the_copy(stored: StoredVersion, spool: Path) -> None:
    with private_copy(stored, within=spool) as copy:
        (stored.directory / "variables" / "data").write_bytes(b"other!!")
        shutil.rmtree(stored.directory / "variables")
        assert (copy.directory / "variables" / "data").read_bytes() == b"weights"


def test_what_changed_before_is_refused_and_nothing_is_left(stored: StoredVersion, spool: Path) -> None:
    (stored.directory / "variables" / "data").write_bytes(b"other!!")
    (stored.directory / "extra").write_bytes(b"")
    with pytest.raises(VersionCorrupt) as caught, private_copy(stored, within=spool):
        raise AssertionError
    assert caught.value.differences == ["extra is not in the manifest", "variables/data has changed"]
    assert list(spool.iterdir()) == []


def test_hard_links_are_refused(stored: StoredVersion, spool: Path, tmp_path: Path) -> None:
    (tmp_path / "other name").hardlink_to(stored.directory / "saved_model.pb")
    with pytest.raises(VersionCorrupt, match=r"hard links, .*: saved_model\.pb"), private_copy(stored, within=spool):
        raise AssertionError


class _Usage(NamedTuple):
    free: int


def test_without_room_nothing_is_copied(stored: StoredVersion, spool: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: _Usage(10))
    with pytest.raises(StoreUnusable, match="and 10 are free there") as caught, private_copy(stored, within=spool):
        raise AssertionError
    assert "FULLCOUNT_SPOOL_DIR" in str(caught.value.hint)


def test_an_error_of_whoever_loads_is_its_own(stored: StoredVersion, spool: Path) -> None:
    with pytest.raises(OSError, match="mine"), private_copy(stored, within=spool):
        raise OSError("mine")
    assert list(spool.iterdir()) == []
