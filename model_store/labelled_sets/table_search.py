"""The places in a labelled set where a table of labels may be. Nothing here reads a file.

A table is at the top, in a folder around every image, or in the folder of a split or other part.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable
from pathlib import PurePosixPath
from typing import Final

from model_store.images.signatures import has_image_extension
from model_store.labelled_sets.label_tables.code_names import may_name_codes
from model_store.labelled_sets.recognition.folder_names import is_plain_split, split_of
from model_store.labelled_sets.recognition.folder_tree import MAX_DEPTH
from model_store.labelled_sets.walk import is_system_file

NAME: Final = "labels.csv"
"""The name of the table that decides before all others; its case does not matter."""

_EXTENSIONS: Final = (".csv", ".tsv", ".jsonl", ".ndjson")
_MAX_CODE_FILES: Final = 10


def is_table(path: str) -> bool:
    """Tell whether a file may be a table, by what it is called."""
    return path.lower().endswith(_EXTENSIONS)


def is_labels_csv(path: str) -> bool:
    """Tell whether a file is called `labels.csv`."""
    return path.rpartition("/")[2].lower() == NAME


def find_candidates(paths: Iterable[str], images: Iterable[str]) -> list[str]:
    """Return the tables that are at the top, or in a folder that holds every image; each `labels.csv` first."""
    folders = _around_all(images)
    found = [path for path in paths if is_table(path) and path.rpartition("/")[0] in folders]
    return [path for path in found if is_labels_csv(path)] + [path for path in found if not is_labels_csv(path)]


def find_part_tables(files: Collection[str]) -> dict[str, list[str]]:
    """Return the folders of parts that hold tables, with the tables of each.

    They are folders that hold images, none inside another, beside or below the folders around every image: folders
    named like splits, or several folders whatever they are called.
    """
    found = sorted(path for path in files if is_table(path) and not is_system_file(path))
    if not found:
        return {}
    images = [file for file in files if has_image_extension(file) and not is_system_file(file)]
    around = _around_all(images)
    tables: dict[str, list[str]] = defaultdict(list)
    for path in found:
        folder = path.rpartition("/")[0]
        if folder not in around:
            tables[folder].append(path)
    with_images = {folder for image in images for folder in _folders_above(image)} if tables else set()
    parts = [folder for folder in tables if folder in with_images and not any(map(tables.__contains__, _above(folder)))]
    if len(parts) == 1 and not is_plain_split(parts[0].rpartition("/")[2]):
        return {}
    return {folder: tables[folder] for folder in parts}


def find_code_files(path: str, files: Iterable[str]) -> list[str]:
    """Return the files beside a table that may name its codes."""
    folder = path.rpartition("/")[0]
    beside = (file for file in files if file != path and file.rpartition("/")[0] == folder)
    return [file for file in beside if may_name_codes(file) and not is_labels_csv(file)][:_MAX_CODE_FILES]


def names_codes(path: str) -> bool:
    """Tell whether a table may name codes rather than give labels; one of a split gives labels."""
    stem = PurePosixPath(path).stem
    return may_name_codes(path) and not is_labels_csv(path) and split_of(stem) is None


def _around_all(images: Iterable[str]) -> set[str]:
    """Return the folders that hold every image, from the top, which is empty."""
    folders: list[str] | None = None
    for image in images:
        above = ["", *reversed(_folders_above(image))]
        shared = above if folders is None else [one for one, other in zip(folders, above, strict=False) if one == other]
        folders = shared
        if len(folders) == 1:
            break
    return set(folders or [""])


def _folders_above(path: str) -> list[str]:
    """Return the folders around a file, the innermost first; of a path of thousands, those that are looked at."""
    parts = path.split("/", MAX_DEPTH + 1)[:-1][:MAX_DEPTH]
    return ["/".join(parts[:depth]) for depth in range(len(parts), 0, -1)]


def _above(folder: str) -> list[str]:
    return [*_folders_above(folder), ""]
