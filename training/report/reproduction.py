"""How to get the same again: every setting, the software, and the command that was given.

Where the data and the store lie on the machine that trained is left out: a report goes to other people.
"""

import platform
import shlex
from collections.abc import Iterator
from dataclasses import asdict, fields
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final

from model_store.manifest import Scalar
from training.config import FineTuneSettings, Fractions, HeadSettings, TrainingConfig

PACKAGES: Final = ("fullcount", "tensorflow", "tensorflow-cpu", "keras", "numpy", "pillow")
"""What decides a result; of TensorFlow's two builds one is installed."""

OPTIONS: Final = {
    "backbone": "--backbone",
    "weights": "--weights",
    "image_size": "--image-size",
    "positive": "--positive",
    "threshold": "--threshold",
    "seed": "--seed",
    "fractions.validation": "--val-fraction",
    "fractions.test": "--test-fraction",
    "group_by": "--group-by",
    "strict": "--strict",
    "augment": "--augment",
    "class_weights": "--class-weights",
    "head.epochs": "--epochs",
    "head.batch_size": "--batch-size",
    "head.learning_rate": "--learning-rate",
    "head.weight_decay": "--weight-decay",
    "head.dropout": "--dropout",
    "head.patience": "--patience",
    "fine_tune.epochs": "--fine-tune-epochs",
    "fine_tune.batch_size": "--fine-tune-batch-size",
    "fine_tune.learning_rate": "--fine-tune-learning-rate",
    "fine_tune.depth": "--fine-tune-depth",
    "fine_tune.label_smoothing": "--label-smoothing",
    "fine_tune.patience": "--fine-tune-patience",
    "budget_s": "--budget",
    "precision": "--precision",
    "device": "--device",
    "quantize": "--quantize",
}
"""Setting to the option of `fullcount train` that sets it; the others can be set from Python only."""


def settings(config: TrainingConfig) -> dict[str, Scalar]:
    """Return every setting that decides a result, by name: `head.epochs`."""
    found: dict[str, Scalar] = {}
    for field in fields(config):
        value = getattr(config, field.name)
        if isinstance(value, HeadSettings | FineTuneSettings | Fractions):
            found |= {f"{field.name}.{name}": one for name, one in asdict(value).items()}
        elif field.name in OPTIONS:
            found[field.name] = _name(value) if field.name == "weights" else value
    return found


def command(config: TrainingConfig) -> str:
    """Return the command that trains with these settings, without what is a default anyway."""
    words = ["fullcount", "train", config.data.name or "DATA", "--store", config.store.name or "STORE"]
    words += ["--model", config.model]
    for name, value in _unusual(config).items():
        if name in OPTIONS:
            words += _option(name, value)
    return shlex.join(words)


def python_only(config: TrainingConfig) -> dict[str, Scalar]:
    """Return the settings that are no defaults and that no option of the command sets."""
    return {name: value for name, value in _unusual(config).items() if name not in OPTIONS}


def software() -> Iterator[tuple[str, str]]:
    """Yield the name and version of the packages that are installed, Python's first; loads none of them."""
    yield "python", platform.python_version()
    for package in PACKAGES:
        try:
            yield package, version(package)
        except PackageNotFoundError:  # the other build of TensorFlow
            continue


def _unusual(config: TrainingConfig) -> dict[str, Scalar]:
    usual = settings(TrainingConfig(data=config.data, store=config.store, model=config.model))
    return {name: value for name, value in settings(config).items() if value != usual[name]}


def _option(name: str, value: Scalar) -> list[str]:
    if value is True:
        return [OPTIONS[name]]
    return [OPTIONS[name], f"{value:g}s" if name == "budget_s" else str(value)]


def _name(weights: str) -> str:
    """Return a weights file's name without the folder it lies in."""
    return Path(weights).name
