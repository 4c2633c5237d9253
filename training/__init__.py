"""Train an image classifier on a folder of labelled images and publish it to a model store.

`train` is the whole of it from Python; `fullcount train` is the same from a shell. Importing this package loads neither
TensorFlow nor Keras; calling `train` does.
"""

from typing import TYPE_CHECKING

from rich.progress import Progress

from training.config import FineTuneSettings, Fractions, HeadSettings, TrainingConfig

if TYPE_CHECKING:
    from training.recipe import TrainingResult


__all__ = ["FineTuneSettings", "Fractions", "HeadSettings", "TrainingConfig", "train"]


def train(config: TrainingConfig, progress: Progress | None = None) -> "TrainingResult":
    """Train a model and publish it as the next version.

    Seeds Python's, NumPy's and TensorFlow's random state and makes TensorFlow's operations deterministic, for the whole
    process.

    Args:
        config: What to train, from what, to where.
        progress: Gets a bar per step; default: silence.

    Returns:
        The published version with its evaluations and the Keras model.

    Raises:
        FullcountError: Something cannot be done; its message and hint say what to do. Nothing was published.
    """
    from training.recipe import run  # noqa: PLC0415  loads TensorFlow

    return run(config, progress or Progress(disable=True))
