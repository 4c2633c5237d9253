"""Listing every file below a data folder, with its label and the fate that its name, kind and first bytes decide.

The folder is walked and laid out by `model_store.labelled_sets`, so that training and evaluation read a labelled set
alike. Nothing is decoded here; links to folders are not followed, and pipes and devices are never opened.
"""

import os
from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Final

from model_store.errors import SetRejected
from model_store.images.files import has_image_start, read_image_file
from model_store.images.signatures import has_image_extension
from model_store.labelled_sets.labels_file import LabelsTable, find_candidates, read_labels_file, with_unread_tables
from model_store.labelled_sets.layout import LAYOUT_HINT, Layout, LayoutChoice, find_layout
from model_store.labelled_sets.names import LabelMatcher
from model_store.labelled_sets.recognition.folder_names import is_unlabelled
from model_store.labelled_sets.recognition.folder_tree import folders_of
from model_store.labelled_sets.recognition.masks import find_masks
from model_store.labelled_sets.walk import Entry, Kind, is_system_file, walk
from training.data.files import File
from training.errors import DatasetInvalid

MAX_TABLE_BYTES: Final = 1 << 30
"""Limit of a table of labels."""
_MASK: Final = "says which parts of another image are what, and has its name"
_NOT_FILES: Final[dict[Kind, str]] = {
    "linked-folder": "a link to a folder, which is not followed",
    "special": "a pipe, a socket or a device",
}


def scan(directory: Path, choice: LayoutChoice | None = None) -> list[File]:
    """List the files below a folder.

    Args:
        directory: The data folder.
        choice: What its first folders are, if the user says it.

    Returns:
        Every file, sorted by path. Images in the folder of a label have the fate `used` for the time being.

    Raises:
        DatasetInvalid: If the folder cannot be read, a label folder is a link, its folders can be read in two ways,
            its split folders hold no label folders or lack `train`, or the table of its labels is refused.
    """
    if not directory.is_dir():
        raise DatasetInvalid(directory, "is not a folder", hint=LAYOUT_HINT)
    files = sorted(_list_files(directory), key=lambda file: file.path)
    table = _read_table(directory, files, choice)
    if table is not None:
        return [_label_by_table(file, table) for file in files]
    masks = find_masks([file.path for file in files if _is_image(file)])
    files = [replace(file, fate="mask", reason=_MASK) if file.path in masks else file for file in files]
    layout = _find_layout(directory, files, choice)
    _check_links(directory, files, layout)
    return [_label(file, layout) if _is_image(file) else file for file in files]


def _list_files(directory: Path) -> Iterator[File]:
    for entry in walk(directory):
        if not entry.path:
            raise DatasetInvalid(directory, f"cannot be read ({entry.error})", hint="Check its permissions.")
        if entry.kind != "folder":
            yield _judge(entry, directory / entry.path)


def _judge(entry: Entry, location: Path) -> File:
    """Give an entry the fate that its name, its kind and its first bytes decide."""
    path = _printable(entry.path)
    if is_system_file(path):
        return File(path, location, "system-file", "hidden, or left behind by an operating system")
    if entry.kind in _NOT_FILES:
        return File(path, location, "not-an-image", _NOT_FILES[entry.kind])
    if entry.kind == "unlistable":
        return File(path, location, "unreadable", f"the folder cannot be listed ({entry.error})", rejection="corrupt")
    try:
        has_signature = has_image_start(location)
    except OSError as error:
        return File(path, location, "unreadable", f"cannot be opened ({error.strerror})", rejection="corrupt")
    if has_signature or has_image_extension(path):
        return File(path, location, "used")
    return File(path, location, "not-an-image", "neither its name nor its first bytes are an image's")


def _is_image(file: File) -> bool:
    """Tell whether a file counts as an image; one that cannot be opened does if it has an image's extension."""
    return file.fate == "used" or (file.fate == "unreadable" and has_image_extension(file.path))


