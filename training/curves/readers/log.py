"""Rows of a file of learning curves: named cells as text, which `history.py` interprets."""

from dataclasses import dataclass
from typing import Final

MISSING: Final = "NA"
"""The text that `CSVLogger` writes for a missing value."""
READABLE: Final = (
    "Read are: files of keras.callbacks.CSVLogger, Fullcount's history.csv, History.history as JSON or as printed, "
    "Keras' console output, TensorBoard event files, Lightning's metrics.csv, Hugging Face's trainer_state.json, "
    "Ultralytics' results.csv, and folders that hold one of them."
)
"""The hint for a file that is none of those that are read."""


@dataclass(frozen=True, slots=True)
class LoggedEpoch:
    """One epoch as text.

    Attributes:
        line: Line number in the file, counted from 1; None if the file does not have a line for each epoch.
        cells: Column name to text, without surrounding white space.
    """

    line: int | None
    cells: dict[str, str]


@dataclass(frozen=True, slots=True)
class Log:
    """The rows of a file in order, at least one, and notes on oddities of the file, one sentence each.

    Attributes:
        accuracy: Name of the accuracy in the file; None if it lacks one.
    """

    rows: tuple[LoggedEpoch, ...]
    notes: tuple[str, ...] = ()
    accuracy: str | None = None
