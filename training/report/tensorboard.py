"""Writes learning curves as TensorBoard's logs. It loads TensorFlow only when called."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from training.curves.history import History

PLUGIN: Final = "scalars"
COLUMNS: Final = (
    ("train", "loss", "epoch_loss"),
    ("train", "accuracy", "epoch_accuracy"),
    ("train", "learning_rate", "epoch_learning_rate"),
    ("validation", "val_loss", "epoch_loss"),
    ("validation", "val_accuracy", "epoch_accuracy"),
)
"""Run, column of the history, and the name under which Keras' own callback would log it."""


def write_scalars(directory: Path, history: History, *, model: str) -> Path:
    """Write a run's curves.

    Args:
        directory: Folder of all logs; the run gets a folder in it, named for the model and the time.
        history: The curves.
        model: Name of the model.

    Returns:
        The folder of the run, with `train` and `validation` inside.
    """
    folder = directory / f"{model}-{datetime.now(UTC):%Y%m%d-%H%M%S-%f}"
    for run in ("train", "validation"):
        columns = [(column, tag) for owner, column, tag in COLUMNS if owner == run]
        _write_run(folder / run, history, columns)
    return folder


def _write_run(folder: Path, history: History, columns: list[tuple[str, str]]) -> None:
    import tensorflow as tf  # noqa: PLC0415  only if logs are requested

    metadata = tf.compat.v1.SummaryMetadata()
    metadata.plugin_data.plugin_name = PLUGIN  # as TensorBoard's `scalar` writes it, without that package
    with tf.summary.create_file_writer(str(folder)).as_default():
        for epoch in history:
            for column, tag in columns:
                value = getattr(epoch, column)
                if value is not None:
                    tf.summary.write(tag, tf.constant(value, tf.float32), step=epoch.number, metadata=metadata)
        tf.summary.flush()
