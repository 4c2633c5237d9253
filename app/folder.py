"""A labelled folder on this machine, for the command line: the service never opens a path that a client named."""

import os
from collections.abc import Collection, Iterator
from pathlib import Path

from app.errors import ArchiveRejected
from app.labelled_set import LabelledSet, check_size, give_labels, sort_paths
from model_store.errors import ImageRejected
from model_store.labelled import SIGNATURE_BYTES, has_image_signature


def open_folder(root: Path, labels: Collection[str], *, max_image_bytes: int) -> LabelledSet:
    """List a folder of one folder per label, or of images and a `labels.csv`.

    Args:
        root: The folder.
        labels: The model's labels.
        max_image_bytes: Most bytes of one file.

    Raises:
        ArchiveRejected: There are no images, none with a label, a folder is a link, a file is no ordinary one, its
            name is no UTF-8, or a `labels.csv` is refused.
    """
    directories, paths = _walk(root)

    def has_signature(path: str) -> bool:
        try:
            with (root / path).open("rb") as file:
                return has_image_signature(file.read(SIGNATURE_BYTES))
        except OSError:
            return False  # neither its name nor its bytes say that it is an image

    def read(path: str) -> bytes:
        return read_file(root / path, max_image_bytes=max_image_bytes)

    files = sort_paths(paths, has_signature)
    if not files.images:
        raise ArchiveRejected("no-images", f"{root} must hold one folder per label, with images in it: cats/1.jpg.")
    return give_labels(files, labels, directories=directories, read=read)


def read_file(path: Path, *, max_image_bytes: int) -> bytes:
    """Read one image file.

    Raises:
        ImageRejected: It cannot be read, or has too many bytes.
    """
    try:
        with path.open("rb") as file:
            data = file.read(max_image_bytes + 1)
    except OSError as error:
        raise ImageRejected("corrupt", f"{path} cannot be read: {error.strerror}.") from error
    check_size(str(path), len(data), max_image_bytes)
    return data


def _walk(root: Path) -> tuple[int, list[str]]:
    """Count the folders below a folder and list the files, sorted."""
    directories = 0
    paths: list[str] = []
    for entry in _entries(root):
        if entry.is_dir(follow_symlinks=False):
            directories += 1
        elif entry.is_dir():
            raise ArchiveRejected("link", f"{entry.path} is a link to a folder, which is not followed.")
        elif not entry.is_file() and Path(entry.path).exists():
            raise ArchiveRejected("link", f"{entry.path} is a special file; reading it could wait for ever.")
        else:
            paths.append(_checked(Path(entry.path).relative_to(root).as_posix()))
    return directories, sorted(paths)


def _checked(path: str) -> str:
    """Return a path that a report can hold: Python reads a name that is no UTF-8 into characters that JSON refuses."""
    try:
        path.encode()
    except UnicodeEncodeError as error:
        raise ArchiveRejected("unsafe-path", f"The path {path!r} is not UTF-8; rename it.") from error
    return path


def _entries(directory: Path) -> Iterator[os.DirEntry[str]]:
    with os.scandir(directory) as entries:
        for entry in entries:
            yield entry
            if entry.is_dir(follow_symlinks=False):
                yield from _entries(Path(entry.path))
