"""The columns of a table: its header, and the column that names the files."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Final

from model_store.images.signatures import has_image_extension
from model_store.labelled_sets.label_tables.file_names import NAMINGS, FileNames, NamedFiles
from model_store.labelled_sets.label_tables.table_rows import Row, Rows

PATH_NAMES: Final = ("path", "file", "filename", "image")
"""Names of the column of paths, in the order of preference."""
LABEL_NAMES: Final = ("label", "class")
"""Names of the column of labels, in the order of preference."""

_PATH_HINT: Final = re.compile(r"path|file|image|img|photo|picture|uri|url")
_MAX_NAME_COLUMNS: Final = 64
"""Columns from the left among which the names of the files are."""
_SAMPLE_ROWS: Final = 2000


@dataclass(frozen=True)
class Column:
    """A column without its header.

    Attributes:
        index: Its place in a row, from 0.
        name: Its name, or `column 2` if the table has no header.
        cells: Its values.
        is_named: Whether the name is the table's own.
    """

    index: int
    name: str
    cells: list[str]
    is_named: bool

    @property
    def folded(self) -> str:
        """The name, letter case aside; empty if the table has no header."""
        return self.name.casefold() if self.is_named else ""


@dataclass(frozen=True)
class Columns:
    """The rows of a table under its header, and what their columns are.

    Attributes:
        rows: The rows without the header.
        names: The column that names the files.
        named: The files that it names.
        others: The other columns that have values.
    """

    rows: list[Row]
    names: Column
    named: NamedFiles
    others: list[Column] = field(default_factory=list)


def has_known_names(header: Collection[str]) -> bool:
    """Tell whether a header names a column of paths and a column of labels."""
    folded = {cell.casefold() for cell in header}
    return not folded.isdisjoint(PATH_NAMES) and not folded.isdisjoint(LABEL_NAMES)


def find_columns(rows: Rows, files: FileNames) -> Columns | None:
    """Find the column that names files, and whether the first row is a header.

    Args:
        rows: The rows.
        files: The files below the table's folder.

    Returns:
        The columns; None if no column names half of the files, or has files in half of its rows.
    """
    width = max((len(row.cells) for row in rows.rows), default=len(rows.names or ()))
    cells = [[row.cells[at] if at < len(row.cells) else "" for row in rows.rows] for at in range(width)]
    first = rows.names or (rows.rows[0].cells if rows.rows else [])
    if has_known_names(first):
        header = [name.casefold() for name in first]
        place = next(header.index(name) for name in PATH_NAMES if name in header)
        return _columns(rows, cells, place, files.find(cells[place]), has_header=rows.names is None)
    if width < 2 or not rows.rows:
        return None
    found = _find_names(cells[:_MAX_NAME_COLUMNS], files)
    if found is None:
        return None
    named = files.find(cells[found])
    return _columns(rows, cells, found, named, has_header=_has_header(rows, cells, found, named))


def _find_names(columns: Sequence[list[str]], files: FileNames) -> int | None:
    """Return the place of the column that names files, judged by rows from everywhere in the table."""
    step = -(-len(columns[0]) // _SAMPLE_ROWS)
    samples = [column[::step] for column in columns]
    named = [files.find(sample) for sample in samples]
    enough = min(len(samples[0]), files.images / step)

    def rank(at: int) -> tuple[bool, int, bool, int]:
        has_extensions = 2 * sum(map(has_image_extension, samples[at])) >= len(samples[at])
        is_called_so = _PATH_HINT.search(samples[at][0].casefold()) is not None
        return has_extensions, named[at].distinct, is_called_so, -NAMINGS.index(named[at].naming)

    found = [at for at in range(len(columns)) if named[at].distinct and 2 * named[at].distinct >= enough]
    return max(found, key=rank, default=None)


def _columns(rows: Rows, cells: Sequence[list[str]], place: int, named: NamedFiles, *, has_header: bool) -> Columns:
    skipped = 1 if has_header else 0
    header = rows.names or (rows.rows[0].cells if has_header else [])

    def column(at: int) -> Column:
        name = header[at] if at < len(header) else ""
        return Column(at, name or f"column {at + 1}", cells[at][skipped:], bool(name))

    others = [column(at) for at in range(len(cells)) if at != place]
    others = [column for column in others if any(column.cells) or column.folded in LABEL_NAMES]
    files = named.files[skipped:]
    named = NamedFiles(named.naming, files, len({file for file in files if file is not None}))
    return Columns(rows.rows[skipped:], column(place), named, others)


def _has_header(rows: Rows, cells: Sequence[list[str]], place: int, named: NamedFiles) -> bool:
    """Tell whether the first row is a header: it names no file, and none of its values occurs below it."""
    if rows.names is not None:
        return False
    first = cells[place][0]
    if named.files[0] is not None or has_image_extension(first):
        return False
    return not any(column[0] and column[0] in column[1:] for column in cells)
