"""Small real training runs that go well or wrong: heads on frozen features of photographs of solar cells.

Features are computed once, in at most 20 s; a run takes seconds.
"""

import csv
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import elpv_dataset
import keras
import numpy as np
import numpy.typing as npt
import tensorflow as tf
from PIL import Image

from training.backbones.catalogue import BACKBONES
from training.learning.features import as_function

TRAIN, VALIDATION = 300, 158
Features = npt.NDArray[np.float32]
Targets = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Cells:
    """Frozen features of cells, float32 `(n, 2, d)`, as photographed and flipped, and whether they are defective."""

    features: Features
    targets: Targets

    def part(self, start: int, count: int) -> "Cells":
        return Cells(self.features[start : start + count], self.targets[start : start + count])

    def scaled(self, factor: float) -> "Cells":
        """Scale the features, as pixels that are divided by 255 in training only would be."""
        return Cells(self.features * factor, self.targets)

    def marked(self) -> "Cells":
        """Give the label away, as a watermark or a ruler in the picture does."""
        mark = np.repeat(self.targets[:, None, None].astype(np.float32), 2, axis=1)
        return Cells(np.concatenate([self.features, 30 * mark - 15], axis=2), self.targets)


@dataclass(frozen=True)
class Recipe:
    """A head and its training; the defaults are the recipe of the question."""

    optimizer: str = "adam"
    learning_rate: float = 1e-4
    batch_size: int = 16
    epochs: int = 100
    flips: bool = True
    hidden: int = 0
    dropout: float = 0.0
    weight_decay: float = 0.0
    patience: int | None = None
    is_one_output: bool = False
    """True for one sigmoid with binary cross-entropy instead of two outputs with softmax."""
    activation: str | None = None
    """Activation of the last layer, if not the one that fits it."""
    first_class: int = 0
    """Number of the first class; one output takes 0 and 1."""


class RandomFlip(keras.layers.Layer):  # type: ignore[misc]
    """Take one of the two views of each example in training, and the first otherwise."""

    def call(self, views: tf.Tensor, training: bool = False) -> tf.Tensor:  # noqa: FBT001, FBT002  Keras' signature
        if not training:
            return views[:, 0]
        is_flipped = keras.random.uniform((keras.ops.shape(views)[0], 1)) < 0.5
        return keras.ops.where(is_flipped, views[:, 1], views[:, 0])


def load_cells() -> Cells:
    """Compute features of cells in random order: enough for training and validation."""
    folder = Path(elpv_dataset.__file__).parent / "data"
    lines = list(csv.reader((folder / "labels.csv").read_text().splitlines(), delimiter=" ", skipinitialspace=True))
    chosen = [lines[row] for row in np.random.default_rng(0).permutation(len(lines))[: TRAIN + VALIDATION]]
    pixels = np.stack([_pixels(folder / line[0]) for line in chosen])
    function = as_function(BACKBONES["efficientnet-lite0"].load().model)
    plain = _features(function, pixels)
    flipped = np.concatenate([_features(function, pixels[:TRAIN, :, ::-1]), plain[TRAIN:]])  # in training only
    targets = np.array([float(line[1]) >= 0.5 for line in chosen], dtype=np.int64)
    return Cells(np.stack([plain, flipped], axis=1), targets)


def _features(function: Callable[[tf.Tensor], tf.Tensor], pixels: npt.NDArray[np.uint8]) -> Features:
    return np.concatenate([function(tf.constant(part)) for part in np.array_split(pixels, 20)])


def _pixels(path: Path) -> npt.NDArray[np.uint8]:
    with Image.open(path) as image:
        return np.asarray(image.convert("RGB").resize((224, 224), Image.Resampling.BILINEAR))


def _ending(recipe: Recipe) -> keras.layers.Layer:
    outputs, fitting = (1, "sigmoid") if recipe.is_one_output else (2, "softmax")
    regularizer = keras.regularizers.L2(recipe.weight_decay)
    return keras.layers.Dense(outputs, activation=recipe.activation or fitting, kernel_regularizer=regularizer)


def fit(recipe: Recipe, train: Cells, validation: Cells, logger: keras.callbacks.CSVLogger) -> None:
    """Train with `keras.Model.fit`."""
    stopping = keras.callbacks.EarlyStopping("val_loss", patience=recipe.patience or recipe.epochs)
    keras.utils.set_random_seed(0)
    model = keras.Sequential(
        [
            keras.Input(train.features.shape[1:]),
            RandomFlip() if recipe.flips else keras.layers.Lambda(lambda views: views[:, 0]),
            keras.layers.Dropout(recipe.dropout),
            *([keras.layers.Dense(recipe.hidden, activation="relu")] if recipe.hidden else []),
            _ending(recipe),
        ]
    )
    optimizer = keras.optimizers.get(
        {"class_name": recipe.optimizer, "config": {"learning_rate": recipe.learning_rate}}
    )
    loss = "binary_crossentropy" if recipe.is_one_output else "sparse_categorical_crossentropy"
    steps = -(-len(train.targets) // recipe.batch_size)
    model.compile(optimizer, loss, metrics=["accuracy"], jit_compile=False, steps_per_execution=steps)
    # A pipeline that is built once: from arrays Keras builds one per epoch, which takes ten times as long as the epoch.
    examples = tf.data.Dataset.from_tensor_slices((train.features, train.targets + recipe.first_class))
    model.fit(
        examples.shuffle(len(train.targets), seed=0).batch(recipe.batch_size),
        epochs=recipe.epochs,
        validation_data=tf.data.Dataset.from_tensors((validation.features, validation.targets + recipe.first_class)),
        callbacks=[logger, stopping],
        shuffle=False,  # the pipeline does
        verbose=0,
    )
