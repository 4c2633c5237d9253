"""Refusals of a labelled set without a label, or without one that the model has."""

from collections.abc import Collection, Sequence
from typing import Final

from model_store.errors import SetRejected
from model_store.labelled_sets.labels_file import HEADER, LabelsTable
from model_store.text import excerpt, listed

_NAMED: Final = 20
"""Folders and labels that a refusal names before it counts the rest."""


def no_labels(candidates: Sequence[str], table: LabelsTable | None) -> SetRejected:
    """Refuse a set in which no image has a label.

    Args:
        candidates: The tables that might have given labels.
        table: The one that was read, if there is one.
    """
    detail = "No image is in a folder of its label, and there is no labels.csv."
    if table is not None:
        missing = f" There is no file {table.missing[0]}." if table.missing else ""
        detail = f"{table.path} names none of the images; its paths are relative to its own folder.{missing}"
    elif candidates:
        detail = f"No image is in a folder of its label, and {candidates[0]} gives no labels: {HEADER}."
    return SetRejected("no-labels", detail)


def no_known_label(names: Collection[str], labels: Collection[str], table: LabelsTable | None) -> SetRejected:
    """Refuse a set that would have a report without a single figure.

    Args:
        names: The labels that the set gives.
        labels: The model's labels.
        table: The table that gave the labels; None if folders did.
    """
    subject = f"None of the folders {_listed(names)}" if table is None else f"None of {_listed(names)} in {table.path}"
    detail = f"{subject} is a label of the model: its labels are {_listed(labels)}."
    if len(names) == 1:
        where = "The folder" if table is None else f"The label in {table.path},"
        detail = f"{where} {_listed(names)} is not a label of the model: its labels are {_listed(labels)}."
    return SetRejected("no-known-label", detail)


def _listed(names: Collection[str]) -> str:
    return listed(map(excerpt, sorted(names)), _NAMED)
