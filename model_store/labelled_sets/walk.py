"""Walk."""

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from model_store.errors import SetRejected


def _walk(root: Path) -> tuple[int, list[str]]:
    """Count the folders below a folder and list the files, sorted."""
    directories = 0
    paths: list[str] = []
    for entry in _entries(root):
        if entry.is_dir(follow_symlinks=False):
            directories += 1
        elif entry.is_dir():
            raise SetRejected("link", f"{entry.path} is a link to a folder, which is not followed.")
        elif not entry.is_file() and Path(entry.path).exists():
            raise SetRejected("link", f"{entry.path} is a special file; reading it could wait for ever.")
        else:
            paths.append(_checked(Path(entry.path).relative_to(root).as_posix()))
    return directories, sorted(paths)


def _checked(path: str) -> str:
    """Return a path that a report can hold: Python reads a name that is no UTF-8 into characters that JSON refuses."""
    try:
        path.encode()
    except UnicodeEncodeError as error:
        raise SetRejected("unsafe-path", f"The path {path!r} is not UTF-8; rename it.") from error
    return path


def _entries(directory: Path) -> Iterator[os.DirEntry[str]]:
    with os.scandir(directory) as entries:
        for entry in entries:
            yield entry
            if entry.is_dir(follow_symlinks=False):
                yield from _entries(Path(entry.path))


SYSTEM_NAMES: Final = frozenset({"__macosx", "thumbs.db", "desktop.ini", "$recycle.bin"})
_SYSTEM_PART: Final = re.compile(rf"/(?:\.[^/]|(?:{'|'.join(map(re.escape, sorted(SYSTEM_NAMES)))})(?:/|\Z))")


def is_system_file(path: str) -> bool:
    """Tell whether an operating system left this file, or a folder above it, behind; dot files count."""
    return _SYSTEM_PART.search(f"/{path}".lower()) is not None
