"""Digests of every file in a directory. Links and special files are refused, not followed."""

import hashlib
import os
import stat
from collections.abc import Iterator
from pathlib import Path

from model_store.errors import VersionCorrupt
from model_store.manifest import FileDigest


def digest_file(path: Path) -> FileDigest:
    """Digest one file, reading it in chunks."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256")
        return FileDigest(sha256=digest.hexdigest(), bytes=file.tell())


def digest_directory(directory: Path) -> dict[str, FileDigest]:
    """Digest every file below a directory.

    Returns:
        POSIX path relative to `directory` → digest, sorted by path.

    Raises:
        VersionCorrupt: If there is a link, a special file or a name that is not UTF-8; all of them are listed.
        OSError: If a file or folder cannot be read.
    """
    files: list[Path] = []
    refused: list[str] = []
    for path, mode in _walk(directory):
        inner = path.relative_to(directory).as_posix()
        if not stat.S_ISREG(mode):
            refused.append(f"{inner} is a link or a special file")
        elif not _is_utf8(inner):
            refused.append(f"{inner!a} has a name that is not UTF-8")
        files.append(path)
    if refused:
        raise VersionCorrupt(directory, sorted(refused))
    return {path.relative_to(directory).as_posix(): digest_file(path) for path in sorted(files)}


def compare(expected: dict[str, FileDigest], actual: dict[str, FileDigest]) -> list[str]:
    """List every difference between two sets of digests, one sentence each, sorted by path."""
    differences = [f"{path} is missing" for path in expected.keys() - actual.keys()]
    differences += [f"{path} is not in the manifest" for path in actual.keys() - expected.keys()]
    differences += [f"{path} has changed" for path in expected.keys() & actual.keys() if expected[path] != actual[path]]
    return sorted(differences)


def _is_utf8(name: str) -> bool:
    """Return True if a name can be written into a manifest; Python decodes other bytes to lone surrogates."""
    return not any("\ud800" <= character <= "\udfff" for character in name)


def _walk(directory: Path) -> Iterator[tuple[Path, int]]:
    """Yield the path and mode of everything below a directory except plain folders, without following links."""
    with os.scandir(directory) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                yield from _walk(Path(entry.path))
            else:
                yield Path(entry.path), entry.stat(follow_symlinks=False).st_mode
