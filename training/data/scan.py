"""Lists every file below a folder and finds its label from its path.

There is a folder per label, or there are `train`, `val` and `test` folders of such folders.
Files are told apart by their first bytes and their names with the same rules as the service's zip reader
(`model_store.labelled_sets.layout`). Nothing is decoded here, links to folders are not followed, and pipes and devices
are never opened.
"""

import os
import stat
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import Final

from model_store.images.signatures import SIGNATURE_BYTES, has_image_extension, has_image_signature
from model_store.labelled_sets.layout import find_wrapper, label_of
from model_store.labelled_sets.walk import is_system_file
from training.data.files import File, Split
from training.errors import DatasetInvalid

SPLIT_FOLDERS: Final[dict[str, Split]] = {
    "train": "train",
    "training": "train",
    "val": "validation",
    "valid": "validation",
    "validation": "validation",
    "dev": "validation",
    "test": "test",
    "testing": "test",
}
"""Names of folders, in lower case, that mean a split given by hand."""

LAYOUT_HINT: Final = "Put the images into one folder per label, or into train/, val/ and test/ folders of such folders."


def scan(directory: Path) -> list[File]:
    """List the files below a folder.

    Returns:
        Every file, sorted by path. Images in the folder of a label have the fate `used` for the time being.

    Raises:
        DatasetInvalid: The folder cannot be read, or its `train` and `test` folders hold no folders of labels.
    """
    if not directory.is_dir():
        raise DatasetInvalid(directory, "is not a folder", hint=LAYOUT_HINT)
    files = sorted(_found(directory), key=lambda file: file.path)
    images = [file.path for file in files if _is_image(file)]
    tops = {part for path in images for part in PurePosixPath(path).parts[:2]}
    wrapper = find_wrapper(images, {top for top in tops if top.lower() in SPLIT_FOLDERS})
    has_splits = _has_split_folders([_below(path, wrapper) for path in images], directory)
    return [_labelled(file, wrapper, has_splits=has_splits) for file in files]


def _found(directory: Path) -> Iterator[File]:
    """Yield every file with what its name and its first bytes say."""
    unreadable: list[OSError] = []
    for folder, subfolders, names in os.walk(directory, onerror=unreadable.append):
        links = [name for name in subfolders if Path(folder, name).is_symlink()]
        for name in [*names, *links]:
            location = Path(folder, name)
            yield _sniffed(_printable(location.relative_to(directory)), location)
    for error in unreadable:
        location = Path(os.fsdecode(error.filename))
        if location == directory:
            raise DatasetInvalid(directory, f"cannot be read ({error.strerror})", hint="Check its permissions.")
        path = _printable(location.relative_to(directory))
        yield File(path, location, "unreadable", f"the folder cannot be listed ({error.strerror})", rejection="corrupt")


def _sniffed(path: str, location: Path) -> File:
    if is_system_file(path):
        return File(path, location, "system-file", "hidden, or left behind by an operating system")
    try:
        mode = location.stat().st_mode
        if stat.S_ISDIR(mode):
            return File(path, location, "not-an-image", "a link to a folder, which is not followed")
        if not stat.S_ISREG(mode):
            return File(path, location, "not-an-image", "a pipe, a socket or a device")
        with location.open("rb") as file:
            is_image = has_image_signature(file.read(SIGNATURE_BYTES))
    except OSError as error:
        return File(path, location, "unreadable", f"cannot be opened ({error.strerror})", rejection="corrupt")
    if is_image or has_image_extension(path):
        return File(path, location, "used")
    return File(path, location, "not-an-image", "neither its name nor its first bytes are an image's")


def _labelled(file: File, wrapper: str | None, *, has_splits: bool) -> File:
    """Give an image its label and split from its path."""
    if not _is_image(file):
        return file
    path, split = _below(file.path, wrapper), None
    if has_splits:
        top, _, rest = path.partition("/")
        split, path = SPLIT_FOLDERS.get(top.lower()), rest
    label = label_of(path) if path and (split or not has_splits) else None
    if label is None:
        where = (
            "outside the folders of the labels" if not has_splits else "outside the label folders of train, val, test"
        )
        return file if file.fate == "unreadable" else replace(file, fate="unlabelled", reason=where)
    return replace(file, label=label, split=split)


def _is_image(file: File) -> bool:
    """Tell whether a file counts as an image; one that cannot be opened does if it is called like one."""
    return file.fate == "used" or (file.fate == "unreadable" and has_image_extension(file.path))


def _has_split_folders(paths: Iterable[str], directory: Path) -> bool:
    """Tell whether the first folders are splits: `train` with folders in it, and nothing else or another split."""
    parts = [PurePosixPath(path).parts for path in paths]
    tops = {one[0].lower() for one in parts if len(one) > 1}
    deep = {one[0].lower() for one in parts if len(one) > 2} & SPLIT_FOLDERS.keys()
    are_all_splits = bool(tops) and tops <= SPLIT_FOLDERS.keys()
    if are_all_splits and not deep:
        raise DatasetInvalid(directory, f"the folders {_listed(tops)} hold images and no labels", hint=LAYOUT_HINT)
    if are_all_splits and all(SPLIT_FOLDERS[top] != "train" for top in tops):
        raise DatasetInvalid(directory, f"there is {_listed(tops)} but no train folder", hint=LAYOUT_HINT)
    return any(SPLIT_FOLDERS[top] == "train" for top in deep) and (are_all_splits or len(deep) > 1)


def _below(path: str, wrapper: str | None) -> str:
    first, _, rest = path.partition("/")
    return rest if wrapper is not None and rest and unicodedata.normalize("NFC", first) == wrapper else path


def _printable(path: Path) -> str:
    """Return a posix path as text that every terminal and CSV file can hold."""
    return os.fsencode(path.as_posix()).decode("utf-8", "backslashreplace")


def _listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(names))
