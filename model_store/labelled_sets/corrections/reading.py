"""The file of corrections: a row for each file that somebody looked at, as a page or a spreadsheet writes it."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple

from model_store.errors import CorrectionsRejected
from model_store.labelled_sets.label_tables.table_rows import (
    DELIMITERS,
    Row,
    RowsTooMany,
    RowUnreadable,
    first_cells,
    split_rows,
)
from model_store.labelled_sets.label_tables.table_text import decode_table
from model_store.labelled_sets.names import composed
from model_store.text import excerpt, printable

COLUMNS: Final = ("path", "was", "should_be")
"""The columns that the file needs; `why` may be missing, and others are ignored."""
MAX_BYTES: Final = 32 << 20
MAX_ROWS: Final = 100_000

_WHY: Final = "why"
_LEFT_OUT_BY_EXCEL: Final = "should_be"
"""The column that a row may lack: Excel writes no empty cells at the end of a row below its first rows."""


class Correction(NamedTuple):
    """A row: what somebody said about the label of a file.

    Attributes:
        row: Its number in the file, from 1, as a spreadsheet shows it.
        path: The path of the file, as a report gives it.
        was: The label that the file had.
        should_be: The label that it should have, which may be the same; None if the file is not usable.
        why: A remark for people.
    """

    row: int
    path: str
    was: str
    should_be: str | None
    why: str


@dataclass(frozen=True)
class Corrections:
    """The rows of a file, and the facts about it."""

    filename: str
    sha256: str
    rows: tuple[Correction, ...]


def read_corrections(filename: str, data: bytes, names: Iterable[str] = ()) -> Corrections:
    """Read a file of corrections.

    Byte order marks, UTF-16, code pages, semicolons, tabs, any order of the columns and further columns are accepted.

    Args:
        filename: Its name, for errors and for the report.
        data: Its bytes.
        names: Paths and labels that it may hold, by which a code page is recognised.

    Raises:
        CorrectionsRejected: If it is too large or no table, lacks a column, has a row without a path or without all
            its columns.
    """
    filename = printable(filename)
    if len(data) > MAX_BYTES:
        raise CorrectionsRejected(filename, f"it has more than {MAX_BYTES >> 20} MiB")
    table, is_cut_off = _split(filename, data, names)
    header, rows = (table[0].cells, table[1:]) if table else ([], [])
    places = _places(filename, header)
    last = rows[-1].number if rows and is_cut_off else None
    corrections = tuple(_correction(filename, row, places, is_cut_off=row.number == last) for row in rows)
    return Corrections(filename, hashlib.sha256(data).hexdigest(), corrections)


def open_corrections(path: Path, names: Iterable[str] = ()) -> Corrections:
    """Read a file of corrections on this machine; see `read_corrections`.

    Raises:
        CorrectionsRejected: If it cannot be opened, or is refused.
    """
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise CorrectionsRejected(printable(path.name), f"it cannot be opened ({error.strerror})") from error
    return read_corrections(path.name, data, names)


def _split(filename: str, data: bytes, names: Iterable[str]) -> tuple[list[Row], bool]:
    """Return the rows, of which the first is the header, and true if the last one may be cut off: it has no end."""
    text = decode_table(data, names)
    if text is None or "\0" in text.text:
        hint = "Save it as 'CSV UTF-8' in the spreadsheet, or export it from the page again."
        raise CorrectionsRejected(filename, "it is not text", hint=hint)
    signs = (sign for sign in DELIMITERS if set(COLUMNS) <= set(map(_column, first_cells(text.text, sign))))
    try:
        table = split_rows(text.text, MAX_ROWS + 1, next(signs, None))
    except RowsTooMany as error:
        raise CorrectionsRejected(filename, f"it has more than {MAX_ROWS:,} rows") from error
    except RowUnreadable as error:
        raise CorrectionsRejected(filename, f"it cannot be read ({error})", row=error.number) from error
    if table.names is not None:
        raise CorrectionsRejected(filename, "it has JSON lines instead of cells")
    return table.rows, not text.text.endswith(("\n", "\r"))


def _places(filename: str, header: Sequence[str]) -> dict[str, int]:
    """Return the place of each column that is read."""
    columns = [_column(cell) for cell in header]
    missing = [column for column in COLUMNS if column not in columns]
    if missing:
        noun = "column" if len(missing) == 1 else "columns"
        seen = ", ".join(map(excerpt, header))
        has = f"its columns are {seen}" if seen else "it is empty"
        raise CorrectionsRejected(filename, f"it lacks the {noun} {', '.join(missing)}; {has}")
    return {column: columns.index(column) for column in (*COLUMNS, _WHY) if column in columns}


def _column(cell: str) -> str:
    return cell.casefold().replace(" ", "_").replace("-", "_")


def _correction(filename: str, row: Row, places: dict[str, int], *, is_cut_off: bool) -> Correction:
    ends_early = [column for column in COLUMNS if places[column] >= len(row.cells)]
    if ends_early and (is_cut_off or ends_early != [_LEFT_OUT_BY_EXCEL]):
        raise CorrectionsRejected(filename, f"it ends before its column {ends_early[0]}", row=row.number)
    path, was, should_be = (row.cells[places[column]] if column not in ends_early else "" for column in COLUMNS)
    if not path:
        raise CorrectionsRejected(filename, "there is no path", row=row.number)
    why = row.cells[places[_WHY]] if len(row.cells) > places.get(_WHY, len(row.cells)) else ""
    return Correction(row.number, path, composed(was), composed(should_be) or None, why)