def _read_table(directory: Path, files: Iterable[File], choice: LayoutChoice | None) -> LabelsTable | None:
    """Read the table that gives the labels, if there is one."""
    seen = {file.path: file for file in files if file.fate != "system-file"}
    images = [path for path, file in seen.items() if _is_image(file)]
    candidates = find_candidates([path for path, file in seen.items() if not _is_image(file)], images)

    def read(path: str) -> bytes:
        return read_image_file(seen[path].location, max_image_bytes=MAX_TABLE_BYTES)

    try:
        return read_labels_file(candidates, list(seen), read, LabelMatcher(()), choice)
    except SetRejected as error:
        raise DatasetInvalid(directory, _as_clause(error), hint=error.hint or LAYOUT_HINT) from error


def _label_by_table(file: File, table: LabelsTable) -> File:
    """Give an image the label and the split that a table gives it."""
    if file.path == table.path:
        return replace(file, fate="labels-file", reason="gives the images their labels", table=table.summary())
    if not _is_image(file):
        return file
    place = table.place_of(file.path)
    if place.label is not None:
        return replace(file, label=place.label, split=place.split)
    return file if file.fate == "unreadable" else replace(file, fate="unlabelled", reason=f"not named by {table.path}")


def _as_clause(error: SetRejected) -> str:
    """Return the sentence of an error as the end of another one; if it begins with the name of a table, that stays."""
    sentence = str(error).removesuffix(".")
    return sentence if error.reason == "labels-file" else sentence[0].lower() + sentence[1:]


def _find_layout(directory: Path, files: Iterable[File], choice: LayoutChoice | None) -> Layout:
    images = [file.path for file in files if _is_image(file)]
    try:
        layout = find_layout(images, choice=choice)
    except SetRejected as error:
        raise _without_layout(directory, error, files, images) from error
    if layout.splits and len(layout.splits) == len(layout.parts) and "train" not in layout.splits.values():
        folders = ", ".join(sorted(layout.splits))
        raise DatasetInvalid(directory, f"there is {folders} but no train folder", hint=LAYOUT_HINT)
    return layout


def _without_layout(
    directory: Path, error: SetRejected, files: Iterable[File], images: Collection[str]
) -> DatasetInvalid:
    """Refuse a set whose folders cannot be read."""
    hint = error.hint
    if error.reason == "no-labels":
        refused, error = error, with_unread_tables(error, [file.path for file in files if not _is_image(file)], images)
        hint = f"{LAYOUT_HINT} If these are labels, say --layout labels." if error is refused else error.hint
    return DatasetInvalid(directory, _as_clause(error), hint=hint or LAYOUT_HINT)


def _check_links(directory: Path, files: Iterable[File], layout: Layout) -> None:
    """Refuse a set that would lack a label or a part because its folder is a link."""
    for file in files:
        if file.reason == _NOT_FILES["linked-folder"]:
            above = folders_of(file.path)
            if any(parent[: len(above)] == above for parent in layout.parents):
                what = f"{file.path} is a link to a folder, which is not followed"
                hint = "Copy the folder itself there: the images behind the link would be missing."
                raise DatasetInvalid(directory, what, hint=hint)


def _label(image: File, layout: Layout) -> File:
    """Give an image its label and its split."""
    place = layout.place_of(image.path)
    if place.label is not None:
        return replace(image, label=place.label, split=place.split, label_folder=place.folder)
    if image.fate == "unreadable":
        return image
    if any(map(is_unlabelled, folders_of(image.path))):
        return replace(image, fate="unlabelled", reason="its folder says that it has no label")
    folders = f"label folders of {', '.join(layout.parts)}" if layout.parts else "folders of the labels"
    return replace(image, fate="unlabelled", reason=f"outside the {folders}")


def _printable(path: str) -> str:
    """Return a path as text that every terminal and CSV file can hold; bytes that are not UTF-8 are escaped."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")
