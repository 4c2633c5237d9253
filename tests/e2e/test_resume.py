"""SIGKILL at random moments, then the same command again: the run ends as one that nobody disturbed."""

import os
import random
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from model_store.store import ModelStore, StoredVersion

EPOCHS = {2: 12, 10: 30}
"""Of fine-tuning, so that a run lasts long enough to be killed this many times."""


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two labels of noisy pictures that are hard enough to be told apart only after some training."""
    root = tmp_path_factory.mktemp("data")
    random_state = np.random.default_rng(0)
    for label, colour in (("left", (120, 110, 100)), ("right", (100, 110, 120))):
        (root / label).mkdir()
        for index in range(80):
            pixels = np.clip(random_state.normal(colour, 60, (40, 40, 3)), 0, 255).astype(np.uint8)
            Image.fromarray(pixels).save(root / label / f"{index}.png")
    return root


def start(data: Path, folder: Path, epochs: int) -> subprocess.Popen[bytes]:
    options = ["--backbone", "efficientnet-lite0", "--image-size", "32", "--device", "cpu", "--val-fraction", "0.3"]
    options += ["--fine-tune-epochs", str(epochs), "--fine-tune-patience", str(epochs), "--seed", "5"]
    command = [
        sys.executable,
        "-m",
        "training",
        "train",
        str(data),
        "--store",
        str(folder / "store"),
        "--model",
        "noise",
    ]
    environment = os.environ | {"FULLCOUNT_CACHE_DIR": str(folder / "cache")}
    return subprocess.Popen([*command, *options], env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)


def finish(process: subprocess.Popen[bytes]) -> None:
    _, errors = process.communicate(timeout=300)
    assert process.returncode == 0, errors.decode()


@pytest.fixture(scope="module", params=[2, pytest.param(10, marks=pytest.mark.thorough)])
def kills(request: pytest.FixtureRequest) -> int:
    return int(request.param)


@pytest.fixture(scope="module")
def unbroken(kills: int, data: Path, tmp_path_factory: pytest.TempPathFactory) -> StoredVersion:
    """Train once in peace."""
    folder = tmp_path_factory.mktemp("unbroken")
    finish(start(data, folder, EPOCHS[kills]))
    return ModelStore(folder / "store").open("noise")


@dataclass(frozen=True)
class Broken:
    """A run that was killed; what its state held after each kill."""

    version: StoredVersion
    folder: Path
    kills: int
    reached: list[set[str]]


@pytest.fixture(scope="module")
def broken(kills: int, data: Path, tmp_path_factory: pytest.TempPathFactory) -> Broken:
    """Kill the run, each time a random while after it has begun or has written a snapshot or two."""
    folder = tmp_path_factory.mktemp("broken")
    moments, reached = random.Random(11), []
    for snapshots in [0, *moments.choices([0, 1, 2], k=kills - 2), 2]:
        process = start(data, folder, EPOCHS[kills])
        wait_for_snapshots(process, folder, snapshots)
        time.sleep(moments.uniform(0.0, 1.0) if snapshots else moments.uniform(0.5, 8.0))
        process.kill()
        process.communicate()
        assert process.returncode == -signal.SIGKILL
        reached.append({path.stem for path in snapshots_of(folder)})
    finish(start(data, folder, EPOCHS[kills]))
    return Broken(ModelStore(folder / "store").open("noise"), folder, kills, reached)


def snapshots_of(folder: Path) -> dict[Path, int]:
    """Return when each snapshot was written."""
    return {path: path.stat().st_mtime_ns for path in (folder / "cache/runs").glob("*/*.npz")}


def wait_for_snapshots(process: subprocess.Popen[bytes], folder: Path, count: int) -> None:
    """Wait until that many more snapshots have been written."""
    before = snapshots_of(folder)
    while count:
        assert process.poll() is None, "the run ended before it was killed"
        time.sleep(0.01)
        now = snapshots_of(folder)
        count -= now != before
        before = now


def text(version: StoredVersion, name: str) -> str:
    return (version.directory / "training" / name).read_text(encoding="utf-8")


def test_the_kills_hit_the_run_before_its_first_snapshot_and_between_later_ones(broken: Broken) -> None:
    assert len(broken.reached) == broken.kills
    assert broken.reached[0] == set()
    assert broken.reached[-1] == {"head", "fine-tune"}


def test_the_split_is_the_same(unbroken: StoredVersion, broken: Broken) -> None:
    assert text(broken.version, "dataset.csv") == text(unbroken, "dataset.csv")


def test_the_curves_and_the_figures_are_those_of_the_unbroken_run(unbroken: StoredVersion, broken: Broken) -> None:
    assert text(broken.version, "history.csv") == text(unbroken, "history.csv")
    assert broken.version.manifest.metrics == unbroken.manifest.metrics
    assert broken.version.manifest.temperature == unbroken.manifest.temperature


def test_one_version_is_published_and_nothing_is_left_of_the_run(broken: Broken) -> None:
    assert ModelStore(broken.folder / "store").versions("noise") == [1]
    assert list((broken.folder / "cache/runs").iterdir()) == []
