"""Files that are whole after a crash, and locks that die with their holder. Knows nothing of models."""

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
"""Age from which a small file has no living writer, if it is half-written: writing one takes milliseconds."""

_HALF_WRITTEN = re.compile(r"\..+\.[0-9a-f]{8}")


@contextmanager
def directory_lock(directory: Path, *, wait: bool = True) -> Iterator[None]:
    """Hold the advisory lock of a directory among processes; the kernel lets go of it when a process dies.

    Raises:
        BlockingIOError: Another process has it and `wait` is false.
    """
    handle = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        yield
    finally:
        os.close(handle)


def make_directory(path: Path) -> None:
    """Make a directory and those above it that are missing, so that they are there after a crash."""
    if path.is_dir():
        return
    make_directory(path.parent)
    path.mkdir(exist_ok=True)
    fsync(path.parent)


def write_atomically(path: Path, content: str | bytes) -> None:
    """Write a small file so that a reader sees the old one or the new one, also after a crash."""
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        with temporary.open("xb") as file:
            file.write(content.encode() if isinstance(content, str) else content)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    fsync(path.parent)


def abandoned_files(directory: Path) -> list[Path]:
    """List what `write_atomically` left behind in a directory and its folders when its process was killed, sorted."""
    places = [*directory.glob(".*"), *directory.glob("[!.]*/.*")]
    return sorted(path for path in places if _HALF_WRITTEN.fullmatch(path.name) and has_no_writer(path))


def has_no_writer(path: Path) -> bool:
    """Tell whether a small file is so old that nobody is still writing it, or what belongs to it."""
    return path.is_file() and path.lstat().st_mtime < time.time() - ABANDONED_AFTER_S


def flush(directory: Path) -> None:
    """Write every file and folder below a directory, and itself, through to the disk."""
    for folder, _, names in os.walk(directory):
        for name in names:
            fsync(Path(folder, name))
        fsync(Path(folder))


def fsync(path: Path) -> None:
    """Write one file or folder through to the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
