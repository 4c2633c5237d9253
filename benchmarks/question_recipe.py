"""The recipe that the project's first question was about, in plain Keras, as it was posted.

A frozen backbone, random flips and rotations as layers, so that every epoch computes all features again; a dense layer;
Adam at 1e-4; batches of 16. Here to be measured against; nothing of it is used by `training`.
"""

import time
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np
import numpy.typing as npt

from model_store.images.pixels import InputSpec, Pixels, decode
from model_store.labelled_sets.layout import Split
from training.backbones.catalogue import BACKBONES
from training.data.dataset import Dataset

LEARNING_RATE = 1e-4
BATCH_SIZE = 16
ROTATION = 0.2
"""Of a full turn, to either side; the value of Keras' own tutorial."""

Targets = npt.NDArray[np.int64]
Images = tuple[Pixels, Targets]


@dataclass(frozen=True)
class Measured:
    """What the recipe came to.

    Attributes:
        seconds: Of each epoch, validation included; building, decoding and testing are not counted.
    """

    accuracy: float
    seconds: list[float]

    def scaled(self, epochs: int) -> float:
        """Return the time for so many epochs; the first, in which Keras traces the graph, counts once."""
        first, *others = self.seconds
        return first + (epochs - 1) * (sum(others) / len(others) if others else first)


def run_recipe(dataset: Dataset, backbone: str, epochs: int, *, seed: int, history: Path | None) -> Measured:
    """Train as posted on the same splits as a run of `training`, and test.

    Args:
        dataset: Says which file is in which split; its folder is still there.
        backbone: Name in the catalogue, with its ImageNet weights.
        epochs: To be run.
        seed: Of everything random.
        history: Gets Keras' `CSVLogger` file.
    """
    keras.utils.set_random_seed(seed)
    size = BACKBONES[backbone].size
    train, validation, test = (_images(dataset, split, size) for split in ("train", "validation", "test"))
    model = _build(backbone, size, len(dataset.labels))
    stopwatch = _Stopwatch()
    callbacks = [stopwatch] if history is None else [stopwatch, keras.callbacks.CSVLogger(history)]
    model.fit(*train, batch_size=BATCH_SIZE, epochs=epochs, validation_data=validation, callbacks=callbacks, verbose=0)
    called = model.predict(test[0], batch_size=BATCH_SIZE, verbose=0).argmax(axis=1)
    return Measured(float((called == test[1]).mean()), stopwatch.seconds)


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
