"""Opening every file of a directory that others may write to. Links and special files are refused, not followed.

Each entry is opened by its name inside its folder, which stays open. So nothing outside the directory is reached, even
if a folder becomes a link meanwhile.
"""

import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Final

from model_store.errors import VersionCorrupt
from model_store.text import printable

_MAX_DEPTH: Final = 16
"""Folders inside each other; a version has two."""
_NOT_FOLLOWING: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


def open_files(directory: Path) -> Iterator[tuple[str, BinaryIO]]:
    """Open every file below a directory, one at a time.

    Yields:
        The POSIX path relative to `directory`, and the file, which is closed when the next one is asked for.

    Raises:
        VersionCorrupt: In the end, if there was a link, a file with several names (hard links), a special file, a name
            that is not UTF-8, too many folders inside each other or something that cannot be opened; all are listed.
        OSError: If the directory cannot be read.
    """
    walk = _Walk()
    handle = os.open(directory, os.O_DIRECTORY | _NOT_FOLLOWING)
    try:
        yield from walk.files(handle)
    finally:
        os.close(handle)
    if refused := walk.refused():
        raise VersionCorrupt(directory, refused)


class _Walk:
    """Yields files, and remembers what it does not yield."""

    def __init__(self) -> None:
        self._refused: list[str] = []
        self._linked: list[str] = []

    def files(self, folder: int, above: str = "") -> Iterator[tuple[str, BinaryIO]]:
        """Yield the path and content of every file below an open folder."""
        with os.scandir(folder) as entries:
            listed = [(entry.name, entry.stat(follow_symlinks=False).st_mode) for entry in entries]
        for name, mode in listed:
            path = above + name
            try:
                if reason := _against(path, mode):  # before it is opened, which some devices notice
                    self._refused.append(reason)
                else:
                    yield from self._opened(os.open(name, _NOT_FOLLOWING, dir_fd=folder), path)
            except OSError as error:
                self._refused.append(f"{printable(path)} cannot be read ({error.strerror})")

    def refused(self) -> list[str]:
        """Return a sentence for each entry that was not yielded, and one for all hard links."""
        sentences = sorted(self._refused)
        if self._linked:
            listed = ", ".join(map(printable, sorted(self._linked)))
            sentences.append(f"hard links, by which others could change it: {listed} (a copy made by `cp -r` has none)")
        return sentences

    def _opened(self, handle: int, path: str) -> Iterator[tuple[str, BinaryIO]]:
        status = os.fstat(handle)  # of what was opened, whatever has the name now
        if stat.S_ISDIR(status.st_mode):
            try:
                yield from self.files(handle, f"{path}/")
            finally:
                os.close(handle)
            return
        with os.fdopen(handle, "rb", buffering=0) as file:
            if reason := _against(path, status.st_mode):
                self._refused.append(reason)
            elif status.st_nlink > 1:
                self._linked.append(path)
            else:
                yield path, file


def _against(path: str, mode: int) -> str | None:
    """Return what speaks against opening an entry, as a sentence."""
    if not _is_utf8(path):
        return f"{path!a} has a name that is not UTF-8"
    if stat.S_ISDIR(mode):
        return f"{printable(path)} is inside {_MAX_DEPTH} folders" if path.count("/") >= _MAX_DEPTH else None
    return None if stat.S_ISREG(mode) else f"{printable(path)} is a link or a special file"


def _is_utf8(name: str) -> bool:
    """Return True if a name can be written into a manifest; Python decodes other bytes to lone surrogates."""
    return not any("\ud800" <= character <= "\udfff" for character in name)
