"""Parses the logs of any Keras run: a file of `CSVLogger`, or `History.history` saved as JSON.

It accepts columns in any order, old and new metric names, three separators, decimal commas, and files that were
appended to or cut off. It turns text into rows of named cells; `history.py` interprets them.
"""

import csv
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from training.errors import HistoryInvalid

METRICS: Final = ("accuracy", "acc", "sparse_categorical_accuracy", "categorical_accuracy", "binary_accuracy")
"""Keras' names for accuracy, old and new; the first that a file has is used."""
NAMES: Final[dict[str, tuple[str, ...]]] = {
    "epoch": ("epoch",),
    "phase": ("phase",),
    "loss": ("loss",),
    "val_loss": ("val_loss",),
    "accuracy": METRICS,
    "val_accuracy": tuple(f"val_{name}" for name in METRICS),
    "learning_rate": ("learning_rate", "lr"),
}
"""Column name to its names in files."""
MISSING: Final = "NA"
"""The text that `CSVLogger` writes for a missing value."""

_MAX_BYTES: Final = 64_000_000
_SEPARATORS: Final = (",", ";", "\t")
_NEEDED: Final = "Write it with keras.callbacks.CSVLogger, or save History.history as JSON."


@dataclass(frozen=True, slots=True)
class LoggedEpoch:
    """One epoch as text.

    Attributes:
        line: Line number in the file, counted from 1; None in JSON.
        cells: Column name to text, without surrounding white space.
    """

    line: int | None
    cells: dict[str, str]


@dataclass(frozen=True, slots=True)
class Log:
    """The rows of a file in order, at least one, and notes on oddities of the file, one sentence each."""

    rows: tuple[LoggedEpoch, ...]
    notes: tuple[str, ...] = ()


def read_log(path: Path) -> Log:
    """Read a file of learning curves.

    Raises:
        HistoryInvalid: If it cannot be read, is not text, or lacks epochs or the column `loss`.
    """
    text = _text(path)
    log = _read_json(path, text) if text.lstrip().startswith(("{", "[")) else _read_csv(path, text)
    if not log.rows:
        hint = "Train for at least one epoch: CSVLogger writes a row at the end of each."
        raise HistoryInvalid(path, "has a header but no epochs", hint=hint)
    return log


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > _MAX_BYTES:
            raise HistoryInvalid(
                path, f"has over {_MAX_BYTES / 1e6:.0f} MB, which is too large for learning curves", hint=_NEEDED
            )
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise HistoryInvalid(path, "is not text in UTF-8", hint=_NEEDED) from error
    except OSError as error:
        raise HistoryInvalid(path, f"cannot be read: {error.strerror}", hint="Check the path.") from error
    if "\0" in text:
        raise HistoryInvalid(path, "is not text: it has NUL bytes", hint=_NEEDED)
    if not text.strip():
        raise HistoryInvalid(path, "is empty", hint=_NEEDED)
    return text


def _read_csv(path: Path, text: str) -> Log:
    lines = [(number, line) for number, line in enumerate(text.splitlines(), start=1) if line.strip()]
    first, header = lines[0]
    separator = max(_SEPARATORS, key=header.count)
    places = _places(path, first, _split(path, first, header, separator))
    width = len(_split(path, first, header, separator))
    rows: list[LoggedEpoch] = []
    notes: list[str] = []
    for number, line in lines[1:]:
        cells = _split(path, number, line, separator)
        if "loss" in _plain(cells):
            places, width = _places(path, number, cells), len(cells)
            notes.append(f"Line {number} is a header again: the file holds several logs, read as one continued run.")
        elif len(cells) == width:
            rows.append(LoggedEpoch(number, {name: _cell(cells[place], separator) for name, place in places.items()}))
        elif number == lines[-1][0] and len(cells) < width:
            notes.append(f"Line {number}, the last, is cut off after {len(cells)} of {width} columns and is left out.")
        else:
            hint = "Give every row as many columns as the header, or remove the row."
            raise HistoryInvalid(path, f"has {len(cells)} columns, not {width}", hint=hint, line=number)
    return Log(tuple(rows), tuple(notes))


def _split(path: Path, number: int, line: str, separator: str) -> list[str]:
    try:
        return next(csv.reader([line], delimiter=separator))
    except csv.Error as error:
        raise HistoryInvalid(path, f"is not a CSV file ({error})", hint=_NEEDED, line=number) from error


def _plain(names: list[str]) -> list[str]:
    """Return column names in lower case, without the number that Keras 2 appended for a model compiled twice."""
    return [re.sub(r"_\d+$", "", name.strip().lower()) for name in names]


def _cell(text: str, separator: str) -> str:
    """Return a cell's text. If semicolons separate cells, a comma in a cell is a decimal comma."""
    return text.strip().replace(",", ".") if separator == ";" else text.strip()


def _places(path: Path, line: int | None, header: list[str]) -> dict[str, int]:
    """Return the index of each known column that the header has."""
    plain = _plain(header)
    places = {ours: next((plain.index(name) for name in names if name in plain), None) for ours, names in NAMES.items()}
    if places["loss"] is None:
        columns = ", ".join(name.strip() for name in header[:12])
        raise HistoryInvalid(path, f"has no column `loss`, only: {columns[:200]}", hint=_NEEDED, line=line)
    return {name: place for name, place in places.items() if place is not None}


def _read_json(path: Path, text: str) -> Log:
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise HistoryInvalid(path, f"is not valid JSON ({error})", hint=_NEEDED) from error
    if isinstance(document, dict) and isinstance(document.get("history"), dict):
        document = document["history"]
    if not isinstance(document, dict) or not all(isinstance(column, list | dict) for column in document.values()):
        hint = "Save it with `json.dump(history.history, file)`: an object with one list per metric."
        raise HistoryInvalid(path, "is JSON, but not an object of lists", hint=hint)
    columns = {name: list(_values(column)) for name, column in document.items()}
    names = list(columns)
    chosen = {ours: columns[names[place]] for ours, place in _places(path, None, names).items()}
    return _aligned(path, chosen)


def _values(column: list[object] | dict[str, object]) -> Iterator[str]:
    """Yield the cells of a column; pandas saves a column as an object keyed by row number."""
    for value in column.values() if isinstance(column, dict) else column:
        yield MISSING if value is None else str(value)


def _aligned(path: Path, columns: dict[str, list[str]]) -> Log:
    """Turn columns into rows; a column shorter by a whole factor was logged once per that many epochs."""
    epochs = len(columns["loss"])
    rows = [LoggedEpoch(None, {}) for _ in range(epochs)]
    notes = []
    for name, column in columns.items():
        every = epochs // len(column) if column else 0
        if epochs and (not every or epochs // every != len(column)):
            hint = "Save all lists of one call of `fit`."
            raise HistoryInvalid(path, f"has {len(column)} values of `{name}` but {epochs} of `loss`", hint=hint)
        if every > 1:
            notes.append(f"`{name}` has a value every {every} epochs (validation_freq={every}).")
        for place, value in enumerate(column):
            rows[(place + 1) * every - 1].cells[name] = value
    return Log(tuple(rows), tuple(notes))
