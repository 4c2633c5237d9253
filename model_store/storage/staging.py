"""Publishing and removing versions, each through a staging directory and one rename.

A living process holds a lock on its staging directory. A staging directory without a lock was left behind, and any
process may remove it.
"""

import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from model_store.errors import StoreUnusable
from model_store.manifest import MANIFEST_NAME, Description, Manifest
from model_store.storage.digest import digest_directory
from model_store.storage.durable import directory_lock, flush, fsync, make_directory, write_atomically
from model_store.storage.layout import STAGING_PREFIX, StoredVersion, next_number


@dataclass(frozen=True)
class Staging:
    """A version that is being written.

    Attributes:
        model: The model's name.
        home: The model's directory.
        directory: The directory to write the version's files into.
    """

    model: str
    home: Path
    directory: Path

    def publish(self, description: Description) -> StoredVersion:
        """Make the directory the next version: flush it, write the manifest and rename it.

        Raises:
            VersionCorrupt: If it contains a link, a special file or a name that is not UTF-8.
            StoreUnusable: If the disk is full or not writable.
        """
        try:
            files = digest_directory(self.directory)
            files.pop(MANIFEST_NAME, None)
            flush(self.directory)
            with directory_lock(self.home):  # keeps others from removing the highest version meanwhile
                stored = self._take_number(description.model_dump() | {"files": files, "model": self.model})
            fsync(self.home)
        except OSError as error:
            raise StoreUnusable(self.home, f"cannot take the version ({error.strerror})") from error
        return stored

    def _take_number(self, fields: dict[str, object]) -> StoredVersion:
        number = next_number(self.home)
        while True:
            created = datetime.now(UTC).replace(microsecond=0)
            manifest = Manifest.model_validate(fields | {"version": number, "created": created})
            write_atomically(self.directory / MANIFEST_NAME, manifest.to_json())
            target = self.home / str(number)
            try:
                self.directory.rename(target)
            except OSError:  # another publisher was first; a rename onto a full directory, a file or a link fails
                if not os.path.lexists(target):
                    raise
                number += 1
            else:
                return StoredVersion(target, manifest)


@contextmanager
def locked_staging(home: Path) -> Iterator[Path]:
    """Create a staging directory, hold its lock, and remove it in the end unless it was renamed.

    Raises:
        OSError: If the directory cannot be created.
    """
    directory = _new_name(home)
    make_directory(home)
    with ExitStack() as stack:
        with directory_lock(home):  # `remove_abandoned` must not come between the next two lines
            directory.mkdir()
            stack.enter_context(directory_lock(directory))
        try:
            yield directory
        finally:
            shutil.rmtree(directory, ignore_errors=True)


def set_aside(path: Path, home: Path) -> Path:
    """Rename a directory to an abandoned staging directory, for `remove_if_abandoned`; return the new path."""
    renamed = _new_name(home)
    path.rename(renamed)
    return renamed


def remove_if_abandoned(staging: Path) -> bool:
    """Remove a staging directory unless a living process holds its lock; return True if it was removed."""
    if staging.is_symlink() or not staging.is_dir():
        return False
    try:
        with directory_lock(staging, wait=False):
            shutil.rmtree(staging)
    except (BlockingIOError, FileNotFoundError):  # another process is using it, or removed it first
        return False
    return True


def _new_name(home: Path) -> Path:
    return home / f"{STAGING_PREFIX}{secrets.token_hex(8)}"
