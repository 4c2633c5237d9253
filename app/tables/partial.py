"""A table's file, which is written under another name until it is whole, and can be resumed.

The other name ends in `.partial` and holds the version that answers: `results.csv.pets-3.partial`. Rows are written in
the order of the files, so a partial table is the beginning of the whole one.
"""

import csv
import fcntl
import json
import os
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Final, cast, get_args

from app.errors import TableBusy, TableNotResumable
from app.tables.forms import COLUMNS, DAMAGED
from app.tables.outcomes import Answerer, State, Tally
from model_store.cells import unquoted
from model_store.storage.durable import fsync

_NAME: Final = re.compile(r"\.(.+)-(\d+)\.partial")


@dataclass
class Partial:
    """The rows that an earlier run has written.

    Attributes:
        path: The partial file.
        answerer: The version that answered.
        paths: The first cell of each whole row.
        counts: The numbers of rows.
        bytes: The length of the file up to its last whole row.
    """

    path: Path
    answerer: Answerer
    paths: list[str] = field(default_factory=list)
    counts: Tally = field(default_factory=Tally)
    bytes: int = 0

    def check(self, paths: Iterator[str]) -> None:
        """Compare the rows with the first files of this run, which are taken.

        Raises:
            TableNotResumable: If the files differ.
        """
        for number, written in enumerate(self.paths, start=1):
            path = next(paths, None)
            if path is None or written != path:
                detail = f"its row {number} is {written!r}, but file {number} is now {path or 'missing'!r}"
                raise TableNotResumable(self.path, detail)


class TableFile:
    """The file of a table; until `finish`, its rows are in a partial file beside it.

    Args:
        path: The table's path.
        resumed: The partial file to append to, if there is one.

    Attributes:
        partial: The partial file, once it exists.
    """

    def __init__(self, path: Path, resumed: Partial | None = None) -> None:
        self._path = path.resolve()
        self._resumed = resumed
        self._file: BinaryIO | None = None
        self.partial = None if resumed is None else resumed.path

    def open(self, answerer: Answerer, head: bytes) -> None:
        """Begin the file, or continue the partial one.

        Raises:
            TableBusy: If another process writes it.
        """
        name = f"{self._path.name}.{answerer.model}-{answerer.version}.partial"
        partial, begin = self._path.with_name(name), 0
        if self._resumed is not None:
            partial, begin = self._resumed.path, self._resumed.bytes
        self._file = _open_alone(partial)
        self.partial = partial
        self._file.truncate(begin)
        if begin == 0:
            self._file.write(head)

    def write(self, data: bytes) -> None:
        """Append to the file."""
        cast("BinaryIO", self._file).write(data)

    def finish(self, tail: bytes) -> None:
        """Append the last bytes and give the file its own name, durably."""
        if self._file is not None:
            self.write(tail)
            self._file.flush()
        if self.partial is not None:
            fsync(self.partial)
            self.partial.replace(self._path)
            fsync(self._path.parent)
        self.close()  # last: nobody else may open the partial file before it has the table's name

    def close(self) -> None:
        """Close the file; its rows so far remain in the partial file."""
        if self._file is not None:
            self._file.close()
            self._file = None


def _open_alone(path: Path) -> BinaryIO:
    """Open a file to append to it, unless another process does; the kernel releases the lock when a process dies."""
    file = path.open("ab")
    with suppress(BlockingIOError, FileNotFoundError):
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if os.path.samestat(os.fstat(file.fileno()), path.stat()):  # else it has the table's name by now
            return file
    file.close()
    raise TableBusy(path)


def find_partial(path: Path) -> Partial | None:
    """Read the partial file of a table, if there is one; a last row that is not whole is left out.

    Args:
        path: The table's path; its ending says its form.

    Raises:
        TableNotResumable: If there are several partial files, or one cannot be read.
    """
    path = path.resolve()
    names = {beside.name: _NAME.fullmatch(beside.name.removeprefix(path.name)) for beside in path.parent.iterdir()}
    found = {name: match for name, match in names.items() if match and name.startswith(f"{path.name}.")}
    if len(found) > 1:
        raise TableNotResumable(path, f"there are {', '.join(sorted(found))}; keep one of them")
    for name, match in found.items():
        partial = Partial(path.with_name(name), Answerer(match[1], int(match[2])))
        with partial.path.open("rb") as file:
            (_read_csv if path.suffix.lower() == ".csv" else _read_json_lines)(partial, file)
        return partial
    return None


def _read_csv(partial: Partial, file: BinaryIO) -> None:
    position = 0

    def lines() -> Iterator[str]:
        nonlocal position
        for line in file:
            if not line.endswith(b"\n"):
                return
            position += len(line)
            yield line.decode()

    try:
        for row in csv.reader(lines(), strict=True):
            if len(row) != len(COLUMNS) or (position and not partial.bytes and row != list(COLUMNS)):
                raise TableNotResumable(partial.path, f"it does not have the columns {', '.join(COLUMNS)}")
            if partial.bytes:
                _count(partial, unquoted(row[0]), row[1], row[2])
            partial.bytes = position
    except csv.Error:
        return  # the last row ends inside a quoted cell
    except UnicodeDecodeError as error:
        raise TableNotResumable(partial.path, "it is not UTF-8") from error


def _read_json_lines(partial: Partial, file: BinaryIO) -> None:
    for line in file:
        if not line.endswith(b"\n"):
            return
        try:
            row = json.loads(line)
            _count(partial, row["path"], row["state"], row.get("reason"))
        except (ValueError, KeyError, TypeError) as error:
            raise TableNotResumable(partial.path, f"its row {len(partial.paths) + 1} cannot be read") from error
        partial.bytes += len(line)


def _count(partial: Partial, path: str, state: str, reason: str | None) -> None:
    if state not in get_args(State):
        raise TableNotResumable(partial.path, f"its row {len(partial.paths) + 1} has the state {state!r}")
    partial.paths.append(path)
    partial.counts.note(cast("State", state), is_damaged=state == "scored" and reason == DAMAGED)
