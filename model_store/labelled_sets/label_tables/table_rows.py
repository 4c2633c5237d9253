"""The rows of a table from its text: values separated by commas, semicolons, tabs or bars, or JSON lines."""

import csv
import io
import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Final, NamedTuple

from model_store.cells import unquoted

DELIMITERS: Final = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}
MAX_CELLS: Final = 10_000_000
"""Rows times columns; each cell takes memory, also one that its row leaves out."""
_SAMPLE_ROWS: Final = 100
_HEAD_CHARACTERS: Final = 65_536
_SPREADSHEET_HINT: Final = re.compile(r'"?sep=(.)"?\r?\n', re.IGNORECASE)
"""A first line that tells a spreadsheet the delimiter."""


class Row(NamedTuple):
    """A row that is not blank.

    Attributes:
        number: Its number in the file, from 1, as a spreadsheet shows it.
        cells: Its values, without the spaces around them, `unquoted`.
    """

    number: int
    cells: list[str]


@dataclass(frozen=True)
class Rows:
    """The rows of a table, of which the first may be a header.

    Attributes:
        rows: Every row that is not blank.
        form: The form of the file in a word: `commas`, `tabs` or `JSON lines`.
        names: The keys of JSON lines, which are the columns; None if a header has to be found.
    """

    rows: list[Row]
    form: str
    names: list[str] | None = None


class RowsTooMany(ValueError):
    """More rows, or more cells, than a table may have.

    Attributes:
        number: The number of the row, from 1, up to which they were counted.
    """

    def __init__(self, number: int) -> None:
        super().__init__(f"too many up to row {number}")
        self.number = number


class RowUnreadable(ValueError):
    """A row that has no end, or is not what the rows before it are.

    Attributes:
        number: Its number in the file, from 1.
    """

    def __init__(self, number: int, detail: str) -> None:
        super().__init__(detail)
        self.number = number


def first_cells(text: str, delimiter: str) -> list[str]:
    """Return the cells of the first row, even of a text that cannot be split as a whole; empty if it has none."""
    try:
        reader = csv.reader(
            io.StringIO(text[:_HEAD_CHARACTERS], newline=""), delimiter=delimiter, skipinitialspace=True
        )
        return [cell.strip() for cell in next(reader, [])]
    except csv.Error:
        return []


def split_rows(text: str, max_rows: int, delimiter: str | None = None) -> Rows:
    """Split a text into rows.

    Args:
        text: The text of the file.
        max_rows: The greatest number of rows, since a few bytes of a zip make many.
        delimiter: The delimiter, if it is known.

    Raises:
        RowUnreadable: If a row cannot be read, such as one with a quotation mark that is never closed.
        RowsTooMany: If there are more rows than `max_rows`, or more cells than a table may have.
    """
    if text.lstrip()[:1] == "{":
        return _json_lines(text, max_rows)
    hint = _SPREADSHEET_HINT.match(text)
    delimiter = delimiter or (hint[1] if hint else find_delimiter(text))
    skipped = 1 if hint else 0
    rows, width = [], 0
    for row in _rows(text, delimiter):
        if row.number > skipped:
            rows.append(row)
            width = max(width, len(row.cells))
            _check_amount(row.number, len(rows), width, max_rows)
    return Rows(rows, DELIMITERS.get(delimiter, delimiter))


def find_delimiter(text: str) -> str:
    """Return the delimiter that splits most of the first rows into the same number of cells; the first of equals."""
    head = text[:_HEAD_CHARACTERS]

    def agreement(delimiter: str) -> tuple[float, int]:
        lengths: Counter[int] = Counter()
        try:
            for row in islice(csv.reader(io.StringIO(head, newline=""), delimiter=delimiter), _SAMPLE_ROWS):
                lengths[len(row)] += bool(row)
        except csv.Error:
            pass  # the rows before it count
        if not lengths:
            return 0.0, 0
        length, count = lengths.most_common(1)[0]
        return (count / lengths.total() if length > 1 and lengths.total() else 0.0), length

    return max(DELIMITERS, key=agreement)


def _rows(text: str, delimiter: str) -> Iterator[Row]:
    number = 0
    # Strict: otherwise a quotation mark that is never closed would swallow the rest of the file.
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, skipinitialspace=True, strict=True)
    try:
        for number, cells in enumerate(reader, start=1):
            stripped = [unquoted(cell.strip()) for cell in cells]
            if any(stripped):
                yield Row(number, stripped)
    except csv.Error as error:
        raise RowUnreadable(number + 1, str(error)) from error


def _check_amount(number: int, rows: int, width: int, max_rows: int) -> None:
    if rows > max_rows or (rows * width > MAX_CELLS and width > 1):
        raise RowsTooMany(number)


def _json_lines(text: str, max_rows: int) -> Rows:
    objects: list[tuple[int, dict[str, object]]] = []
    names: dict[str, None] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        try:
            value = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise RowUnreadable(number, "the line is not JSON") from error
        if not isinstance(value, dict):
            raise RowUnreadable(number, "the line is not a JSON object")
        objects.append((number, value))
        names |= dict.fromkeys(value)
        _check_amount(number, len(objects), len(names), max_rows)
    rows = [Row(number, [_cell(value.get(name)) for name in names]) for number, value in objects]
    return Rows(rows, "JSON lines", list(names))


def _cell(value: object) -> str:
    """Return a value as a cell; an object or a list of several has no cell."""
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    if isinstance(value, bool):
        return str(int(value))
    return str(value).strip() if isinstance(value, str | int | float) else ""
