"""The folders of the pixel cache: they appear whole, are locked while in use, and share one limit.

A folder under a hidden name is being made by the process that holds its lock; one whose maker died is removed. A folder
under its final name is whole. It is read under a shared lock, and removed only by a process that gets an exclusive
lock. The kernel releases a lock when its holder dies. This module knows nothing of pixels.
"""

import fcntl
import math
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from training.cache import cache_directory
from training.errors import CacheLimitInvalid

LIMIT_VARIABLE: Final = "FULLCOUNT_CACHE_MAX_GB"
DEFAULT_LIMIT_GB: Final = "20"


def cache_limit_bytes() -> int:
    """Return the most bytes that all cached pixels together may take.

    Raises:
        CacheLimitInvalid: If `FULLCOUNT_CACHE_MAX_GB` is not a number of 0 or more.
    """
    text = os.environ.get(LIMIT_VARIABLE) or DEFAULT_LIMIT_GB
    try:
        gigabytes = float(text)
    except ValueError as error:
        raise CacheLimitInvalid(LIMIT_VARIABLE, text) from error
    if not math.isfinite(gigabytes) or gigabytes < 0:
        raise CacheLimitInvalid(LIMIT_VARIABLE, text)
    return int(gigabytes * 1e9)


@dataclass(frozen=True)
class Making:
    """A folder that is being filled by this process."""

    path: Path
    handle: int
    """Descriptor of the folder, whose lock this process holds."""


class CacheSpace:
    """The folders of the cache, by name."""

    def __init__(self) -> None:
        """Find the folder that the environment names; create nothing."""
        self._directory = cache_directory() / "pixels"
        self._limit_bytes = cache_limit_bytes()

    def has(self, prefix: str) -> bool:
        """Tell whether there is a folder whose name begins with `prefix`."""
        return any(path.name.startswith(prefix) for path in self._folders() if not _is_hidden(path))

    @contextmanager
    def reading(self, name: str) -> Iterator[Path | None]:
        """Keep a folder from being removed until the block ends; yield None if it does not exist."""
        path = self._directory / name
        with _locked(path, fcntl.LOCK_SH) as handle:
            if handle is not None:
                _touch(path)
            yield path if handle is not None else None

    @contextmanager
    def making(self, needed_bytes: int) -> Iterator[Making | None]:
        """Make an empty folder to fill and to `finish`; unless it is finished, it is removed after the block.

        Yields:
            The folder; None if the cache cannot be written, or has no room even without all unused folders.
        """
        path = self._directory / f".{secrets.token_hex(8)}"
        if needed_bytes > self._limit_bytes:
            yield None
            return
        try:
            path.mkdir(parents=True)
        except OSError:
            yield None
            return
        with _locked(path, fcntl.LOCK_EX) as handle:
            try:
                has_room = handle is not None and self._make_room(needed_bytes, but=path)
                yield Making(path, handle) if handle is not None and has_room else None
            finally:
                shutil.rmtree(path, ignore_errors=True)

    def finish(self, made: Making, name: str) -> bool:
        """Give a whole folder its name; from then on other processes may read it, as this one still does.

        Returns:
            True; False if another process has finished a folder of that name first.
        """
        try:
            made.path.rename(self._directory / name)
        except OSError:
            return False
        _lock(made.handle, fcntl.LOCK_SH)
        return True

    def remove(self, name: str) -> None:
        """Remove a folder, unless it is in use."""
        self._removed(self._directory / name)

    def _make_room(self, needed_bytes: int, *, but: Path) -> bool:
        """Remove leftovers of dead processes, then the folders used longest ago, until there is room."""
        folders = [path for path in self._folders() if path != but]
        kept = [path for path in folders if not (_is_hidden(path) and self._removed(path))]
        oldest = sorted((path for path in kept if not _is_hidden(path)), key=_used_at)
        while not self._has_room(needed_bytes):
            if not oldest:
                return False
            self._removed(oldest.pop(0))
        return True

    def _has_room(self, needed_bytes: int) -> bool:
        taken = sum(_size(path) for path in self._folders())
        free = shutil.disk_usage(self._directory).free
        return taken + needed_bytes <= self._limit_bytes and needed_bytes < free

    def _removed(self, path: Path) -> bool:
        """Remove a folder if no process uses it; tell whether it is gone."""
        with _locked(path, fcntl.LOCK_EX | fcntl.LOCK_NB) as handle:
            if handle is not None:
                hidden = path.with_name(f".{secrets.token_hex(8)}")
                path.rename(hidden)  # first: a process killed now leaves no half of a folder under a good name
                shutil.rmtree(hidden, ignore_errors=True)
        return not path.exists()

    def _folders(self) -> list[Path]:
        try:
            return sorted(path for path in self._directory.iterdir() if path.is_dir())
        except OSError:
            return []


@contextmanager
def _locked(path: Path, kind: int) -> Iterator[int | None]:
    """Hold the lock of a folder; yield None if it is missing, was replaced, or another process holds the lock."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    except OSError:
        yield None
        return
    try:
        yield handle if _lock(handle, kind) and _is_at(handle, path) else None
    finally:
        os.close(handle)


def _lock(handle: int, kind: int) -> bool:
    try:
        fcntl.flock(handle, kind)
    except OSError:  # another process has it, or this file system has no locks
        return False
    return True


def _is_at(handle: int, path: Path) -> bool:
    """Tell whether an open folder is still the one at its path: it may have been removed during the wait."""
    try:
        return os.path.samestat(os.fstat(handle), path.stat())
    except OSError:
        return False


def _touch(path: Path) -> None:
    """Note that a folder was used now, if the cache can be written."""
    try:
        os.utime(path)
    except OSError:
        return  # a cache that only others can write is still used


def _used_at(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0  # removed by another process in the meantime


def _size(path: Path) -> int:
    try:
        return sum(file.stat().st_size for file in path.iterdir())
    except OSError:
        return 0  # as above


def _is_hidden(path: Path) -> bool:
    return path.name.startswith(".")
