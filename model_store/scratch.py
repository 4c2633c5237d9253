"""Temporary directories that do not outlast their process: what a killed one leaves is removed by the next.

A living process holds a lock on its directory, and the kernel releases it when the process dies, however it does. The
number of a process in a name is for people only: another process may have it by now, or in another container.
"""

import fcntl
import os
import re
import shutil
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import Final

_made: Final[set[Path]] = set()
"""The scratch directories of this process. Another one, in a container, may have the same number."""
_NAME: Final = re.compile(r"fullcount-[a-z]+-\d+-\w+\.scratch")


@contextmanager
def scratch_directory(kind: str, within: Path | None = None) -> Iterator[Path]:
    """Make a temporary directory for this user alone, and remove it after the block.

    The first of a process removes what killed processes left beside it.

    Args:
        kind: What it is for, in one word of small letters, as part of its name.
        within: The directory to make it in; default: the system's for temporary files.

    Raises:
        OSError: If it cannot be made.
    """
    within = within or Path(tempfile.gettempdir())
    _clean_once(within)
    directory, handle = _make(kind, within)
    _made.add(directory)
    try:
        yield directory
    finally:
        _made.discard(directory)
        shutil.rmtree(directory, ignore_errors=True)  # what is left loses its lock, so the next process removes it
        os.close(handle)


def clean_scratch(within: Path) -> list[str]:
    """Remove the scratch directories that killed processes of this user left; return their names, sorted."""
    if not os.access(within, os.R_OK):  # such as a folder that anybody may write to and nobody may list
        return []
    named = [path for path in sorted(within.iterdir()) if _NAME.fullmatch(path.name)]
    return [path.name for path in named if _is_own_directory(path) and _remove_if_left(path)]


def remove_own_scratch(within: Path) -> None:
    """Remove the scratch directories of this process, for one that ends without leaving its blocks."""
    for path in [made for made in _made if made.parent == within]:
        shutil.rmtree(path, ignore_errors=True)


@cache
def _clean_once(within: Path) -> None:
    clean_scratch(within)


def _make(kind: str, within: Path) -> tuple[Path, int]:
    """Make a directory and lock it; repeat if another process took it for one that was left, before it was locked."""
    while True:
        made = tempfile.mkdtemp(prefix=f"fullcount-{kind}-{os.getpid()}-", suffix=".scratch", dir=within)
        with suppress(FileNotFoundError):
            handle = os.open(made, os.O_RDONLY | os.O_DIRECTORY)
            if _lock(handle) is not False and _is_at(handle, made):
                return Path(made), handle
            os.close(handle)


def _remove_if_left(path: Path) -> bool:
    with suppress(FileNotFoundError):  # another process was first
        handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        try:
            if _lock(handle) and _is_at(handle, path):
                shutil.rmtree(path, ignore_errors=True)
                return not path.exists()
        finally:
            os.close(handle)
    return False


def _lock(handle: int) -> bool | None:
    """Return True if the lock was taken, False if another process has it, None if this file system has no locks."""
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return None
    return True


def _is_at(handle: int, path: str | Path) -> bool:
    try:
        return os.path.samestat(os.fstat(handle), os.lstat(path))
    except FileNotFoundError:
        return False


def _is_own_directory(path: Path) -> bool:
    try:
        found = path.lstat()
    except FileNotFoundError:
        return False
    return stat.S_ISDIR(found.st_mode) and found.st_uid == os.geteuid()
