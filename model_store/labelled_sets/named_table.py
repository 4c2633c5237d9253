"""The table that the user names with `--labels-from`: a file of the set, one in each of its parts, or one elsewhere."""

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from model_store.errors import SetRejected
from model_store.labelled_sets.label_tables.code_names import may_name_codes
from model_store.labelled_sets.label_tables.file_names import normal_path
from model_store.labelled_sets.layout import LayoutChoice
from model_store.labelled_sets.table_search import is_table
from model_store.text import listed

_MAX_BYTES: Final = 1 << 30
_MAX_CODE_FILES: Final = 10
_HINT: Final = "Name a file with its path below the root of the set, or any other file of this machine."


@dataclass(frozen=True)
class NamedTable:
    """A table, or one for each part of the set.

    Attributes:
        paths: Its path in the set, or those of the parts' tables; empty if it is elsewhere.
        name: Its name, if it is elsewhere.
        data: Its bytes, if it is elsewhere.
        code_files: Names and bytes of the files beside it that may name codes, if it is elsewhere.
    """

    paths: tuple[str, ...] = ()
    name: str = ""
    data: bytes | None = None
    code_files: tuple[tuple[str, bytes], ...] = ()


def contradiction_of(data: Path, layout: LayoutChoice | None, labels_from: Path | None) -> str | None:
    """Say why a table cannot be named beside what else the user says; None if it can.

    Args:
        data: The set: a folder, an archive or a table.
        layout: What the first folders are, if the user says it.
        labels_from: The table, if one is named.
    """
    if labels_from is not None and layout is not None:
        return "--labels-from takes the labels from a table and --layout from folders: give one of them."
    if labels_from is not None and is_table(data.name) and not data.is_dir():
        return f"{data} is itself the table that gives the labels; name its folder, or leave out --labels-from."
    return None


def find_named_table(given: Path | None, files: Collection[str], root: Path | None = None) -> NamedTable | None:
    """Find the table that the user names; None if none is named.

    A relative path is looked for below the root of the set and then below the current folder. A bare name that is in
    neither place means the tables of this name in folders of the set.

    Args:
        given: The path that the user gave.
        files: Every file of the set.
        root: The folder of the set; None for an archive.

    Raises:
        SetRejected: If there is no such file.
    """
    if given is None:
        return None
    stored = {normal_path(file): file for file in files}
    inside = normal_path(given.as_posix())
    if not given.is_absolute() and inside in stored:
        return NamedTable((stored[inside],))
    if given.is_file():
        below = _below(given, root)
        return NamedTable((stored[below],)) if below in stored else _elsewhere(given)
    of_parts = tuple(sorted(file for path, file in stored.items() if path.rpartition("/")[2] == inside))
    if of_parts:
        return NamedTable(of_parts)
    raise _refused(given, [file for file in files if is_table(file)])


def _below(given: Path, root: Path | None) -> str | None:
    """Return the path of a file below the root; None if it is elsewhere."""
    if root is None or not given.resolve().is_relative_to(root.resolve()):
        return None
    return normal_path(given.resolve().relative_to(root.resolve()).as_posix())


def _elsewhere(given: Path) -> NamedTable:
    try:
        if given.stat().st_size > _MAX_BYTES:
            raise SetRejected("labels-file", f"{given} is larger than a table of labels can be, 1 GiB.", hint=_HINT)
        beside = [path for path in sorted(given.parent.iterdir()) if may_name_codes(path.name) and path != given]
        codes = tuple((path.name, path.read_bytes()) for path in beside[:_MAX_CODE_FILES] if path.is_file())
        return NamedTable(name=given.name, data=given.read_bytes(), code_files=codes)
    except OSError as error:
        raise SetRejected("labels-file", f"{given} cannot be read ({error.strerror}).", hint=_HINT) from error


def _refused(given: Path, tables: Collection[str]) -> SetRejected:
    has = f"its tables are {listed(sorted(tables))}" if tables else "it has no table"
    return SetRejected(
        "labels-file", f"There is no file {given}, neither in the set nor on this machine; {has}.", hint=_HINT
    )
