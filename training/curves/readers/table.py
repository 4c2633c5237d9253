"""Parses tables of learning curves: CSV of any program, and JSON of lists.

It accepts columns in any order, names of several programs, three separators, decimal commas, and files that were
appended to or cut off. It turns text into rows of named cells; `history.py` interprets them.
"""

import csv
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from training.curves.readers.columns import choose, first_values
from training.curves.readers.log import MISSING, READABLE, Log, LoggedEpoch
from training.curves.readers.steps import Logged, merge
from training.errors import HistoryInvalid

_SEPARATORS: Final = (",", ";", "\t")
_BLANK: Final = frozenset({"", "na", "none", "null"})


def read_csv(path: Path, text: str) -> Log:
    """Read a table with a header: one row per epoch, or one per step, as Lightning writes it.

    Raises:
        HistoryInvalid: If it is not a table with a column of the training loss.
    """
    lines = [(number, line) for number, line in enumerate(text.splitlines(), start=1) if line.strip()]
    first, line = lines[0]
    separator = max(_SEPARATORS, key=line.count)
    header = _split(path, first, line, separator)
    chosen = _chosen(path, first, header)
    accuracy = next(iter(chosen.get("accuracy", chosen.get("val_accuracy", []))), None)
    rows: list[LoggedEpoch] = []
    entries: list[LoggedEpoch] = []
    notes: list[str] = []
    for number, line in lines[1:]:
        cells = _split(path, number, line, separator)
        if _is_header(cells):
            header, chosen = cells, _chosen(path, number, cells)
            notes.append(f"Line {number} is a header again: the file holds several logs, read as one continued run.")
        elif len(cells) == len(header):
            named = {name: _cell(cell, separator) for name, cell in zip(header, cells, strict=True)}
            entries.append(LoggedEpoch(number, named))
            rows.append(LoggedEpoch(number, first_values(named, chosen)))
        elif number == lines[-1][0] and len(cells) < len(header):
            width = len(header)
            notes.append(f"Line {number}, the last, is cut off after {len(cells)} of {width} columns and is left out.")
        else:
            hint = "Give every row as many columns as the header, or remove the row."
            raise HistoryInvalid(path, f"has {len(cells)} columns, not {len(header)}", hint=hint, line=number)
    if {"epoch", "step"} <= chosen.keys() and any(row.cells["loss"].lower() in _BLANK for row in rows):
        return merge(path, _logged(path, entries, chosen), tuple(notes))
    return Log(tuple(rows), tuple(notes), accuracy)


def read_columns(path: Path, columns: dict[str, list[str]]) -> Log:
    """Turn named columns into rows; one shorter by a whole factor was logged once per that many epochs.

    Raises:
        HistoryInvalid: If the training loss is missing, or a column has another length.
    """
    chosen = _chosen(path, None, list(columns))
    ours = {column: columns[names[0]] for column, names in chosen.items() if column != "step"}
    rows, notes = _aligned(path, ours)
    return Log(rows, notes, next(iter(chosen.get("accuracy", [])), None))


def columns_of(document: object) -> dict[str, list[str]] | None:
    """Return the columns of `History.history`, or of a data frame, as text; None if a document is not one of them."""
    if isinstance(document, dict) and isinstance(document.get("history"), dict):
        document = document["history"]
    if not isinstance(document, dict) or not all(isinstance(column, list | dict) for column in document.values()):
        return None
    return {str(name): list(_values(column)) for name, column in document.items()}


def _logged(path: Path, entries: list[LoggedEpoch], chosen: dict[str, list[str]]) -> list[Logged]:
    """Return the numbers of rows that were logged at steps; one without an epoch belongs to that of the next row."""
    logged: list[Logged] = []
    epoch = math.nan
    for entry in reversed(entries):
        values = _numbers(path, entry, chosen)
        epoch = values.get(chosen["epoch"][0], epoch)
        if math.isfinite(epoch):
            logged.append(Logged(int(epoch), values))
    return logged[::-1]


def _numbers(path: Path, entry: LoggedEpoch, chosen: dict[str, list[str]]) -> dict[str, float]:
    """Return name → number of the cells of a row that are used and not blank."""
    names = (name for names in chosen.values() for name in names)
    used = [name for name in names if entry.cells.get(name, "").lower() not in _BLANK]
    try:
        return {name: float(entry.cells[name]) for name in used}
    except ValueError as error:
        hint = "Write numbers with a decimal point, and leave a cell empty if it has no value."
        raise HistoryInvalid(path, f"has a value that is not a number ({error})", hint=hint, line=entry.line) from error


def _is_header(cells: list[str]) -> bool:
    return "loss" in choose(cells)


def _split(path: Path, number: int, line: str, separator: str) -> list[str]:
    try:
        return [cell.strip() for cell in next(csv.reader([line], delimiter=separator, skipinitialspace=True))]
    except csv.Error as error:
        raise HistoryInvalid(path, f"is not a CSV file ({error})", hint=READABLE, line=number) from error


def _cell(text: str, separator: str) -> str:
    """Return a cell's text. If semicolons separate cells, a comma in a cell is a decimal comma."""
    return text.replace(",", ".") if separator == ";" else text


def _chosen(path: Path, line: int | None, header: list[str]) -> dict[str, list[str]]:
    """Return column of ours → its names in a header, which has one of the training loss."""
    chosen = choose(header)
    if "loss" not in chosen:
        columns = ", ".join(name.strip() for name in header[:12])
        raise HistoryInvalid(path, f"has no column `loss`, only: {columns[:200]}", hint=READABLE, line=line)
    return chosen


def _values(column: list[object] | dict[str, object]) -> Iterator[str]:
    """Yield the cells of a column; pandas saves a column as an object keyed by row number."""
    for value in column.values() if isinstance(column, dict) else column:
        yield MISSING if value is None else str(value)


def _aligned(path: Path, columns: dict[str, list[str]]) -> tuple[tuple[LoggedEpoch, ...], tuple[str, ...]]:
    if (epochs := len(columns["loss"])) == 0:
        return (), ()
    rows = [LoggedEpoch(None, {}) for _ in range(epochs)]
    notes = []
    for name, column in columns.items():
        every = epochs // len(column) if column else 0
        if not every or epochs // every != len(column):
            hint = "Save all lists of one call of `fit`."
            raise HistoryInvalid(path, f"has {len(column)} values of `{name}` but {epochs} of `loss`", hint=hint)
        if every > 1:
            notes.append(f"`{name}` has a value every {every} epochs (validation_freq={every}).")
        for place, value in enumerate(column):
            rows[(place + 1) * every - 1].cells[name] = value
    return tuple(rows), tuple(notes)
