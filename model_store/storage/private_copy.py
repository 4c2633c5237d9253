"""Copies of versions that nobody else can change, for those who load them.

What is verified where others may write can be another thing by the time it is loaded. So a version is copied first,
into a directory of this user alone, and what is verified is the copy.
"""

import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from model_store.errors import StoreUnusable, VersionCorrupt
from model_store.scratch import scratch_directory
from model_store.storage.digest import differences
from model_store.storage.layout import StoredVersion


@contextmanager
def private_copy(version: StoredVersion, *, within: Path) -> Iterator[StoredVersion]:
    """Copy a version, verify the copy, and remove it at the end of the block.

    Args:
        version: The version in the store, with its manifest, by which the copy is verified.
        within: The directory for temporary files; it needs room for the version.

    Yields:
        The same version in its copy.

    Raises:
        VersionCorrupt: If the files are not those that the manifest lists; every difference is listed.
        StoreUnusable: If a file cannot be read, or there is no room for the copy.
    """
    with ExitStack() as stack:
        try:
            _check_room(version, within)
            place = stack.enter_context(scratch_directory("version", within))
            copy = place / version.manifest.model / str(version.manifest.version)  # errors of an engine name it
            copy.mkdir(parents=True)
            different = differences(version.directory, version.manifest.files, copy_to=copy)
        except OSError as error:
            raise _no_copy(version, within, error.strerror or str(error)) from error
        if different:
            raise VersionCorrupt(version.directory, different)
        yield StoredVersion(copy, version.manifest)


def _check_room(version: StoredVersion, within: Path) -> None:
    """Look before anything is written: in a container, temporary files may be memory."""
    needed, free = sum(file.bytes for file in version.manifest.files.values()), shutil.disk_usage(within).free
    if needed > free:
        raise _no_copy(version, within, f"it has {needed} bytes, and {free} are free there")


def _no_copy(version: StoredVersion, within: Path, reason: str) -> StoreUnusable:
    hint = "Make room there, or name another directory for temporary files with FULLCOUNT_SPOOL_DIR."
    return StoreUnusable(version.directory, f"cannot be copied to {within} ({reason})", hint=hint)
