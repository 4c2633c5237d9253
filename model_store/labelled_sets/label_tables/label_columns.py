"""The columns that give the labels and the splits of a table's rows."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from model_store.errors import LabelColumnUnclear
from model_store.labelled_sets.label_tables.columns import LABEL_NAMES, Column, Columns
from model_store.labelled_sets.recognition import folder_names
from model_store.labelled_sets.recognition.folder_names import Split, is_plain_split

_LABEL_HINT: Final = re.compile(
    r"label|class|category|categories|target|breed|species|diagnos|choice|tag\b|\by\b|level|annotation$"
)
_SPLIT_HINT: Final = re.compile(r"split|subset|partition|fold|set|ml_use|usage|phase")
_NO_SPLIT: Final = frozenset({"", "unassigned", "none"})
_TRUE: Final = frozenset({"1", "1.0", "true", "yes", "x"})
_FALSE: Final = frozenset({"0", "0.0", "false", "no", ""})
_FRACTION_OR_DATE: Final = re.compile(r"[-+]?\d*[.,]\d+(e[-+]?\d+)?|\d{4}-\d\d?-\d\d?.*|\d\d?[./]\d\d?[./]\d{2,4}.*")
_NUMBER: Final = re.compile(r"[-+]?\d+")

Match = Callable[[str], str | None]
"""Returns the label of the model that a name means, or None."""


@dataclass(frozen=True)
class LabelCells:
    """The labels of the rows.

    Attributes:
        columns: The columns that give them: one, or one for each label.
        cells: The label of each row as written; empty if a row has none.
        crowded: Rows, counted from 0, with more than one label.
    """

    columns: list[Column]
    cells: list[str]
    crowded: list[int] = field(default_factory=list)


def find_split(columns: Columns, match: Match) -> Column | None:
    """Return the column whose every value is the word for a split, unless these are labels of the model."""

    def is_split(column: Column) -> bool:
        words = {cell.casefold() for cell in column.cells} - _NO_SPLIT
        if not words or not all(map(is_plain_split, words)) or column.folded in LABEL_NAMES:
            return False
        return _SPLIT_HINT.search(column.folded) is not None or not any(match(word) for word in words)

    if len(columns.others) < 2:
        return None  # a table of labels has labels
    return next((column for column in columns.others if is_split(column)), None)


def split_of(cell: str) -> Split | None:
    """Return the split that a cell names; None if it names none."""
    return folder_names.split_of(cell)


def find_labels(path: str, columns: Columns, split: Column | None, match: Match) -> LabelCells | None:
    """Find the labels of the rows.

    Args:
        path: The path of the table, for the error.
        columns: The columns.
        split: The column of splits, which gives no labels.
        match: Knows the labels of the model.

    Returns:
        The labels; None if no column can be the label.

    Raises:
        LabelColumnUnclear: If two columns could be the label.
    """
    others = [column for column in columns.others if column is not split]
    matching = [column for column in others if _matches(column, match)]
    called = next((column for name in LABEL_NAMES for column in others if column.folded == name), None)
    if called is not None and (called in matching or not matching):
        return LabelCells([called], called.cells)
    one_hot = None if matching else _find_one_hot(others, match)
    if one_hot is not None:
        return one_hot
    found = _prefer(matching or _candidates(others))
    if len(found) > 1:
        seen = [columns.names.name, *(column.name for column in columns.others)]
        raise LabelColumnUnclear(path, [column.name for column in found], seen)
    return LabelCells(found, found[0].cells) if found else None


def _matches(column: Column, match: Match) -> bool:
    filled = [cell for cell in column.cells if cell]
    return 2 * sum(match(cell) is not None for cell in filled) > len(filled)


def _find_one_hot(columns: Sequence[Column], match: Match) -> LabelCells | None:
    """Find columns that are labels themselves, each true in the rows of its label."""
    binary = [column for column in columns if column.is_named and {*map(str.casefold, column.cells)} <= _TRUE | _FALSE]
    known = [column for column in binary if match(column.name) is not None]
    labels = known if len(known) > 1 else binary
    if len(labels) < 2:
        return None
    chosen = [
        [column.name for column in labels if column.cells[row].casefold() in _TRUE]
        for row in range(len(labels[0].cells))
    ]
    if labels is binary and any(len(names) != 1 for names in chosen):
        return None  # properties of the pictures, more than one of which may hold
    crowded = [row for row, names in enumerate(chosen) if len(names) > 1]
    return LabelCells(labels, [names[0] if names else "" for names in chosen], crowded)


def _candidates(columns: Sequence[Column]) -> list[Column]:
    """Return the columns that group the rows; those that are called a label, if some are."""
    grouping = [column for column in columns if _is_grouping(column)]
    if not grouping and len(columns) == 1 and not _is_measured(columns[0]):
        grouping = list(columns)
    called = [column for column in grouping or columns if _LABEL_HINT.search(column.folded)]
    varied = [column for column in grouping if len(set(column.cells)) > 1]
    return called or varied or grouping


def _is_grouping(column: Column) -> bool:
    filled = [cell for cell in column.cells if cell]
    return len(set(filled)) <= max(2, len(filled) // 2) and not _is_measured(column)


def _is_measured(column: Column) -> bool:
    return all(_FRACTION_OR_DATE.fullmatch(cell) for cell in column.cells if cell)


def _prefer(columns: Sequence[Column]) -> list[Column]:
    """Return one of columns that say the same in other words, and words before their codes."""
    if len(columns) < 2:
        return list(columns)
    pairs = {tuple(column.cells[row] for column in columns) for row in range(len(columns[0].cells))}
    if any(len({*column.cells}) != len(pairs) for column in columns):
        return list(columns)
    if all(column.cells == columns[0].cells for column in columns):
        return [columns[0]]
    words = [column for column in columns if not all(_NUMBER.fullmatch(cell) for cell in column.cells)]
    return words if len(words) == 1 else list(columns)
