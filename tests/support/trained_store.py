"""A store with a network trained on solar cells, made once for `tests/e2e` and `tests/container`.

It is kept below `.cache/tests`, by the digest of what makes it: the code of `training` and `model_store`, this module
and the pins. A small training set keeps it quick; the 158 test files are as many as in the question that this project
began with. TensorFlow is loaded in the process that trains only: `python -m tests.support.trained_store FOLDER`.
"""

import fcntl
import hashlib
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Final

import numpy as np

from app.inference.engines.base import Probabilities
from model_store.evaluation.report import Evaluation
from model_store.store import ModelStore, StoredVersion

ROOT: Final = Path(__file__).parents[2]
KEPT: Final = ROOT / ".cache" / "tests"
MODEL: Final = "solar-cells"
TEST_FILES: Final = 158
TRAIN_FILES: Final = 320


@dataclass(frozen=True)
class TrainedStore:
    """What was made; nobody writes into it.

    Attributes:
        folder: Holds `cells`, `store` and `probabilities.npy`.
    """

    folder: Path

    @property
    def cells(self) -> Path:
        """The data set: `train` and `test`, each with a folder per label."""
        return self.folder / "cells"

    @property
    def store(self) -> Path:
        """The store published to; copy it to serve from it."""
        return self.folder / "store"

    @property
    def stored(self) -> StoredVersion:
        """The version."""
        return ModelStore(self.store).open(MODEL)

    @property
    def report(self) -> Evaluation:
        """The evaluation of the test files by training itself."""
        return Evaluation.model_validate_json((self.stored.directory / "training" / "test_report.json").read_text())

    @property
    def probabilities(self) -> Probabilities:
        """The Keras model's answers to the test files, float32 `(158, 2)`, in the order of their paths."""
        return np.asarray(np.load(self.folder / "probabilities.npy"))


def trained_store() -> TrainedStore:
    """Return the store; train if there is none of this code."""
    folder = KEPT / _digest()
    with _alone():
        if not folder.is_dir():
            for stale in KEPT.glob("*/"):
                shutil.rmtree(stale)
            _make(folder)
    return TrainedStore(folder)


def _digest() -> str:
    """Name what decides the result."""
    sources = [*(ROOT / "training").rglob("*.py"), *(ROOT / "model_store").rglob("*.py"), Path(__file__)]
    digest = hashlib.sha256()
    for path in (*sorted(sources), ROOT / "requirements" / "dev.txt"):
        digest.update(f"{path.relative_to(ROOT)} {hashlib.sha256(path.read_bytes()).hexdigest()}\n".encode())
    return digest.hexdigest()[:16]


@contextmanager
def _alone() -> Iterator[None]:
    """Let one process at a time in: workers of pytest begin together."""
    KEPT.mkdir(parents=True, exist_ok=True)
    with (KEPT / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _make(folder: Path) -> None:
    """Train in a process of its own, and put the result into place as a whole."""
    unfinished = Path(tempfile.mkdtemp(prefix="unfinished-", dir=KEPT))
    subprocess.run([sys.executable, "-m", __name__, str(unfinished)], cwd=ROOT, check=True)
    unfinished.chmod(0o755)
    unfinished.rename(folder)


def lay_out(root: Path) -> None:
    """Copy cells of which experts were sure into `train` and `test`, with a folder per label in each."""
    data = Path(str(files("elpv_dataset"))) / "data"
    lines = [line.split() for line in (data / "labels.csv").read_text().splitlines()]
    certain = [
        (name, "defective" if float(share) == 1 else "functional") for name, share, _ in lines if share in "0.01.0"
    ]
    for number, (name, label) in enumerate(certain[: TEST_FILES + TRAIN_FILES]):
        split = "test" if number % 3 == 0 and number < 3 * TEST_FILES else "train"
        folder = root / split / label
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copy(data / name, folder)
    assert len(list((root / "test").rglob("*.png"))) == TEST_FILES


def _train(folder: Path) -> None:
    """Train, publish, and write down the Keras model's own answers to the test files."""
    import training
    from model_store.images.pixels import decode

    made = TrainedStore(folder)
    lay_out(made.cells)
    result = training.train(
        training.TrainingConfig(
            made.cells,
            made.store,
            MODEL,
            backbone="efficientnet-lite0",
            positive="defective",
            augment="none",
            fine_tune=training.FineTuneSettings(epochs=0),
        )
    )
    paths = sorted((made.cells / "test").rglob("*.png"))
    pixels = np.stack([decode(path.read_bytes(), result.stored.manifest.input).pixels for path in paths])
    answers = [np.asarray(result.model(part, training=False)) for part in np.array_split(pixels, 5)]
    np.save(folder / "probabilities.npy", np.concatenate(answers))


if __name__ == "__main__":
    _train(Path(sys.argv[1]))
