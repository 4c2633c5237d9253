"""Sentences that say how a table was understood, so that a person can check it."""

from collections.abc import Collection, Iterator

from model_store.labelled_sets.label_tables.columns import Column, Columns
from model_store.labelled_sets.label_tables.label_columns import LabelCells
from model_store.labelled_sets.label_tables.table_rows import Rows
from model_store.labelled_sets.label_tables.table_text import TableText
from model_store.text import counted, listed, printable


def describe_columns(path: str, columns: Columns, found: LabelCells, labels: Collection[str], images: int) -> str:
    """Say which columns name the files and give the labels.

    Args:
        path: The path of the table.
        columns: Its columns.
        found: The labels of the rows.
        labels: The labels in the end.
        images: The number of image files below its folder.
    """
    column = f"column '{printable(found.columns[0].name)}' has"
    if len(found.columns) > 1:
        column = f"{len(found.columns)} columns are"
    return (
        f"{path}: column '{printable(columns.names.name)}' names {columns.named.distinct:,} of "
        f"{counted(images, 'file')} {columns.named.naming.words}; {column} {counted(len(labels), 'label')}: "
        f"{listed(sorted(labels))}."
    )


def describe_form(path: str, text: TableText, rows: Rows, columns: Columns, split: Column | None) -> Iterator[str]:
    """Yield a sentence for each thing about the form of a table that is not usual."""
    if text.encoding != "utf-8" or rows.form != "commas":
        yield f"{path} is read as {text.encoding} with {rows.form}."
    if not columns.names.is_named:
        yield f"{path} has no header: its first row is about a file, too."
    if split is not None:
        words = ", ".join(sorted({cell for cell in split.cells if cell}))
        yield f"{path}: column '{printable(split.name)}' says which split a file is in: {printable(words)}."
