import errno
import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from training.errors import RunUnderWay
from training.run_state import KEPT_DAYS, Snapshot, open_run, run_key

KEY = "a" * 64


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("FULLCOUNT_CACHE_DIR", str(tmp_path))
    return tmp_path


def snapshot(value: int) -> Snapshot:
    return Snapshot({"epoch": value}, {"model": [np.full((2, 3), value), np.array(value)], "empty": []})


def test_a_snapshot_comes_back_as_it_was_in_another_process() -> None:
    with open_run(KEY) as state:
        state.save("head", snapshot(1))
        state.save("head", snapshot(2))
    with open_run(KEY) as state:
        loaded = state.load("head")
    assert loaded is not None
    assert loaded.facts == {"epoch": 2}
    assert [array.tolist() for array in loaded.arrays["model"]] == [[[2, 2, 2], [2, 2, 2]], 2]


def test_many_arrays_come_back_in_order() -> None:
    with open_run(KEY) as state:
        state.save("fine-tune", Snapshot({}, {"model": [np.array(place) for place in range(120)]}))
        loaded = state.load("fine-tune")
    assert loaded is not None
    assert [int(array) for array in loaded.arrays["model"]] == list(range(120))


def test_a_step_that_was_not_reached_is_none() -> None:
    with open_run(KEY) as state:
        assert state.load("fine-tune") is None


def test_a_restart_forgets_and_a_publication_leaves_nothing(cache: Path) -> None:
    with open_run(KEY) as state:
        state.save("head", snapshot(1))
    with open_run(KEY, restart=True) as state:
        assert state.load("head") is None
        state.save("head", snapshot(1))
        state.discard()
    assert list((cache / "runs").iterdir()) == []


def test_the_same_run_cannot_be_open_twice() -> None:
    with (
        open_run(KEY),
        pytest.raises(RunUnderWay, match="Another process is doing exactly this training run"),
        open_run(KEY),
    ):
        pass


def test_another_run_is_not_in_the_way() -> None:
    with open_run(KEY) as one, open_run("b" * 64) as other:
        assert one.directory != other.directory


def test_a_process_that_is_killed_while_it_writes_leaves_the_snapshot_before() -> None:
    with open_run(KEY) as state:
        state.save("head", snapshot(1))
        directory = state.directory
    script = (
        "import sys, os, signal, numpy as np\nfrom training import run_state\n"
        "np.savez = lambda file, **arrays: (file.write(b'half'), file.flush(), os.kill(os.getpid(), signal.SIGKILL))\n"
        f"with run_state.open_run({KEY!r}) as state:\n    state.save('head', run_state.Snapshot({{}}, {{}}))\n"
    )
    done = subprocess.run([sys.executable, "-c", script], check=False, env=os.environ)
    assert done.returncode == -9
    assert len(list(directory.iterdir())) == 2
    with open_run(KEY) as state:
        loaded = state.load("head")
    assert loaded is not None
    assert loaded.facts == {"epoch": 1}
    assert [path.name for path in directory.iterdir()] == ["head.npz"]


def test_the_state_of_a_run_that_nobody_went_on_with_is_removed_in_time(cache: Path) -> None:
    old, young = cache / "runs/old", cache / "runs/young"
    for directory in (old, young):
        directory.mkdir(parents=True)
    long_ago = time.time() - (KEPT_DAYS + 1) * 86400
    os.utime(old, (long_ago, long_ago))
    with open_run(KEY):
        assert (old.exists(), young.exists()) == (False, True)


def test_a_cache_that_cannot_be_written_gives_a_state_that_lasts_as_long_as_the_block(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("FULLCOUNT_CACHE_DIR", str(tmp_path / "file"))
    with open_run(KEY) as state:
        state.save("head", snapshot(1))
        assert state.load("head") is not None
        state.discard()
    assert not state.directory.exists()


def test_the_key_follows_from_everything_that_decides() -> None:
    assert run_key({"seed": 1, "data": "x"}) == run_key({"data": "x", "seed": 1})
    assert run_key({"seed": 1, "data": "x"}) != run_key({"seed": 2, "data": "x"})


def test_a_full_disk_costs_the_snapshot_and_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with open_run(KEY) as state:
        state.save("head", snapshot(1))
        monkeypatch.setattr("training.run_state.np.savez", full)
        with pytest.warns(UserWarning, match="No space left on device"):
            state.save("head", snapshot(2))
        with pytest.warns(UserWarning, match="cannot be saved"):
            state.save("other", snapshot(3))
        kept = state.load("head")
        assert (kept.facts if kept else None, state.has("other")) == ({"epoch": 1}, False)
        assert [path.name for path in state.directory.glob(".*")] == []
