"""Digests of every file in a directory, and copies of exactly what was digested."""

import hashlib
import os
from contextlib import ExitStack
from pathlib import Path
from typing import BinaryIO, Final

from model_store.manifest import MANIFEST_NAME, FileDigest
from model_store.storage.plain_files import open_files
from model_store.text import printable

_CHUNK_BYTES: Final = 2**20


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
        VersionCorrupt: If there is a link, or anything else that `open_files` refuses; all of them are listed.
        OSError: If the directory or a file cannot be read.
    """
    return dict(sorted((path, _digest(file, None)) for path, file in open_files(directory)))


def differences(directory: Path, expected: dict[str, FileDigest], *, copy_to: Path | None = None) -> list[str]:
    """Compare the files of a version with the digests in its manifest.

    Args:
        directory: The version's directory. The manifest in it is not compared.
        expected: The digests by path.
        copy_to: A directory that gets a copy of each listed file. The copy is made of the bytes that are digested, so
            it is what the manifest lists even if the file changes meanwhile.

    Returns:
        Every difference, one sentence each, sorted.

    Raises:
        VersionCorrupt: As for `digest_directory`.
        OSError: If the directory or a file cannot be read, or a copy cannot be written.
    """
    missing = set(expected)
    found: list[str] = []
    for path, file in open_files(directory):
        missing.discard(path)
        listed = expected.get(path)
        if listed is None and path != MANIFEST_NAME:
            found.append(f"{printable(path)} is not in the manifest")
        elif listed is not None and not _is_as_listed(file, listed, copy_to and copy_to / path):
            found.append(f"{printable(path)} has changed")
    return sorted([*found, *(f"{printable(path)} is missing" for path in missing)])


def _is_as_listed(file: BinaryIO, listed: FileDigest, copy: Path | None) -> bool:
    """Compare an open file; one of another size is neither read nor copied."""
    return os.fstat(file.fileno()).st_size == listed.bytes and _digest(file, copy) == listed


def _digest(file: BinaryIO, copy: Path | None) -> FileDigest:
    """Digest an open file up to the size that it has now, and write what was digested to a new file."""
    digest, size, left = hashlib.sha256(), 0, os.fstat(file.fileno()).st_size
    with ExitStack() as stack:
        target = None
        if copy is not None:
            copy.parent.mkdir(parents=True, exist_ok=True)
            target = stack.enter_context(copy.open("xb"))
        while piece := file.read(min(left - size, _CHUNK_BYTES)):
            digest.update(piece)
            size += len(piece)
            if target is not None:
                target.write(piece)
    return FileDigest(sha256=digest.hexdigest(), bytes=size)
