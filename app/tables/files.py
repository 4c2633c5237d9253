"""The files that paths mean: images, folders, zips and lists of paths.

Every file is found, in a stable order. Folders and zips are listed by `model_store.labelled_sets`, as for an
evaluation. Nothing is decoded here, and a file is read only when its turn comes.
"""

import codecs
import itertools
import os
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Final, NamedTuple, NoReturn

from model_store.errors import ImageRejected, SetRejected
from model_store.images.files import has_image_start, read_image_file
from model_store.images.pixels import DEFAULT_MAX_IMAGE_BYTES
from model_store.images.signatures import has_image_extension
from model_store.labelled_sets.archives.archive import Archive
from model_store.labelled_sets.interpretation import IgnoredReason
from model_store.labelled_sets.labelled_set import SetLimits, SortedPaths, sort_paths
from model_store.labelled_sets.walk import Kind, walk

DEFAULT_LIMITS: Final = SetLimits(
    max_entries=100_000,
    max_uncompressed_bytes=16 * 2**30,
    max_compression_ratio=200.0,
    max_image_bytes=DEFAULT_MAX_IMAGE_BYTES,
)
"""The limits of a zip where no settings are read; they are the defaults of the settings."""

_NOT_READ: Final[dict[Kind, tuple[str, str]]] = {
    "linked-folder": ("link", "is a link to a folder, which is not followed; name the folder itself"),
    "special": ("link", "is a special file, and reading it could block forever"),
    "unlistable": ("corrupt", "is a folder that cannot be listed; check its permissions"),
}
"""Kinds of entries that are unreadable: the reason, and the end of the sentence."""

_ZIP_SIGNATURES: Final = (b"PK\x03\x04", b"PK\x05\x06")


class FoundFile(NamedTuple):
    """A file with its path in the table.

    Attributes:
        path: The path that was given and, after a slash, the path inside that folder or zip.
        read: Returns the file's bytes; raises `ImageRejected`.
        ignored: The reason for which the file is not predicted; None if it is.
    """

    path: str
    read: Callable[[], bytes]
    ignored: IgnoredReason | None = None


@dataclass(frozen=True)
class FoundFiles:
    """The files of one folder or zip, or several files that were named one by one; iterating yields each.

    Attributes:
        paths: Paths of the files, in the order of the table.
        read: Path → bytes; raises `ImageRejected`.
        root: Their folder or zip, as it was given; None if the paths stand alone.
        ignored: Path → reason, for the files that are not predicted.
    """

    paths: list[str]
    read: Callable[[str], bytes]
    root: Path | None = None
    ignored: dict[str, IgnoredReason] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.paths)

    def __iter__(self) -> Iterator[FoundFile]:
        for path in self.paths:
            shown = shown_path(path if self.root is None else self.root / path)
            yield FoundFile(shown, lambda path=path: self.read(path), self.ignored.get(path))  # type: ignore[misc]


def find_files(
    paths: Iterable[Path], limits: SetLimits, stack: ExitStack, *, without: Collection[Path] = ()
) -> list[FoundFiles]:
    """Find the files that each path means.

    A folder that cannot be listed and a zip that is refused are unreadable files themselves, and so is a path that does
    not exist.

    Args:
        paths: Images, folders and zips. A zip is recognised by its name, or by its first bytes.
        limits: The most that a zip may cost, and the most bytes of one image.
        stack: Closes the zips.
        without: Files to leave out of folders, such as the table itself.

    Returns:
        The files in the order of the paths. Of a folder, its images come first, sorted by path, then the ignored files.
        A zip's are in the zip's own order.
    """

    def read_one(path: str) -> bytes:
        if not os.path.lexists(path):
            raise ImageRejected("missing", f"There is no file {shown_path(path)}.")
        if _is_special(Path(path)):
            reason, what = _NOT_READ["special"]
            raise ImageRejected(reason, f"{shown_path(path)} {what}.")
        return read_image_file(Path(path), max_image_bytes=limits.max_image_bytes)

    found = []
    for kind, group in itertools.groupby(paths, _kind):
        if kind == "file":
            found.append(FoundFiles([str(path) for path in group], read_one))
        elif kind == "folder":
            found.extend(_in_folder(path, limits, without) for path in group)
        else:
            found.extend(_in_zip(path, limits, stack) for path in group)
    return found


def read_list(file: BinaryIO) -> list[Path]:
    """Read a list of paths, one a line, or separated by NUL as `find -print0` does. Empty lines are skipped.

    A byte order mark says that the list is UTF-16, as Windows writes it: its NULs separate nothing.
    """
    data = file.read().removeprefix(codecs.BOM_UTF8)
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        data = data.decode("utf-16", "replace").encode()
    lines = data.split(b"\0") if b"\0" in data else data.split(b"\n")
    return [Path(os.fsdecode(line)) for line in (line.rstrip(b"\r") for line in lines) if line.strip()]


def shown_path(path: str | Path) -> str:
    """Return a path as text that every form can hold; bytes that are not UTF-8 are escaped."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")


def _kind(path: Path) -> str:
    if path.is_dir():
        return "folder"
    if path.suffix.lower() == ".zip":
        return "zip"
    if has_image_extension(path.name) or not path.is_file():
        return "file"
    try:
        with path.open("rb") as file:
            return "zip" if file.read(4) in _ZIP_SIGNATURES else "file"
    except OSError:
        return "file"  # reading it will say why it cannot be opened


def _is_special(path: Path) -> bool:
    """Tell a pipe or a socket from a file; those in /dev are meant, as `<(…)` of a shell is."""
    return path.exists() and not path.is_file() and not path.is_relative_to("/dev")


def _in_folder(root: Path, limits: SetLimits, without: Collection[Path]) -> FoundFiles:
    hidden = {os.path.realpath(path) for path in without}
    entries = {entry.path: entry for entry in walk(root) if entry.kind != "folder"}
    paths = sorted(path for path in entries if not hidden or os.path.realpath(root / path) not in hidden)

    def has_signature(path: str) -> bool:
        if entries[path].kind != "file":
            return True  # reading it says what it is
        try:
            return has_image_start(root / path)
        except OSError:
            return False  # neither its name nor its bytes say that it is an image

    def read(path: str) -> bytes:
        if entries[path].kind in _NOT_READ:
            reason, what = _NOT_READ[entries[path].kind]
            raise ImageRejected(reason, f"{shown_path(root / path)} {what}.")
        return read_image_file(root / path, max_image_bytes=limits.max_image_bytes)

    return _listed(root, sort_paths(paths, has_signature), read)


def _in_zip(path: Path, limits: SetLimits, stack: ExitStack) -> FoundFiles:
    try:
        archive = Archive(stack.enter_context(path.open("rb")), limits)
        files = archive.sorted_paths()
    except SetRejected as error:
        return _refused_zip(path, ImageRejected(error.reason, str(error)))
    except OSError as error:
        return _refused_zip(path, ImageRejected("corrupt", f"{shown_path(path)} cannot be read: {error.strerror}."))
    return _listed(path, files, archive.read)


def _refused_zip(path: Path, error: ImageRejected) -> FoundFiles:
    def refuse(_: str) -> NoReturn:
        raise ImageRejected(error.reason, error.detail)

    return FoundFiles([str(path)], refuse)


def _listed(root: Path, files: SortedPaths, read: Callable[[str], bytes]) -> FoundFiles:
    return FoundFiles(files.paths(), read, root, {file.path: file.reason for file in files.ignored})
