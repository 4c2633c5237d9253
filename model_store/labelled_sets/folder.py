"""A labelled folder on this machine, for the command line: the service never opens a path that a client names."""

from collections.abc import Collection
from dataclasses import replace
from pathlib import Path
from typing import Final

from model_store.errors import SetRejected
from model_store.images.files import has_image_start, read_image_file, size_to_read
from model_store.labelled_sets.labelled_set import LabelledSet, give_labels, sort_paths
from model_store.labelled_sets.layout import LayoutChoice
from model_store.labelled_sets.named_table import find_named_table
from model_store.labelled_sets.walk import Entry, Kind, is_system_file, walk

_REFUSED: Final[dict[Kind, tuple[str, str]]] = {
    "linked-folder": ("link", "is a link to a folder, which is not followed; copy the folder itself there"),
    "special": ("link", "is a special file, and reading it could block forever; remove it"),
    "unlistable": ("truncated", "cannot be listed, so files would be missing; check its permissions"),
}
"""Kinds of entries for which a folder is refused: the reason, and the end of the sentence."""


def open_folder(
    root: Path,
    labels: Collection[str],
    *,
    max_image_bytes: int,
    layout: LayoutChoice | None = None,
    labels_from: Path | None = None,
) -> LabelledSet:
    """List a folder that has one folder per label, or images and a `labels.csv`.

    Args:
        root: The folder.
        labels: The model's labels.
        max_image_bytes: The most bytes that one file may have.
        layout: What the first folders are, if the user says it.
        labels_from: The table that gives the labels, in the folder or elsewhere, if the user names it.

    Raises:
        SetRejected: If the folder has no images, none has a label of the model, its folders can be read in two ways, or
            a `labels.csv` is refused; or if an entry cannot be counted: a link to a folder, an unlistable folder, a
            special file or a name that is not UTF-8.
    """
    entries = list(walk(root))
    paths = sorted(_checked_path(entry, root) for entry in entries if entry.kind != "folder")

    def has_signature(path: str) -> bool:
        try:
            return has_image_start(root / path)
        except OSError:
            return False  # neither its name nor its bytes say that it is an image

    def read(path: str) -> bytes:
        return read_image_file(root / path, max_image_bytes=max_image_bytes)

    files = sort_paths(paths, has_signature)
    if not files.images:
        raise SetRejected("no-images", f"{root} must hold one folder per label, with images in it: cats/1.jpg.")
    named = find_named_table(labels_from, paths, root)
    directories = len(entries) - len(paths)
    labelled_set = give_labels(files, labels, directories=directories, read=read, layout=layout, named=named)
    return replace(labelled_set, size=lambda path: size_to_read(root / path, max_image_bytes=max_image_bytes))


def _checked_path(entry: Entry, root: Path) -> str:
    """Return the path of an entry that can be read and reported: JSON cannot hold a name that is not UTF-8."""
    if entry.kind in _REFUSED and not is_system_file(entry.path):
        reason, detail = _REFUSED[entry.kind]
        error = f" ({entry.error})" if entry.error else ""
        raise SetRejected(reason, f"{root / entry.path} {detail}{error}.")
    try:
        entry.path.encode()
    except UnicodeEncodeError as error:
        raise SetRejected("unsafe-path", f"The path {entry.path!r} is not UTF-8; rename it.") from error
    return entry.path
