"""Walking a labelled folder: every entry below it, with its kind.

The caller decides what an entry counts as: evaluation refuses some kinds, training gives each a fate. No file is opened
here.
"""

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final, Literal, NamedTuple

Kind = Literal["file", "folder", "linked-folder", "special", "unlistable"]
"""A broken link is a `file`: opening it shows why it cannot be read. `special` is a pipe, socket or device,
which could block its reader forever. `unlistable` is a folder that the file system does not list."""

SYSTEM_NAMES: Final = frozenset(
    {"__macosx", "network trash folder", "temporary items"}  # macOS
    | {"icon\r", "icon\uf00d"}  # its icon of a folder; on a network drive the carriage return is stored as U+F00D
    | {"thumbs.db", "ehthumbs.db", "ehthumbs_vista.db", "desktop.ini"}  # Windows
    | {"$recycle.bin", "recycler", "system volume information", "found.000"}
    | {"@eadir", "#recycle", "#snapshot", "@tmp", "@sharebin"}  # network storage
    | {"@recycle", "@recently-snapshot", "@qsys"}
    | {"lost+found", "lost.dir", "__pycache__"}
)
"""Files and folders, in lower case, that systems leave behind. `recycle` and `trash` may be labels."""
_SYSTEM_PART: Final = re.compile(rf"/(?:\.[^/]|(?:{'|'.join(map(re.escape, sorted(SYSTEM_NAMES)))})(?:/|\Z))")


class Entry(NamedTuple):
    """An entry of a folder, as it was when the folder was walked.

    Attributes:
        path: Posix path below the folder, as Python reads it; bytes that are not UTF-8 are surrogate characters.
        kind: The entry itself, or what a link to a file leads to.
        error: The operating system's message if the folder cannot be listed; else empty.
    """

    path: str
    kind: Kind
    error: str = ""


def walk(root: Path) -> Iterator[Entry]:
    """Yield every entry below a folder once, in no particular order, without following links to folders.

    The folder itself is not an entry, unless it cannot be listed: then it is the only one, and its path is empty.
    """
    folders = [""]
    while folders:
        folder = folders.pop()
        try:
            with os.scandir(root / folder) as listing:
                entries = list(listing)
        except OSError as error:
            yield Entry(folder, "unlistable", error.strerror or str(error))
            continue
        if folder:
            yield Entry(folder, "folder")
        for entry in entries:
            path = f"{folder}/{entry.name}" if folder else entry.name
            kind = _kind(entry)
            if kind == "folder":
                folders.append(path)
            else:
                yield Entry(path, kind)


def is_system_file(path: str) -> bool:
    """Tell whether a file, or a folder above it, is hidden or was left behind by an operating system.

    Args:
        path: Posix path below the labelled set, from a folder or from a zip.
    """
    return _SYSTEM_PART.search(f"/{path}".lower()) is not None


def _kind(entry: os.DirEntry[str]) -> Kind:
    try:
        if entry.is_dir(follow_symlinks=False):
            return "folder"
        if entry.is_dir():
            return "linked-folder"
        if entry.is_file():
            return "file"
        entry.stat()  # fails for a broken link
    except OSError:
        return "file"
    return "special"
