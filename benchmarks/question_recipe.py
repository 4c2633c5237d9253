"""The recipe of the question that started the project, in plain Keras, as it was posted.

It has a frozen backbone and a dense layer, trained by Adam at 1e-4 in batches of 16. Random flips and rotations are
layers, so every epoch computes all features again. It is a baseline only: `training` does not use it.
"""

import time
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np
import numpy.typing as npt

from model_store.images.pixels import InputSpec, Pixels, decode
from model_store.labelled_sets.recognition.folder_names import Split
from training.backbones.catalogue import BACKBONES
from training.data.dataset import Dataset

LEARNING_RATE = 1e-4
BATCH_SIZE = 16
ROTATION = 0.2
"""Largest rotation to either side, as a share of a full turn; the value in Keras' own tutorial."""

Targets = npt.NDArray[np.int64]
Images = tuple[Pixels, Targets]


@dataclass(frozen=True)
class Measured:
    """The result of the recipe.

    Attributes:
        accuracy: Accuracy on the test split.
        seconds: Time of each epoch with validation; building, decoding and testing are not included.
    """

    accuracy: float
    seconds: list[float]

    def scaled(self, epochs: int) -> float:
        """Return the time for a number of epochs; the first, in which Keras traces the graph, counts once."""
        first, *others = self.seconds
        return first + (epochs - 1) * (sum(others) / len(others) if others else first)


def run_recipe(dataset: Dataset, backbone: str, epochs: int, *, seed: int, history: Path | None) -> Measured:
    """Train as posted on the same splits as a run of `training`, and test.

    Args:
        dataset: The splits; the folder of the data must still exist.
        backbone: Name of a backbone in the catalogue, which is used with its ImageNet weights.
        epochs: Number of epochs.
        seed: Seed of all randomness.
        history: Path of a file for Keras' `CSVLogger`.
    """
    keras.utils.set_random_seed(seed)
    size = BACKBONES[backbone].size
    train, validation, test = (_images(dataset, split, size) for split in ("train", "validation", "test"))
    model = _build(backbone, size, len(dataset.labels))
    stopwatch = _Stopwatch()
    callbacks = [stopwatch] if history is None else [stopwatch, keras.callbacks.CSVLogger(history)]
    model.fit(*train, batch_size=BATCH_SIZE, epochs=epochs, validation_data=validation, callbacks=callbacks, verbose=0)
    predicted = model.predict(test[0], batch_size=BATCH_SIZE, verbose=0).argmax(axis=1)
    return Measured(float((predicted == test[1]).mean()), stopwatch.seconds)


class _Stopwatch(keras.callbacks.Callback):  # type: ignore[misc]
    """Times each epoch."""

    def __init__(self) -> None:
        super().__init__()
        self.seconds: list[float] = []
        self._start = 0.0

    def on_epoch_begin(self, epoch: int, logs: dict[str, float] | None = None) -> None:  # noqa: ARG002  Keras' signature
        self._start = time.perf_counter()

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:  # noqa: ARG002  Keras' signature
        self.seconds.append(time.perf_counter() - self._start)


def _build(name: str, size: int, labels: int) -> keras.Model:
    backbone = BACKBONES[name].load().model
    backbone.trainable = False
    pixels = keras.Input((size, size, 3), dtype="uint8")
    x = keras.layers.RandomFlip("horizontal_and_vertical")(keras.ops.cast(pixels, "float32"))
    x = keras.layers.RandomRotation(ROTATION)(x)
    x = backbone(keras.ops.cast(x, "uint8"), training=False)
    model = keras.Model(pixels, keras.layers.Dense(labels, activation="softmax")(x))
    model.compile(keras.optimizers.Adam(LEARNING_RATE), "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def _images(dataset: Dataset, split: Split, size: int) -> Images:
    spec = InputSpec(height=size, width=size)
    folder = dataset.audit.directory
    pixels = np.stack([decode((folder / file.path).read_bytes(), spec).pixels for file in dataset.used[split]])
    return pixels, dataset.targets(split)
