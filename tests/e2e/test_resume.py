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
from tests.support.tiny_backbone import TINY

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Plan:
    """A run, and how many times it is killed; it lasts long enough for that."""

    kills: int
    backbone: str
    epochs: int
    """Of fine-tuning."""
    starts_in_s: float
    """For less than this long there is certainly no snapshot."""


PLANS = [
    Plan(2, TINY.name, 60, 3.0),
    pytest.param(Plan(10, TINY.name, 200, 3.0), marks=pytest.mark.thorough),
    pytest.param(Plan(3, "efficientnet-lite0", 20, 8.0), marks=pytest.mark.thorough),  # long to write, long to compute
]


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


def start(plan: Plan, data: Path, folder: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "tests.support.tiny_backbone", "train", str(data)]
    command += ["--store", str(folder / "store"), "--model", "noise", "--backbone", plan.backbone]
    command += ["--image-size", "32", "--device", "cpu", "--val-fraction", "0.3", "--seed", "5"]
    command += ["--fine-tune-epochs", str(plan.epochs), "--fine-tune-patience", str(plan.epochs)]
    environment = os.environ | {"FULLCOUNT_CACHE_DIR": str(folder / "cache"), "PYTHONPATH": str(ROOT)}
    return subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)


def finish(process: subprocess.Popen[bytes]) -> None:
    _, errors = process.communicate(timeout=300)
    assert process.returncode == 0, errors.decode()


@pytest.fixture(scope="module", params=PLANS, ids=lambda plan: f"{plan.kills} kills of {plan.backbone}")
def plan(request: pytest.FixtureRequest) -> Plan:
    given: Plan = request.param
    return given


@pytest.fixture(scope="module")
def unbroken(plan: Plan, data: Path, tmp_path_factory: pytest.TempPathFactory) -> StoredVersion:
    """Train once in peace."""
    folder = tmp_path_factory.mktemp("unbroken")
    finish(start(plan, data, folder))
    return ModelStore(folder / "store").open("noise")


@dataclass(frozen=True)
class Broken:
    """A run that was killed; what its state held after each kill."""

    version: StoredVersion
    folder: Path
    kills: int
    reached: list[set[str]]


@pytest.fixture(scope="module")
def broken(plan: Plan, data: Path, tmp_path_factory: pytest.TempPathFactory) -> Broken:
    """Kill the run, each time a random while after it has begun or has written a snapshot or two."""
    folder = tmp_path_factory.mktemp("broken")
    moments, reached = random.Random(11), []
    for snapshots in [0, *moments.choices([0, 1, 2], k=plan.kills - 2), 2]:
        process = start(plan, data, folder)
        wait_for_snapshots(process, folder, snapshots)
        time.sleep(moments.uniform(0.0, 1.0) if snapshots else moments.uniform(0.5, plan.starts_in_s))
        process.kill()
        process.communicate()
        assert process.returncode == -signal.SIGKILL
        reached.append({path.stem for path in snapshots_of(folder)})
    finish(start(plan, data, folder))
    return Broken(ModelStore(folder / "store").open("noise"), folder, plan.kills, reached)


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
