"""What decides a training run, as one frozen value; the same for the command line and for Python.

Light: the command line imports it before it knows whether anything will be trained.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from training.names import DEFAULT, IMAGENET
from training.split import Fractions

DEVICE_PATTERN: Final = r"auto|cpu|gpu(:\d+)?"


@dataclass(frozen=True)
class HeadSettings:
    """How the head on the frozen backbone is trained.

    Measured on 2,624 photographs of solar cells (`efficientnet-lite0`, 10 splits with 158 test images): learning rates
    from 3e-4 to 1e-2 end within 0.1 points of each other, and so do more dropout, standardised features and further
    layers' features within 1 point; 1e-3 had the least spread.
    """

    epochs: int = 100
    """At most so many passes over the training images."""
    batch_size: int = 32
    learning_rate: float = 1e-3
    """Adam's."""
    dropout: float = 0.2
    patience: int = 10
    """Epochs without a lower validation loss after which training stops; the best weights are kept."""


@dataclass(frozen=True)
class TrainingConfig:
    """One training run."""

    data: Path
    """Folder per label, or `train`, `val`, `test` folders of them."""
    store: Path
    model: str
    backbone: str = DEFAULT
    weights: str = IMAGENET
    """`imagenet`, `none` or the path of a file."""
    positive: str | None = None
    """With two labels, the positive one; default: the second in sorted order."""
    seed: int = 0
    fractions: Fractions = field(default_factory=Fractions)
    head: HeadSettings = field(default_factory=HeadSettings)
    device: str = "auto"
    """`auto`, `cpu`, `gpu` or `gpu:N`."""
