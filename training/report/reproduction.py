"""The facts to reproduce a run: every setting, the software and the command.

Paths of the data and the store are shortened to their last part, because a report goes to other people.
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
"""Packages that decide a result; only one of TensorFlow's two builds is installed."""

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
    "layout": "--layout",
    "corrections": "--corrections",
    "labels_from": "--labels-from",
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
"""Setting to its option of `fullcount train`; the others can be set from Python only."""

_FILES: Final = frozenset({"weights", "corrections", "labels_from"})
"""Settings that are paths of files, which are shortened to their names."""


def settings(config: TrainingConfig) -> dict[str, Scalar]:
    """Return every setting that decides a result, by its name, such as `head.epochs`."""
    values: dict[str, Scalar] = {}
    for field in fields(config):
        value = getattr(config, field.name)
        if isinstance(value, HeadSettings | FineTuneSettings | Fractions):
            values |= {f"{field.name}.{name}": nested for name, nested in asdict(value).items()}
        elif field.name in OPTIONS:
            values[field.name] = Path(value).name if field.name in _FILES and value is not None else value
    return values


def command(config: TrainingConfig) -> str:
    """Return the command that trains with these settings, without those that are defaults."""
    words = ["fullcount", "train", config.data.name or "DATA", "--store", config.store.name or "STORE"]
    words += ["--model", config.model]
    for name, value in _changed(config).items():
        if name in OPTIONS:
            words += _option(name, value)
    return shlex.join(words)


def python_only(config: TrainingConfig) -> dict[str, Scalar]:
    """Return the settings that differ from the defaults and for which the command lacks an option."""
    return {name: value for name, value in _changed(config).items() if name not in OPTIONS}


def software() -> Iterator[tuple[str, str]]:
    """Yield name and version of Python and of each installed package, without loading them."""
    yield "python", platform.python_version()
    for package in PACKAGES:
        try:
            yield package, version(package)
        except PackageNotFoundError:  # the other build of TensorFlow
            continue


def _changed(config: TrainingConfig) -> dict[str, Scalar]:
    defaults = settings(TrainingConfig(data=config.data, store=config.store, model=config.model))
    return {name: value for name, value in settings(config).items() if value != defaults[name]}


def _option(name: str, value: Scalar) -> list[str]:
    if value is True:
        return [OPTIONS[name]]
    return [OPTIONS[name], f"{value:g}s" if name == "budget_s" else str(value)]
