"""Train an image classifier on a folder of labelled images and publish it to a model store.

`train` does all of it from Python, `fullcount train` from a shell. Importing this package loads neither TensorFlow nor
Keras; calling `train` does.
"""

from typing import TYPE_CHECKING

from rich.progress import Progress

from training.config import FineTuneSettings, Fractions, HeadSettings, TrainingConfig

if TYPE_CHECKING:
    from training.recipe import TrainingResult


__all__ = ["FineTuneSettings", "Fractions", "HeadSettings", "TrainingConfig", "train"]


def train(config: TrainingConfig, progress: Progress | None = None) -> "TrainingResult":
    """Train a model and publish it as the next version.

    It seeds the random state of Python, NumPy and TensorFlow and makes TensorFlow's operations deterministic, for the
    whole process.

    Args:
        config: Data, model, store and settings.
        progress: Progress display, which gets a bar per step; None for silence.

    Returns:
        The published version with its evaluations and the Keras model.

    Raises:
        FullcountError: If training is not possible. The message and the hint say what to do; nothing is published.
    """
    from training.recipe import run  # noqa: PLC0415  loads TensorFlow

    return run(config, progress or Progress(disable=True))
