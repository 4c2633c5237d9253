"""A SavedModel that was tampered with is refused by a typed error, or still answers the golden samples.

It ends no process, hangs for no time, and touches no file.
"""

import os
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

from model_store.store import StoredVersion

ROOT = Path(__file__).parents[5]
LONGEST_S = 120
"""Seconds for one mutant and for the imports before the first; an operation that read the pipe would wait for ever."""


@dataclass(frozen=True)
class Laboratory:
    """A store to spoil, a pipe that nobody writes to, and a folder that nothing may be written into."""

    folder: Path

    @property
    def written(self) -> list[Path]:
        return list((self.folder / "watched").iterdir())

    def outcomes(self, engine: str, file: str, seeds: range) -> list[str]:
        """Load mutants in one process and return a line each; if it ends or hangs, the last one is short."""
        log = self.folder / f"{engine}.log"
        command = [sys.executable, "-m", "tests.support.loading_mutants", str(self.folder), engine, file]
        process = subprocess.Popen([*command, str(seeds.start), str(seeds.stop)], cwd=ROOT, stderr=subprocess.DEVNULL)
        size, since = -1, time.monotonic()
        while process.poll() is None:
            if log.exists() and log.stat().st_size != size:
                size, since = log.stat().st_size, time.monotonic()
            if time.monotonic() - since > LONGEST_S:
                process.kill()
            time.sleep(0.1)
        return log.read_text().splitlines()


@pytest.fixture
def laboratory(stored: StoredVersion, tmp_path: Path) -> Laboratory:
    shutil.copytree(stored.directory.parents[1], tmp_path / "store")
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "watched").mkdir()
    return Laboratory(tmp_path)


def check(laboratory: Laboratory, engine: str, seeds: range, file: str = "saved_model.pb") -> None:
    lines = laboratory.outcomes(engine, file, seeds)
    assert [line.split()[0] for line in lines] == [str(seed) for seed in seeds], lines[-1:]
    assert [line for line in lines if line.split()[1:2] not in (["answered"], ["refused"])] == []
    assert laboratory.written == []
    assert sum("refused" in line for line in lines) > len(seeds) // 5
    if file == "saved_model.pb":
        assert sum("answered" in line for line in lines) > len(seeds) // 5  # they are not spoilt beyond recognition


@pytest.mark.parametrize("engine", ["openvino", "tensorflow"])
def test_a_changed_graph_is_refused_or_answers_as_before(laboratory: Laboratory, engine: str) -> None:
    check(laboratory, engine, range(30, 60))  # of which 43 is a circle of nodes, 48 one of functions


@pytest.mark.thorough
@pytest.mark.parametrize("engine", ["openvino", "tensorflow"])
def test_so_are_five_hundred(laboratory: Laboratory, engine: str) -> None:
    check(laboratory, engine, range(500))


@pytest.mark.thorough
@pytest.mark.parametrize("engine", ["openvino", "tensorflow"])
def test_so_is_a_changed_index_of_variables(laboratory: Laboratory, engine: str) -> None:
    check(laboratory, engine, range(300), "variables/variables.index")
