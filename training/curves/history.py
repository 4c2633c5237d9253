"""The learning curves of a run, one row per epoch, and the file that holds them.

The file has the columns of Keras' `CSVLogger` and two more, `phase` and `learning_rate`. `diagnosis.py` interprets the
curves; `readers` parses the files of any run.
"""

import csv
import math
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, Literal

from training.curves.readers.log import MISSING, Log, LoggedEpoch
from training.curves.readers.reading import read_log
from training.errors import HistoryInvalid

Phase = Literal["head", "fine-tune"]
PHASES: Final[tuple[Phase, ...]] = ("head", "fine-tune")
COLUMNS: Final = ("epoch", "phase", "learning_rate", "accuracy", "loss", "val_accuracy", "val_loss")

_MOSTLY_RIGHT: Final = 0.85
"""Binary accuracy of a first epoch that one label of two seldom has."""
_MISSING: Final = frozenset({"", MISSING.lower(), "none", "null"})


@dataclass(frozen=True, slots=True)
class Epoch:
    """One pass over the training images."""

    number: int
    """Number counted from 0, through all phases."""
    loss: float
    val_loss: float | None = None
    accuracy: float | None = None
    """Share of images predicted right, from 0 to 1; so is `val_accuracy`."""
    val_accuracy: float | None = None
    phase: Phase | None = None
    """The phase; None if the history does not name it."""
    learning_rate: float | None = None
    """Learning rate at the end of the epoch."""


History = tuple[Epoch, ...]


@dataclass(frozen=True, slots=True)
class ReadHistory:
    """A history from a file, and notes on oddities of the file, one sentence each."""

    history: History
    notes: tuple[str, ...]
    has_several_labels: bool = False
    """True if the accuracy is one of several labels an image."""


def read_history(path: Path) -> History:
    """Read the learning curves of any file or folder that is known; see `read_with_notes`.

    Raises:
        HistoryInvalid: If the file cannot be read, or does not hold a training loss for each epoch.
    """
    return read_with_notes(path).history


def read_with_notes(path: Path) -> ReadHistory:
    """Read learning curves, with notes on oddities of the file.

    An epoch counter that starts again is read as one continued run, as `CSVLogger(append=True)` writes it. One that
    goes back some epochs is read as a resumed run, whose later rows replace the earlier ones.

    Raises:
        HistoryInvalid: If the file cannot be read, or does not hold a training loss for each epoch.
    """
    log = read_log(path)
    epochs = [_epoch(path, row, place) for place, row in enumerate(log.rows)]
    epochs, counted = _counted(epochs, log)
    epochs, scaled = _as_shares(path, epochs)
    return ReadHistory(tuple(epochs), (*log.notes, *counted, *scaled), _has_several_labels(log.accuracy or "", epochs))


def _has_several_labels(name: str, epochs: list[Epoch]) -> bool:
    """Tell by the name of an accuracy, and by its first value, whether it is that of several labels an image.

    A binary accuracy counts every label that an image lacks as right, so it begins near 1 - 1/labels.
    """
    plain = name.lower().replace("_", "")
    if "multilabel" in plain or "hamming" in plain:
        return True
    first = epochs[0].val_accuracy if epochs[0].accuracy is None else epochs[0].accuracy
    return "binaryaccuracy" in plain and first is not None and first >= _MOSTLY_RIGHT


def write_history(path: Path, history: History) -> None:
    """Write the curves as CSV with the columns `COLUMNS`; `read_history` returns the same values."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        for epoch in history:
            values = [epoch.number, *(getattr(epoch, name) for name in COLUMNS[1:])]
            writer.writerow([MISSING if value is None else str(value) for value in values])


def _epoch(path: Path, row: LoggedEpoch, place: int) -> Epoch:
    loss = _number(path, row, "loss")
    if loss is None:
        hint = "Every epoch needs its training loss; remove rows that are not epochs."
        raise HistoryInvalid(path, "has no training loss", hint=hint, line=row.line)
    number = _number(path, row, "epoch")
    phase = row.cells.get("phase")
    return Epoch(
        number=place if number is None or not math.isfinite(number) else int(number),
        loss=loss,
        val_loss=_number(path, row, "val_loss"),
        accuracy=_number(path, row, "accuracy"),
        val_accuracy=_number(path, row, "val_accuracy"),
        phase=next((known for known in PHASES if known == phase), None),
        learning_rate=_number(path, row, "learning_rate"),
    )


def _number(path: Path, row: LoggedEpoch, column: str) -> float | None:
    """Read a cell. `nan` and `inf` are values: those of a loss that has diverged."""
    text = row.cells.get(column, "")
    if text.lower() in _MISSING:
        return None
    try:
        return float(text)
    except ValueError as error:
        hint = "Write numbers with a decimal point, and NA for a missing value, as CSVLogger does."
        raise HistoryInvalid(path, f"has {text[:40]!r} as a value of `{column}`", hint=hint, line=row.line) from error


def _counted(epochs: list[Epoch], log: Log) -> tuple[list[Epoch], list[str]]:
    """Number the epochs from 0, whatever the file's counter does."""
    first = epochs[0].number
    if len(epochs) > 1 and all(epoch.number == first for epoch in epochs):
        rows = [replace(epoch, number=place) for place, epoch in enumerate(epochs)]
        return rows, ["The epoch counter does not change: the rows are counted instead."]
    kept: list[Epoch] = []
    notes: list[str] = []
    shift = 0
    for epoch, row in zip(epochs, log.rows, strict=True):
        number = epoch.number + shift
        if kept and epoch.number <= first and number <= kept[-1].number:
            shift = kept[-1].number + 1 - epoch.number
            number = epoch.number + shift
            notes.append(f"The epoch counter starts again {_at(row, epoch)}: read as one continued run.")
        elif kept and number <= kept[-1].number:
            kept = [earlier for earlier in kept if earlier.number < number]
            notes.append(f"The epoch counter goes back {_at(row, epoch)}: the later rows replace the earlier ones.")
        kept.append(replace(epoch, number=number))
    if first == 1:
        notes.append("The file counts epochs from 1, not from 0 as Keras does.")
        kept = [replace(epoch, number=epoch.number - 1) for epoch in kept]
    return kept, notes


def _at(row: LoggedEpoch, epoch: Epoch) -> str:
    return f"at epoch {epoch.number}" if row.line is None else f"at line {row.line}"


def _as_shares(path: Path, epochs: list[Epoch]) -> tuple[list[Epoch], list[str]]:
    """Convert accuracy in per cent to shares from 0 to 1."""
    values = [value for epoch in epochs for value in (epoch.accuracy, epoch.val_accuracy) if value is not None]
    finite = [value for value in values if math.isfinite(value)]
    if not finite or (min(finite) >= 0 and max(finite) <= 1):
        return epochs, []
    if min(finite) < 0 or max(finite) > 100:
        hint = "Write accuracy as a share from 0 to 1, or in per cent from 0 to 100."
        raise HistoryInvalid(path, f"has an accuracy of {max(finite, key=abs):g}", hint=hint)
    scaled = [
        replace(epoch, accuracy=_share(epoch.accuracy), val_accuracy=_share(epoch.val_accuracy)) for epoch in epochs
    ]
    return scaled, ["Accuracy exceeds 1: read as per cent."]


def _share(percent: float | None) -> float | None:
    return None if percent is None else percent / 100
