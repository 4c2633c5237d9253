"""Reads what Keras leaves of a run: the file of `CSVLogger`, or `History.history` saved as JSON.

Anybody's file: columns in any order, metric names old and new, three separators, decimal commas, files that were
appended to or cut off. Text to rows of named cells; what a row means is in `history.py`.
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
"""What Keras has called the share of images called right; the first that a file has is taken."""
NAMES: Final[dict[str, tuple[str, ...]]] = {
    "epoch": ("epoch",),
    "phase": ("phase",),
    "loss": ("loss",),
    "val_loss": ("val_loss",),
    "accuracy": METRICS,
    "val_accuracy": tuple(f"val_{name}" for name in METRICS),
    "learning_rate": ("learning_rate", "lr"),
}
"""Our name of a column to the names it has in files."""
MISSING: Final = "NA"
"""What `CSVLogger` writes where an epoch has no value."""

_MAX_BYTES: Final = 64_000_000
_SEPARATORS: Final = (",", ";", "\t")
_NEEDED: Final = "Write it with keras.callbacks.CSVLogger, or save History.history as JSON."


@dataclass(frozen=True, slots=True)
class LoggedEpoch:
    """One epoch as text.

    Attributes:
        line: Where in the file, from 1; None in JSON.
        cells: Our column name to its text, without white space around it.
    """

    line: int | None
    cells: dict[str, str]


@dataclass(frozen=True, slots=True)
class Log:
    """A file's rows in their order, at least one, and what was odd about the file, a sentence each."""

    rows: tuple[LoggedEpoch, ...]
    notes: tuple[str, ...] = ()


def read_log(path: Path) -> Log:
    """Read a file of learning curves.

    Raises:
        HistoryInvalid: It cannot be read, is no text, or has no epochs or no column `loss`.
    """
    text = _text(path)
    log = _read_json(path, text) if text.lstrip().startswith(("{", "[")) else _read_csv(path, text)
    if not log.rows:
        hint = "Train for an epoch at least: CSVLogger writes a row at the end of each."
        raise HistoryInvalid(path, "has a header and no epochs", hint=hint)
    return log


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > _MAX_BYTES:
            raise HistoryInvalid(
                path, f"has over {_MAX_BYTES / 1e6:.0f} MB: no learning curves are so long", hint=_NEEDED
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
            notes.append(f"Line {number} is a header again: the file holds several logs, read as one run that went on.")
        elif len(cells) == width:
            rows.append(LoggedEpoch(number, {name: _cell(cells[place], separator) for name, place in places.items()}))
        elif number == lines[-1][0] and len(cells) < width:
            notes.append(f"Line {number}, the last, is cut off after {len(cells)} of {width} columns and left out.")
        else:
            hint = "Give every row as many columns as the header has, or remove it."
            raise HistoryInvalid(path, f"has {len(cells)} columns, not {width}", hint=hint, line=number)
    return Log(tuple(rows), tuple(notes))


def _split(path: Path, number: int, line: str, separator: str) -> list[str]:
    try:
        return next(csv.reader([line], delimiter=separator))
    except csv.Error as error:
        raise HistoryInvalid(path, f"is no CSV file ({error})", hint=_NEEDED, line=number) from error


def _plain(names: list[str]) -> list[str]:
    """Return column names in small letters, without the number that Keras 2 gave to a model compiled twice."""
    return [re.sub(r"_\d+$", "", name.strip().lower()) for name in names]


def _cell(text: str, separator: str) -> str:
    """Return a cell's text; with semicolons between cells a comma inside is a decimal comma."""
    return text.strip().replace(",", ".") if separator == ";" else text.strip()


def _places(path: Path, line: int | None, header: list[str]) -> dict[str, int]:
    """Find our columns in a header: the place of each that is there."""
    plain = _plain(header)
    found = {ours: next((plain.index(name) for name in names if name in plain), None) for ours, names in NAMES.items()}
    if found["loss"] is None:
        there = ", ".join(name.strip() for name in header[:12])
        raise HistoryInvalid(path, f"has no column `loss`, only: {there[:200]}", hint=_NEEDED, line=line)
    return {name: place for name, place in found.items() if place is not None}


def _read_json(path: Path, text: str) -> Log:
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise HistoryInvalid(path, f"is not valid JSON ({error})", hint=_NEEDED) from error
    if isinstance(document, dict) and isinstance(document.get("history"), dict):
        document = document["history"]
    if not isinstance(document, dict) or not all(isinstance(column, list | dict) for column in document.values()):
        hint = "Save it with `json.dump(history.history, file)`: an object of lists, one per metric."
        raise HistoryInvalid(path, "is JSON, but no object of lists", hint=hint)
    columns = {name: list(_values(column)) for name, column in document.items()}
    names = list(columns)
    chosen = {ours: columns[names[place]] for ours, place in _places(path, None, names).items()}
    return _aligned(path, chosen)


def _values(column: list[object] | dict[str, object]) -> Iterator[str]:
    """Yield the cells of a column; pandas saves one as an object of row numbers."""
    for value in column.values() if isinstance(column, dict) else column:
        yield MISSING if value is None else str(value)


def _aligned(path: Path, columns: dict[str, list[str]]) -> Log:
    """Make rows of columns; one that is shorter by a whole factor was logged every so many epochs."""
    epochs = len(columns["loss"])
    rows = [LoggedEpoch(None, {}) for _ in range(epochs)]
    notes = []
    for name, column in columns.items():
        every = epochs // len(column) if column else 0
        if epochs and (not every or epochs // every != len(column)):
            hint = "Save all lists of one `fit`."
            raise HistoryInvalid(path, f"has {len(column)} values of `{name}` and {epochs} of `loss`", hint=hint)
        if every > 1:
            notes.append(f"`{name}` is there every {every} epochs (validation_freq={every}).")
        for place, value in enumerate(column):
            rows[(place + 1) * every - 1].cells[name] = value
    return Log(tuple(rows), tuple(notes))
