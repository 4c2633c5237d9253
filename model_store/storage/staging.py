"""How a version comes into a store and how it leaves: through a staging directory and one rename.

A staging directory that belongs to a living process is locked by it. One without a lock was left behind, and whoever
finds it may remove it.
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
    """A version in the making.

    Attributes:
        model: Its model.
        home: The model's directory.
        directory: Where its files are to be written.
    """

    model: str
    home: Path
    directory: Path

    def publish(self, description: Description) -> StoredVersion:
        """Make the directory the next version: flush it, write the manifest, rename.

        Raises:
            VersionCorrupt: There is a link, a special file or a name that is no UTF-8 in it.
            StoreUnusable: The disk is full or not writable.
        """
        try:
            files = digest_directory(self.directory)
            files.pop(MANIFEST_NAME, None)
            flush(self.directory)
            with directory_lock(self.home):  # between finding a number and taking it nobody may remove the highest
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
    """Make a staging directory, hold its lock, and remove what is left of it.

    Raises:
        OSError: It cannot be made.
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
    """Rename a directory so that it is left behind, for `remove_if_abandoned` to finish; return its new path."""
    going = _new_name(home)
    path.rename(going)
    return going


def remove_if_abandoned(staging: Path) -> bool:
    """Remove a staging directory unless a living process holds its lock; tell whether it was removed."""
    if staging.is_symlink() or not staging.is_dir():
        return False
    try:
        with directory_lock(staging, wait=False):
            shutil.rmtree(staging)
    except (BlockingIOError, FileNotFoundError):  # somebody works in it, or removed it first
        return False
    return True


def _new_name(home: Path) -> Path:
    return home / f"{STAGING_PREFIX}{secrets.token_hex(8)}"
