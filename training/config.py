"""The settings of a training run, as one frozen value for the command line and for Python.

This module loads nothing heavy: the command line imports it before it knows whether anything will be trained.
"""

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal

from model_store.labelled_sets.layout import LayoutChoice
from training.backbones.names import DEFAULT, IMAGENET


@dataclass(frozen=True)
class Fractions:
    """The shares of the images of each label that are held out.

    Attributes:
        validation: Over 0 and under 1. Validation images decide when training stops.
        test: From 0 to under 1; 0 makes no test split.
    """

    validation: float = 0.15
    test: float = 0.15

    def __post_init__(self) -> None:
        if not (0 < self.validation < 1 and 0 <= self.test < 1 and self.validation + self.test < 1):
            raise ValueError(
                f"fractions of {self.validation} for validation and {self.test} for test are not possible: "
                "use more than 0 for validation, and less than 1 for both together"
            )

    @property
    def min_images(self) -> int:
        """The smallest number of images that a label needs: one in each split."""
        return 3 if self.test else 2


DEVICE_PATTERN: Final = r"auto|cpu|gpu(:\d+)?"

_SECONDS: Final = {"": 1, "s": 1, "m": 60, "h": 3600}

Augmentation = Literal["auto", "none", "strong"]
ClassWeights = Literal["none", "balanced"]
Precision = Literal["auto", "float32", "mixed"]


@dataclass(frozen=True)
class HeadSettings:
    """Settings of phase one, in which the head on the frozen backbone is trained."""

    epochs: int = 100
    """The most passes over the training images."""
    batch_size: int = 32
    learning_rate: float | None = None
    """AdamW's learning rate; None: chosen on the validation images."""
    weight_decay: float | None = None
    """AdamW's weight decay; None: chosen on the validation images."""
    dropout: float = 0.2
    patience: int = 10
    """Epochs without a lower validation loss after which training stops; the best weights are kept."""


@dataclass(frozen=True)
class FineTuneSettings:
    """Settings of phase two, in which the backbone is fine-tuned from the top down."""

    epochs: int = 15
    """Passes over the training images, unless the validation loss or the budget ends them sooner; 0: none."""
    batch_size: int = 16
    learning_rate: float = 2e-4
    """AdamW's highest learning rate: after the warm-up, before the cosine decay."""
    weight_decay: float = 1e-2
    warmup_epochs: float = 1.0
    depth: float = 1.0
    """Share of the backbone's layers that learn, counted from the top; BatchNorm never does."""
    label_smoothing: float = 0.1
    averaging: float = 0.99
    """Momentum of the moving average of the weights, which is validated and kept; 0: no average."""
    patience: int = 8
    """Epochs without a lower validation loss after which training stops; the best weights are kept."""


@dataclass(frozen=True)
class TrainingConfig:
    """One training run."""

    data: Path
    """Folder with one folder per label, or with `train`, `val` and `test` folders of such folders; a zip or tar of one;
    or a table of labels, whose paths are relative to its own folder."""
    store: Path
    model: str
    backbone: str = DEFAULT
    weights: str = IMAGENET
    """`imagenet`, `none` or the path of a file."""
    image_size: int | None = None
    """Height and width of the model's input in pixels; None: the size that the backbone was made for."""
    positive: str | None = None
    """With two labels, the positive one; default: the second in sorted order."""
    threshold: str = "0.5"
    """Policy of the operating threshold: a probability, `best-f1`, `youden`, `recall>=0.95` or `precision>=0.9`."""
    seed: int = 0
    fractions: Fractions = field(default_factory=Fractions)
    group_by: str | None = None
    """Regular expression; files with the same match in their path (its first group, if it has one) stay together."""
    layout: LayoutChoice | None = None
    """What the first folders are, splits or labels, if they could be both; None: recognised."""
    corrections: Path | None = None
    """File of corrections to apply to the labels; None: there is none."""
    labels_from: Path | None = None
    """Table that gives the labels whatever the folders, by its path in the set or on this machine; None: found."""
    strict: bool = False
    """True: refuse to train if anything in the data is odd."""
    augment: Augmentation = "auto"
    class_weights: ClassWeights = "none"
    head: HeadSettings = field(default_factory=HeadSettings)
    fine_tune: FineTuneSettings = field(default_factory=FineTuneSettings)
    budget_s: float | None = None
    """The most seconds that the whole run may take; fine-tuning gets those that are left."""
    precision: Precision = "auto"
    """Precision of fine-tuning; `auto` mixes precisions on a GPU."""
    device: str = "auto"
    """`auto` (all GPUs, or the CPU if there is none), `cpu`, `gpu` or `gpu:N`."""
    quantize: bool = False
    """True: make an int8 variant as well, if it keeps the accuracy."""
    restart: bool = False
    """True: start over, even if an interrupted run with the same settings and data could be resumed."""
    tensorboard: Path | None = None
    """Folder for TensorBoard's logs; None: no logs."""


def parse_duration(text: str) -> float:
    """Return the seconds that `90`, `90s`, `20m` or `1.5h` stand for.

    Raises:
        ValueError: If `text` is not a duration, or is 0.
    """
    match = re.fullmatch(r"(\d+(?:\.\d+)?|\.\d+)\s*([smh]?)", text.strip().lower())
    if match is None or not float(match[1]):
        raise ValueError(f"{text!r} is not a duration such as 90s, 20m or 1.5h")
    return float(match[1]) * _SECONDS[match[2]]
