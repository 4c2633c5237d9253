"""The table among the files of a labelled set that gives images their labels, regardless of their folder.

A `labels.csv` with columns of these names always does. Any other table does if the folders give no labels: if none is a
label of the model or, where no model is known, if they give fewer than two. This module works on paths and a function
that reads one; it knows neither zips nor folders. What a table may look like is in `label_tables`.
"""

from collections.abc import Callable, Collection, Iterable
from pathlib import PurePosixPath
from typing import Final

from model_store.errors import ImageRejected, SetRejected
from model_store.images.signatures import has_image_extension
from model_store.labelled_sets.label_tables.code_names import may_name_codes
from model_store.labelled_sets.label_tables.reading import LabelsTable, read_label_table
from model_store.labelled_sets.layout import LayoutChoice, find_layout
from model_store.labelled_sets.names import LabelMatcher
from model_store.labelled_sets.walk import is_system_file
from model_store.text import listed

__all__ = ["HEADER", "NAME", "LabelsTable", "find_candidates", "read_labels_file", "with_unread_tables"]

NAME: Final = "labels.csv"
"""The name of the table that decides before all others; its case does not matter."""
HEADER: Final = "it needs a column with the paths or names of the images, and one with their labels"

_EXTENSIONS: Final = frozenset({".csv", ".tsv", ".jsonl", ".ndjson"})
_MAX_OTHERS: Final = 20
"""Tables that are opened; a set of measurements may have one beside each image."""
_MAX_CODE_FILES: Final = 10

Read = Callable[[str], bytes]
"""Path → bytes; raises `ImageRejected`."""


def find_candidates(paths: Iterable[str], images: Iterable[str]) -> list[str]:
    """Return the tables that are at the top, or in the one folder that holds every image; each `labels.csv` first."""
    tops = {path.partition("/")[0] if "/" in path else "" for path in images}
    folders = {"", *tops} if len(tops) == 1 else {""}
    tables = [path for path in paths if PurePosixPath(path).suffix.lower() in _EXTENSIONS]
    found = [path for path in tables if path.rpartition("/")[0] in folders]
    return [path for path in found if _is_labels_csv(path)] + [path for path in found if not _is_labels_csv(path)]


def with_unread_tables(error: SetRejected, paths: Collection[str], images: Collection[str]) -> SetRejected:
    """Add to a refusal for want of labels the tables that are not read because they are not at the top.

    Args:
        error: The refusal.
        paths: Every file of the set that is no image.
        images: Every image of it.
    """
    candidates = find_candidates(paths, images)
    tables = [path for path in paths if PurePosixPath(path).suffix.lower() in _EXTENSIONS and not is_system_file(path)]
    below = sorted(set(tables) - set(candidates))
    if not below:
        return error
    are = "is not read, since it is" if len(below) == 1 else "are not read, since they are"
    detailed = SetRejected(error.reason, f"{error} {listed(below)} {are} not at the top of the set.")
    detailed.hint = "Join such tables into one labels.csv at the top, or take the folder of one as the set."
    return detailed


def read_labels_file(
    candidates: Iterable[str],
    files: Collection[str],
    read: Read,
    matcher: LabelMatcher,
    layout: LayoutChoice | None = None,
) -> LabelsTable | None:
    """Read the table that gives the labels, if there is one.

    Args:
        candidates: The paths that `find_candidates` returned.
        files: Every file of the set.
        read: Path → bytes; raises `ImageRejected`.
        matcher: Knows which names mean the same label.
        layout: What the first folders are, if the user says it.

    Raises:
        LabelColumnUnclear: If two columns of a table could be the label.
        SetRejected: If a table cannot be read or gives an image two labels or none, or if there are two tables.
    """
    candidates = list(candidates)
    first = [path for path in candidates if _is_labels_csv(path)]
    table = _only(first, files, read, matcher, only_plain=True)
    if table is not None or not candidates or _folders_give_labels(files, matcher, layout):
        return table
    tables = [path for path in candidates if not may_name_codes(path) or _is_labels_csv(path)]
    return _only(tables[:_MAX_OTHERS], files, read, matcher) or _only(
        [path for path in candidates if path not in tables][:_MAX_OTHERS], files, read, matcher
    )


def _only(
    candidates: Iterable[str], files: Collection[str], read: Read, matcher: LabelMatcher, *, only_plain: bool = False
) -> LabelsTable | None:
    """Read the one of several tables that gives labels."""
    found: LabelsTable | None = None
    for path in candidates:
        is_other = not _is_labels_csv(path)
        codes = ((file, _bytes(file, read)) for file in _code_files(path, files))
        table = read_label_table(
            path, _bytes(path, read), files, matcher, code_files=codes, only_plain=only_plain, must_match=is_other
        )
        if table is None or (is_other and len(table.missing) == len(table.names)):
            continue
        if found is not None:
            raise _refused(f"{found.path} and {path} both give labels; keep one of them.")
        found = table
    return found


def _code_files(path: str, files: Iterable[str]) -> list[str]:
    """Return the files beside a table that may name its codes."""
    folder = path.rpartition("/")[0]
    beside = (file for file in files if file != path and file.rpartition("/")[0] == folder)
    return [file for file in beside if may_name_codes(file) and not _is_labels_csv(file)][:_MAX_CODE_FILES]


def _folders_give_labels(files: Collection[str], matcher: LabelMatcher, choice: LayoutChoice | None) -> bool:
    """Tell whether a folder is a label of the model or, if no model is known, whether folders give two labels.

    Folders that can be read in two ways are a question to the user, whatever a table says.
    """
    if matcher.has_labels:
        folders = {part for file in files for part in file.split("/")[:-1]}
        return any(matcher.match(folder) is not None for folder in folders)
    images = [file for file in files if has_image_extension(file)]
    try:
        layout = find_layout(images, choice=choice)
    except SetRejected as error:
        return error.reason == "ambiguous-layout"
    return len({layout.place_of(image).label for image in images} - {None}) > 1


def _bytes(path: str, read: Read) -> bytes:
    try:
        return read(path)
    except ImageRejected as error:
        raise _refused(f"{path} cannot be read: {error}") from error


def _is_labels_csv(path: str) -> bool:
    return path.rpartition("/")[2].lower() == NAME


def _refused(detail: str) -> SetRejected:
    return SetRejected("labels-file", detail)
