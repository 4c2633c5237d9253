"""The page about its training that a version holds: where training puts it, and how a service reads it safely."""

import hashlib
import os
from pathlib import Path
from typing import Final

from model_store.errors import VersionCorrupt
from model_store.manifest import FileDigest
from model_store.storage.documents import read_bytes
from model_store.storage.layout import StoredVersion

TRAINING_REPORT: Final = "training/report.html"
"""The path of the page in a version."""


def read_training_report(version: StoredVersion) -> bytes:
    """Read the page of a version whose manifest lists one. Links are not followed; blocks.

    Raises:
        VersionCorrupt: If the file cannot be read or is not the one that the manifest lists.
    """
    try:
        page = _read(version.directory)
    except (OSError, ValueError) as error:
        raise VersionCorrupt(version.directory, [f"{TRAINING_REPORT} cannot be read ({error})"]) from error
    found = FileDigest(sha256=hashlib.sha256(page).hexdigest(), bytes=len(page))
    if found != version.manifest.files[TRAINING_REPORT]:
        raise VersionCorrupt(version.directory, [f"{TRAINING_REPORT} has changed"])
    return page


def _read(directory: Path) -> bytes:
    path = directory / TRAINING_REPORT
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        return read_bytes(Path(path.name), dir_fd=folder)
    finally:
        os.close(folder)
