"""The state of a run, kept outside the store, so that the same command resumes where it was killed.

The state is in `<cache>/runs/<key>/`; the key is a digest of everything that decides the result. A snapshot is replaced
by one rename, so it is always whole or absent. It is deleted once the version is published.
"""

import hashlib
import json
import os
import secrets
import shutil
import time
import warnings
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from model_store.scratch import scratch_directory
from model_store.storage.durable import directory_lock, fsync
from training.cache import cache_directory
from training.errors import RunUnderWay

Arrays = list[npt.NDArray[Any]]

KEPT_DAYS: Final = 30
"""Age in days from which the state of an abandoned run is removed."""

_FACTS: Final = "facts"


@dataclass(frozen=True)
class Snapshot:
    """The result of one step.

    Attributes:
        facts: Values that JSON can hold.
        arrays: Lists of arrays by name.
    """

    facts: dict[str, Any]
    arrays: dict[str, Arrays]


class RunState:
    """The snapshots of one run."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    def save(self, step: str, snapshot: Snapshot) -> None:
        """Save the result of a step durably, in place of an earlier one.

        If it cannot be written, the earlier one stays, a warning is given, and the run continues.
        """
        try:
            self._write(step, snapshot)
        except OSError as error:
            warnings.warn(
                f"The state of the run cannot be saved in {self.directory} ({error.strerror}). If you interrupt it "
                "now, it resumes from an earlier point. Free some space, or set FULLCOUNT_CACHE_DIR to another folder.",
                stacklevel=2,
            )

    def has(self, step: str) -> bool:
        """Tell whether the result of a step is saved."""
        return self._path(step).is_file()

    def _write(self, step: str, snapshot: Snapshot) -> None:
        named: dict[str, Any] = {_FACTS: np.frombuffer(json.dumps(snapshot.facts).encode(), np.uint8)}
        for name, arrays in snapshot.arrays.items():
            named |= {f"{name}/{place}": array for place, array in enumerate(arrays)}
        temporary = self.directory / f".{step}.{secrets.token_hex(4)}"
        try:
            with temporary.open("xb") as file:
                np.savez(file, **named)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(self._path(step))
        finally:
            temporary.unlink(missing_ok=True)
        fsync(self.directory)

    def load(self, step: str) -> Snapshot | None:
        """Return the result of a step; None if it is not saved."""
        path = self._path(step)
        if not self.has(step):
            return None
        arrays: dict[str, Arrays] = {}
        with np.load(path, allow_pickle=False) as file:
            facts = json.loads(file[_FACTS].tobytes())
            for key in file.files:  # in the order written
                if key != _FACTS:
                    arrays.setdefault(key.rpartition("/")[0], []).append(file[key])
        return Snapshot(facts, arrays)

    def clear(self) -> None:
        """Delete the results of all steps."""
        for path in self.directory.iterdir():
            path.unlink()

    def discard(self) -> None:
        """Delete the whole state, because the run is published."""
        shutil.rmtree(self.directory)

    def _path(self, step: str) -> Path:
        return self.directory / f"{step}.npz"


def run_key(decisive: Mapping[str, Any]) -> str:
    """Return a digest of everything that decides a result.

    Args:
        decisive: Settings, digests and versions; values that JSON cannot hold count by their text.

    Returns:
        The SHA-256 in hexadecimal digits.
    """
    return hashlib.sha256(json.dumps(decisive, sort_keys=True, default=str).encode()).hexdigest()


@contextmanager
def open_run(key: str, *, restart: bool = False) -> Iterator[RunState]:
    """Open the state of a run, with the snapshots of an interrupted one.

    If the cache folder cannot be written, the state is in a temporary folder, and a killed run starts over.

    Args:
        key: Digest from `run_key`.
        restart: Whether to delete earlier snapshots.

    Yields:
        The state, locked for this process.

    Raises:
        RunUnderWay: If another process is at the same run.
    """
    with ExitStack() as stack:
        directory = _make(cache_directory() / "runs", key)
        if directory is None:  # a folder of its own inside: its lock is not the one of the scratch directory
            directory = stack.enter_context(scratch_directory("run")) / "state"
            directory.mkdir()
        try:
            stack.enter_context(directory_lock(directory, wait=False))
        except BlockingIOError as error:
            raise RunUnderWay(directory) from error
        state = RunState(directory)
        for half_written in directory.glob(".*"):
            half_written.unlink()
        if restart:
            state.clear()
        yield state


def _make(runs: Path, key: str) -> Path | None:
    """Create the folder of a run and remove abandoned ones; None if the cache cannot be written."""
    directory = runs / key[:32]
    try:
        directory.mkdir(parents=True, exist_ok=True)
        os.utime(directory)
        if not os.access(directory, os.W_OK):
            return None
        for other in runs.iterdir():
            if other != directory and other.stat().st_mtime < time.time() - KEPT_DAYS * 86400:
                shutil.rmtree(other, ignore_errors=True)
    except OSError:
        return None
    return directory
