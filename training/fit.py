"""Trains the head of a classifier on features that the frozen backbone computes once.

Every image is in some batch, the last and smaller one included. Works on arrays: knows no files, folders or stores.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
import tensorflow as tf
from rich.progress import Progress, TaskID

from model_store.pixels import Pixels
from training.config import HeadSettings

Features = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Examples:
    """Features with their targets.

    Attributes:
        features: float32 `(n, features)`.
        targets: int64 `(n,)`, places in the labels.
    """

    features: Features
    targets: npt.NDArray[np.int64]


@dataclass(frozen=True)
class FittedHead:
    """A trained head.

    Attributes:
        model: float32 features `(n, features)` → logits `(n, labels)`; with the weights of the best epoch.
        history: A row per epoch: `epoch` from 0, `loss`, `accuracy`, `val_loss`, `val_accuracy`.
        best_epoch: The epoch with the lowest validation loss.
    """

    model: keras.Model
    history: list[dict[str, float]]
    best_epoch: int


def run_in_batches(
    function: Any,  # noqa: ANN401  a Keras model or a TensorFlow function
    pixels: Pixels,
    rows: Sequence[int] | npt.NDArray[np.int64],
    *,
    batch_size: int,
    bar: tuple[Progress, str],
) -> npt.NDArray[np.float32]:
    """Run a function of uint8 pixels over images, in the order given; none is left out.

    Args:
        function: uint8 tensor `(n, height, width, 3)` → float32 tensor `(n, d)`.
        pixels: uint8 `(m, height, width, 3)`; read batch by batch.
        rows: Which of them.
        batch_size: Images at a time; the last batch has what is left.
        bar: Where to show progress, and under what name.

    Returns:
        float32 `(len(rows), d)`.
    """
    progress, description = bar
    task = progress.add_task(description, total=len(rows))
    outputs = []
    for start in range(0, len(rows), batch_size):
        batch = pixels[rows[start : start + batch_size]]
        outputs.append(np.asarray(function(tf.constant(batch)), dtype=np.float32))
        progress.advance(task, len(batch))
    return np.concatenate(outputs)


def as_function(model: keras.Model) -> Any:  # noqa: ANN401  a TensorFlow function
    """Compile a model of uint8 pixels for inference: one trace for all batch sizes, statistics frozen."""
    signature = tf.TensorSpec((None, *model.input_shape[1:]), tf.uint8)
    return tf.function(lambda pixels: model(pixels, training=False), input_signature=[signature])


def fit_head(
    train: Examples, validation: Examples, labels: int, settings: HeadSettings, progress: Progress
) -> FittedHead:
    """Train dropout and a dense layer until the validation loss has stopped falling.

    The random state is the caller's: `keras.utils.set_random_seed` before makes the result repeatable.
    """
    head = _build_head(train.features.shape[1], labels, settings)
    task = progress.add_task("Training the head", total=settings.epochs)
    stopping = keras.callbacks.EarlyStopping("val_loss", patience=settings.patience, restore_best_weights=True)
    history = head.fit(
        train.features,
        train.targets,
        batch_size=settings.batch_size,
        epochs=settings.epochs,
        validation_data=(validation.features, validation.targets),
        callbacks=[stopping, _ShowEpochs(progress, task)],
        verbose=0,
    )
    return FittedHead(head, _rows(history.history), int(np.argmin(history.history["val_loss"])))


def _build_head(features: int, labels: int, settings: HeadSettings) -> keras.Model:
    head = keras.Sequential(
        [
            keras.Input((features,), name="features"),
            keras.layers.Dropout(settings.dropout),
            keras.layers.Dense(labels, name="logits"),
        ],
        name="head",
    )
    head.compile(
        optimizer=keras.optimizers.Adam(settings.learning_rate),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
        jit_compile=False,  # XLA on a CPU is many times slower than the plain graph
    )
    return head


class _ShowEpochs(keras.callbacks.Callback):  # type: ignore[misc]
    def __init__(self, progress: Progress, task: TaskID) -> None:
        super().__init__()
        self._progress = progress
        self._task = task

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        loss = (logs or {}).get("val_loss", float("nan"))
        description = f"Training the head (epoch {epoch + 1}, validation loss {loss:.3f})"
        self._progress.update(self._task, advance=1, description=description)

    def on_train_end(self, logs: dict[str, float] | None = None) -> None:  # noqa: ARG002  Keras' signature
        self._progress.update(self._task, total=self._progress.tasks[self._task].completed)


def _rows(history: dict[str, list[float]]) -> list[dict[str, float]]:
    """Turn columns into a row per epoch."""
    names = ("loss", "accuracy", "val_loss", "val_accuracy")
    return [
        {"epoch": epoch, **{name: float(history[name][epoch]) for name in names}}
        for epoch in range(len(history["loss"]))
    ]
