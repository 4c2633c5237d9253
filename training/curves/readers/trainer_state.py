"""Reads the log of Hugging Face's `Trainer`: `trainer_state.json`, or its `log_history` alone."""

import math
from collections.abc import Iterable
from pathlib import Path

from training.curves.readers.log import Log
from training.curves.readers.steps import Logged, merge


def log_history_of(document: object) -> list[object] | None:
    """Return the log of a trainer's state; None if a JSON document is not one."""
    if isinstance(document, dict):
        document = document.get("log_history")
    is_log = isinstance(document, list) and document and all(isinstance(entry, dict) for entry in document)
    return document if is_log and isinstance(document, list) else None


def read_trainer_state(path: Path, entries: Iterable[object]) -> Log:
    """Read the entries of a log; the summary of the whole run at its end is left out.

    `epoch` is a part of epochs done, so values up to and at 1.0 belong to the first one.

    Raises:
        HistoryInvalid: If there is no training loss.
    """
    logged = []
    for place, entry in enumerate(entries):
        if isinstance(entry, dict) and "train_runtime" not in entry:
            numbers = {name: float(value) for name, value in entry.items() if isinstance(value, int | float)}
            epoch = numbers.get("epoch", float(place + 1))
            logged.append(Logged(max(0, math.ceil(epoch - 1e-6) - 1) if math.isfinite(epoch) else place, numbers))
    return merge(path, logged)
