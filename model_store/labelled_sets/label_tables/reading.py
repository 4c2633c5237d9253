"""Reading a table of labels: which file has which label and split, and how the table was understood."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from itertools import chain
from typing import Final, NamedTuple

from model_store.errors import SetRejected
from model_store.images.signatures import has_image_extension
from model_store.labelled_sets.interpretation import LabelsFile
from model_store.labelled_sets.label_tables.code_names import CodesUnclear, name_codes
from model_store.labelled_sets.label_tables.columns import Column, Columns, find_columns, has_known_names
from model_store.labelled_sets.label_tables.file_names import BY_PATH, FileNames, normal_path
from model_store.labelled_sets.label_tables.label_columns import LabelCells, find_labels, find_split, split_of
from model_store.labelled_sets.label_tables.sentences import describe_columns, describe_form
from model_store.labelled_sets.label_tables.table_rows import (
    DELIMITERS,
    Rows,
    RowsTooMany,
    RowUnreadable,
    first_cells,
    split_rows,
)
from model_store.labelled_sets.label_tables.table_text import TableText, decode_table
from model_store.labelled_sets.layout import Place
from model_store.labelled_sets.names import LabelMatcher, composed
from model_store.labelled_sets.recognition.folder_names import Split
from model_store.text import counted, printable

MAX_ROWS_WITHOUT_FILE: Final = 100_000
"""The limit exists because a few bytes of a zip make many rows. Each takes memory, and a report lists missing files."""


@dataclass(frozen=True)
class LabelsTable:
    """The labels that a table gives; like a `Layout`, it gives each image its place.

    Attributes:
        path: The path of the table itself.
        folder: The folder to which its paths are relative, with a slash at the end, or empty.
        names: Path below the folder → label as written, both composed (NFC).
        rows: The number of rows, without the header.
        missing: What the table names and is not a file of the set, in the table's order.
        unnamed: Images below the folder without a row, sorted.
        splits: Path below the folder → split, if a column has it.
        understood: Sentences that say how the table was read.
        is_plain: Whether its header names path and label, and it has these and no splits: nothing was found out.
    """

    path: str
    folder: str
    names: dict[str, str]
    rows: int
    missing: list[str]
    unnamed: list[str] = field(default_factory=list)
    splits: dict[str, Split] = field(default_factory=dict)
    understood: list[str] = field(default_factory=list)
    is_plain: bool = False
    is_in_set: bool = True
    """False for a table elsewhere, which only its user can name."""
    parts: tuple["LabelsTable", ...] = ()
    """The tables that were read together, if this one stands for several."""

    @property
    def tables(self) -> tuple["LabelsTable", ...]:
        """The tables that were read: this one, or those that it stands for."""
        return self.parts or (self,)

    @property
    def paths(self) -> list[str]:
        """The paths of the tables that are files of the set."""
        return [table.path for table in self.tables if table.is_in_set]

    @property
    def title(self) -> str:
        """The paths of the tables that were read, or of the first and the number of others."""
        others = len(self.tables) - 1
        return f"{self.path} and {counted(others, 'other table')}" if others else self.path

    def summary(self) -> LabelsFile:
        """Describe the table for a report."""
        said = [] if self.is_plain else self.understood
        return LabelsFile(path=self.path, rows=self.rows, missing=self.missing, understood=said)

    @property
    def wrapper(self) -> str | None:
        """The folder around all images that the table is in; None if it is at the top."""
        return self.folder.rstrip("/") or None

    def place_of(self, path: str) -> Place:
        """Return the label and the split of a file of the set, as the table writes the label."""
        key = normal_path(path.removeprefix(self.folder))
        return Place(self.names.get(key), self.splits.get(key))


def read_label_table(  # noqa: PLR0913  a table, and what is known about its set
    path: str,
    data: bytes,
    files: Collection[str],
    matcher: LabelMatcher,
    *,
    code_files: Iterable[tuple[str, bytes]] = (),
    only_plain: bool = False,
    must_match: bool = False,
    is_in_set: bool = True,
) -> LabelsTable | None:
    """Read a table that gives files their labels, by what its columns hold.

    Args:
        path: The path of the table in the set.
        data: Its bytes.
        files: The paths of the files of the set.
        matcher: Knows the model's labels, or none.
        code_files: Paths and bytes of files that may name the codes that the table has instead of labels; they are
            taken only if it has codes.
        only_plain: Whether its header has to name path and label, so that nothing is found out.
        must_match: Whether the table has to give a label of the model, if these are known.
        is_in_set: Whether the table is a file of the set, and names files below its own folder; otherwise it may name
            any file of the set.

    Returns:
        The table; None if no column names files, or none gives labels.

    Raises:
        LabelColumnUnclear: If two columns could be the label.
        SetRejected: If a row cannot be read, has no path or label, or gives a file another label than an earlier row.
    """
    folder = path[: path.rfind("/") + 1] if is_in_set else ""
    below = [normal_path(file.removeprefix(folder)) for file in files if file.startswith(folder)]
    form = _find_form(path, data, below, matcher, only_plain=only_plain)
    found = None if form is None else find_labels(path, form.columns, form.split, matcher.match)
    if form is None or found is None:
        return None
    cells, said = _without_codes(path, found.cells, matcher, code_files)
    if must_match and matcher.labels and not any(matcher.match(cell) for cell in cells):
        return None
    columns, split = form.columns, form.split
    if len(columns.rows) > _most_rows(below):
        raise _too_many(path, columns.rows[-1].number)
    names, missing = _give_names(path, columns, found, cells, matcher)
    images = sorted(file for file in below if has_image_extension(file))
    described = describe_columns(path, columns, found, set(names.values()), len(images))
    return LabelsTable(
        path=path,
        folder=folder,
        names=names,
        rows=len(columns.rows),
        missing=missing,
        unnamed=[file for file in images if file not in names],
        splits=_give_splits(columns, split),
        understood=[described, *describe_form(path, form.text, form.rows, columns, split), *said],
        is_plain=_is_plain(form, found) and not said,
        is_in_set=is_in_set,
    )


class _Form(NamedTuple):
    """A table as it is written, with the columns of its files and, if there is one, of their splits."""

    text: TableText
    rows: Rows
    columns: Columns
    split: Column | None


def _find_form(path: str, data: bytes, below: list[str], matcher: LabelMatcher, *, only_plain: bool) -> _Form | None:
    """Find how a table is written; None if it is no table, not the one that is asked for, or names no files."""
    text = decode_table(data, chain(matcher.labels, (file.rpartition("/")[2] for file in below)))
    rows = None if text is None else _rows(path, text, _most_rows(below) + 1, only_plain=only_plain)
    columns = None if rows is None else find_columns(rows, FileNames(below))
    if text is None or rows is None or columns is None:
        return None
    return _Form(text, rows, columns, find_split(columns, matcher.match))


def _is_plain(form: _Form, found: LabelCells) -> bool:
    """Tell whether a table names path and label in its first row, and has these and no splits."""
    header = [form.columns.names.name, *(column.name for column in found.columns)]
    return has_known_names(header) and form.columns.named.naming == BY_PATH and form.split is None


def _most_rows(files: Collection[str]) -> int:
    return len(files) + MAX_ROWS_WITHOUT_FILE


def _give_splits(columns: Columns, split: Column | None) -> dict[str, Split]:
    """Return the split of each file that has one in the column of splits, if there is one."""
    given = {} if split is None else dict(zip(_keys(columns), map(split_of, split.cells), strict=True))
    return {key: value for key, value in given.items() if value is not None}


def _rows(path: str, text: TableText, max_rows: int, *, only_plain: bool) -> Rows | None:
    """Split a table into rows; None if it is not a table, or not one with the header that is asked for."""
    known = next((sign for sign in DELIMITERS if has_known_names(first_cells(text.text, sign))), None)
    if only_plain and known is None:
        return None
    at = text.text.find("\0")
    if at >= 0:
        if known is None:
            return None
        row = text.text.count("\n", 0, at) + 1
        raise _refused(f"{path}, row {row}: there is a NUL character; save it as 'CSV UTF-8'.")
    try:
        return split_rows(text.text, max_rows, known)
    except RowsTooMany as error:
        if known is None:
            return None
        raise _too_many(path, error.number) from error
    except RowUnreadable as error:
        if known is None:
            return None
        raise _refused(f"{path}, row {error.number}: it cannot be read ({error}).") from error


def _give_names(
    path: str, columns: Columns, found: LabelCells, names: list[str], matcher: LabelMatcher
) -> tuple[dict[str, str], list[str]]:
    """Return the label of each file that the table names, and what it names without being a file."""
    given: dict[str, str] = {}
    missing: dict[str, None] = {}
    for place, (row, cell, key) in enumerate(zip(columns.rows, columns.names.cells, _keys(columns), strict=True)):
        name = composed(names[place])
        if place in found.crowded:
            raise _refused(f"{path}, row {row.number}: {cell} has more than one label, and a model predicts one.")
        if not cell or not name:
            raise _refused(f"{path}, row {row.number}: " + (f"{cell} has no label." if cell else "there is no path."))
        before = given.setdefault(key, name)
        if before != name and (matcher.match(before) or before) != (matcher.match(name) or name):
            raise _refused(
                f"{path}, row {row.number}: {cell} has the label {name!r}, and {before!r} in an earlier row."
            )
        if columns.named.files[place] is None:
            missing[key] = None
    return given, list(missing)


def _keys(columns: Columns) -> list[str]:
    """Return the file that each row names or, if there is none, what the row names."""
    return [
        normal_path(cell) if file is None else file
        for cell, file in zip(columns.names.cells, columns.named.files, strict=True)
    ]


def _without_codes(
    path: str, labels: list[str], matcher: LabelMatcher, code_files: Iterable[tuple[str, bytes]]
) -> tuple[list[str], list[str]]:
    """Replace codes with the names that a second file gives them; also return the sentence that says so."""
    codes = set(labels) - {""}
    if not codes or any(matcher.match(code) for code in codes):
        return labels, []
    for file, data in code_files:
        text = decode_table(data)
        try:
            names = None if text is None else name_codes(text.text, codes)
        except CodesUnclear as error:
            raise _refused(f"{path} has codes for labels, and {file} has their names, but {error}.") from error
        if names and (not matcher.labels or any(matcher.match(name) for name in names.values())):
            first = min(names)
            sentence = f"{path}: its codes are named in {file}: {first} is {printable(names[first])}."
            return [names.get(label, label) for label in labels], [sentence]
    return labels, []


def _too_many(path: str, number: int) -> SetRejected:
    excess = f"{MAX_ROWS_WITHOUT_FILE} more rows than there are files"
    return _refused(f"{path} has {excess}, counted up to row {number}.")


def _refused(detail: str) -> SetRejected:
    return SetRejected("labels-file", detail)
