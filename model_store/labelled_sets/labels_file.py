"""A `labels.csv` among the files of a labelled set: a table that gives images their labels, regardless of their folder.

This module works on paths and a function that reads one; it knows neither zips nor folders. A file of that name without
the two columns is treated as any other file.
"""

import csv
import io
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Final, NamedTuple

from model_store.errors import ImageRejected, SetRejected
from model_store.labelled_sets.layout import Place
from model_store.labelled_sets.names import LabelMatcher, composed

NAME: Final = "labels.csv"
"""The name of the file; its case does not matter."""
HEADER: Final = "its first row must name a column 'path' and a column 'label'"
MAX_ROWS_WITHOUT_FILE: Final = 100_000
"""The limit exists because a few bytes of a zip make many rows. Each takes memory, and a report lists missing files."""

_PATH_COLUMNS: Final = ("path", "file", "filename", "image")
_LABEL_COLUMNS: Final = ("label", "class")
_DELIMITERS: Final = (",", ";", "\t")
_HEAD_BYTES: Final = 65_536
"""The most bytes that the first row may have."""


@dataclass(frozen=True)
class LabelsTable:
    """The contents of a `labels.csv`; like a `Layout`, it gives each image its place."""

    path: str
    """The path of the table itself."""
    folder: str
    """The folder to which its paths are relative: its own, with a slash at the end, or empty."""
    names: dict[str, str]
    """Path → label as written, both composed (NFC)."""
    rows: int
    missing: list[str]
    """Paths in the table that are not files of the set, in the table's order."""

    @property
    def wrapper(self) -> str | None:
        """The folder around all images that the table is in; None if it is at the top."""
        return self.folder.rstrip("/") or None

    def place_of(self, path: str) -> Place:
        """Return the label of a file of the set, as the table writes it."""
        return Place(self.names.get(_key(path.removeprefix(self.folder))))


class _Columns(NamedTuple):
    """The delimiter, and the indices of path and label in a row."""

    delimiter: str
    path: int
    label: int


def find_candidates(paths: Iterable[str], images: Iterable[str]) -> list[str]:
    """Return the files named `labels.csv` that are at the top, or in the one folder that holds every image."""
    tops = {path.partition("/")[0] if "/" in path else "" for path in images}
    folders = {"", *tops} if len(tops) == 1 else {""}
    split = ((path, *path.rpartition("/")) for path in paths)
    return [path for path, folder, _, name in split if folder in folders and name.lower() == NAME]


def read_labels_file(
    candidates: Iterable[str], files: Collection[str], read: Callable[[str], bytes], matcher: LabelMatcher
) -> LabelsTable | None:
    """Read the file that gives the labels, if there is one.

    Args:
        candidates: The paths that `find_candidates` returned.
        files: Every file of the set.
        read: Path → bytes; raises `ImageRejected`.
        matcher: Knows which names mean the same label.

    Raises:
        SetRejected: If a table cannot be read or gives an image two labels or none, or if there are two tables.
    """
    table = None
    for path in candidates:
        data = _bytes(path, read)
        columns = _columns(data)
        if columns is None:
            continue
        if table is not None:
            raise _refused(f"{table.path} and {path} both give labels; keep one of them.")
        table = _table(path, data, columns, files, matcher)
    return table


def _bytes(path: str, read: Callable[[str], bytes]) -> bytes:
    try:
        return read(path)
    except ImageRejected as error:
        raise _refused(f"{path} cannot be read: {error}") from error


def _columns(data: bytes) -> _Columns | None:
    """Find path and label in the first row, even of a file that is later refused for its encoding or its quotes."""
    head = data[:_HEAD_BYTES].replace(b"\0", b"").decode("utf-8-sig", errors="ignore")
    for delimiter in _DELIMITERS:
        try:
            row = next(csv.reader(io.StringIO(head, newline=""), delimiter=delimiter, skipinitialspace=True), [])
        except csv.Error:
            continue
        names = [cell.strip().casefold() for cell in row]
        path, label = _index(names, _PATH_COLUMNS), _index(names, _LABEL_COLUMNS)
        if path is not None and label is not None:
            return _Columns(delimiter, path, label)
    return None


def _index(names: list[str], known: Iterable[str]) -> int | None:
    return next((names.index(name) for name in known if name in names), None)


def _table(path: str, data: bytes, columns: _Columns, files: Collection[str], matcher: LabelMatcher) -> LabelsTable:
    _check_text(path, data)
    folder = path[: path.rfind("/") + 1]
    present = {_key(file.removeprefix(folder)) for file in files if file.startswith(folder)}
    names: dict[str, str] = {}
    rows = 0
    for number, file, name in _rows(path, data, columns):
        rows += 1
        if rows > len(present) + MAX_ROWS_WITHOUT_FILE:
            excess = f"{MAX_ROWS_WITHOUT_FILE} more rows than there are files"
            raise _refused(f"{path} has {excess}, counted up to row {number}.")
        if not file or not name:
            raise _refused(f"{path}, row {number}: " + (f"{file} has no label." if file else "there is no path."))
        key = _key(file.replace("\\", "/"))
        before = names.setdefault(key, name)
        if before != name and (matcher.match(before) or before) != (matcher.match(name) or name):
            raise _refused(f"{path}, row {number}: {file} has the label {name!r}, and {before!r} in an earlier row.")
    return LabelsTable(path, folder, names, rows, [key for key in names if key not in present])


def _check_text(path: str, data: bytes) -> None:
    """Refuse a table that is not UTF-8 as a whole, before any of its rows is used."""
    wrong = data.find(b"\0")
    if wrong < 0:
        try:
            data.decode()
        except UnicodeDecodeError as error:
            wrong = error.start
    if wrong >= 0:
        row = data.count(b"\n", 0, wrong) + 1
        raise _refused(f"{path}, row {row}: there are bytes that are not UTF-8; save it as 'CSV UTF-8'.")


def _rows(path: str, data: bytes, columns: _Columns) -> Iterator[tuple[int, str, str]]:
    """Yield number, path and label of each row below the first, numbered as in a spreadsheet, without blank rows."""
    number = 0
    try:
        text = io.TextIOWrapper(io.BytesIO(data), "utf-8-sig", newline="")
        # Strict: otherwise a quotation mark that is never closed would swallow the rest of the file.
        reader = csv.reader(text, delimiter=columns.delimiter, skipinitialspace=True, strict=True)
        for number, cells in enumerate(reader, start=1):
            if number > 1 and any(cell.strip() for cell in cells):
                yield number, _cell(cells, columns.path), _cell(cells, columns.label)
    except csv.Error as error:
        raise _refused(f"{path}, row {number + 1}: it cannot be read ({error}).") from error


def _cell(cells: list[str], index: int) -> str:
    return composed(cells[index].strip()) if index < len(cells) else ""


def _key(path: str) -> str:
    return "/".join(map(composed, PurePosixPath(path).parts))


def _refused(detail: str) -> SetRejected:
    return SetRejected("labels-file", detail)
