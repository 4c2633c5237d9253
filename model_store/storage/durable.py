"""Files that survive a crash whole, and locks that are released when their holder dies. Knows nothing of models."""

import fcntl
import os
import re
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

ABANDONED_AFTER_S: Final = 3600
"""Age from which a half-written small file has no living writer: writing one takes milliseconds."""

_HALF_WRITTEN = re.compile(r"\..+\.[0-9a-f]{8}")


@contextmanager
def directory_lock(directory: Path, *, wait: bool = True) -> Iterator[None]:
    """Hold a directory's advisory lock between processes; the kernel releases it when a process dies.

    Raises:
        BlockingIOError: If another process holds the lock and `wait` is False.
    """
    handle = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        yield
    finally:
        os.close(handle)


def make_directory(path: Path) -> None:
    """Create a directory and its missing parents, durably: they are still there after a crash."""
    if path.is_dir():
        return
    make_directory(path.parent)
    path.mkdir(exist_ok=True)
    fsync(path.parent)


def write_atomically(path: Path, content: str | bytes, *, is_durable: bool = True) -> None:
    """Write a small file so that readers see either the old or the new content.

    Args:
        path: The file.
        content: Its new content.
        is_durable: Whether this holds after a crash of the machine, too; else its content may then be lost.
    """
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        with temporary.open("xb") as file:
            file.write(content.encode() if isinstance(content, str) else content)
            file.flush()
            if is_durable:
                os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    if is_durable:
        fsync(path.parent)


def abandoned_files(directory: Path) -> list[Path]:
    """List the half-written files of killed processes in a directory and its folders, sorted by path."""
    hidden = [*directory.glob(".*"), *directory.glob("[!.]*/.*")]
    return sorted(path for path in hidden if _HALF_WRITTEN.fullmatch(path.name) and has_no_writer(path))


def has_no_writer(path: Path) -> bool:
    """Return True if a small file is too old for a process to be still writing it or the files it belongs to."""
    return path.is_file() and path.lstat().st_mtime < time.time() - ABANDONED_AFTER_S


def flush(directory: Path) -> None:
    """Flush a directory and every file and folder below it to the disk."""
    for folder, _, names in os.walk(directory):
        for name in names:
            fsync(Path(folder, name))
        fsync(Path(folder))


def fsync(path: Path) -> None:
    """Flush one file or folder to the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
