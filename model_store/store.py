"""The model store: versions of models in a directory, published whole or not at all.

Readers see only complete versions, whenever a writer is killed. A version is written into a staging directory beside
the others, flushed to disk, and becomes visible by one rename. Nothing here knows the inside of a SavedModel.
"""

import json
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Final

from model_store.errors import (
    AliasNotFound,
    ModelNotFound,
    StoreUnusable,
    VersionCorrupt,
    VersionInUse,
    VersionNotFound,
)
from model_store.storage.digest import differences
from model_store.storage.documents import MAX_SMALL_BYTES, read_document
from model_store.storage.durable import abandoned_files, directory_lock, write_atomically
from model_store.storage.layout import (
    ALIASES_NAME,
    EVALUATIONS_NAME,
    HIGHEST_NAME,
    STAGING_PREFIX,
    StoredVersion,
    check_name,
    is_name,
    next_number,
    version_numbers,
)
from model_store.storage.manifest_file import read_manifest
from model_store.storage.reports import abandoned_records
from model_store.storage.staging import Staging, locked_staging, remove_if_abandoned, set_aside

__all__ = ["SERVING", "ModelStore", "Staging", "StoredVersion"]

SERVING: Final = "serving"
"""The alias of the version that serves; without it, the highest version serves."""


class ModelStore:
    """The models in one directory.

    Args:
        directory: The store. It need not exist before the first version is published.
    """

    def __init__(self, directory: Path | str) -> None:
        self.directory = Path(directory)

    def models(self) -> list[str]:
        """Return the names of the models that have a version, sorted.

        Raises:
            StoreUnusable: If the directory is missing or cannot be read.
        """
        return [name for name in self.homes() if self._versions(name)]

    def homes(self) -> list[str]:
        """Return the names of the directories that may hold versions, now or later, sorted.

        Raises:
            StoreUnusable: If the directory is missing or cannot be read.
        """
        try:
            with os.scandir(self.directory) as entries:
                names = sorted(entry.name for entry in entries if entry.is_dir(follow_symlinks=False))
        except OSError as error:
            hint = "Name an existing store with --store, or make one with `fullcount train`."
            raise StoreUnusable(self.directory, f"cannot be read ({error.strerror})", hint=hint) from error
        return [name for name in names if is_name(name)]

    def has(self, model: str) -> bool:
        """Return True if the model has a version."""
        return bool(self._versions(model))

    def versions(self, model: str) -> list[int]:
        """Return the versions of a model, lowest first.

        Raises:
            ModelNotFound: If the model has no versions.
            StoreUnusable: If its directory cannot be read.
        """
        versions = self._versions(model)
        if not versions:
            raise ModelNotFound(model, self.models())
        return versions

    def resolve(self, model: str, version: int | None = None) -> int:
        """Return the requested version, or the one that serves.

        Raises:
            ModelNotFound: If the model does not exist.
            VersionNotFound: If the version, or the one that the alias points to, does not exist.
        """
        versions = self.versions(model)
        number = version if version is not None else self.aliases(model).get(SERVING, versions[-1])
        if number not in versions:
            raise VersionNotFound(model, number, versions)
        return number

    def open(self, model: str, version: int | None = None, *, verify: bool = True) -> StoredVersion:
        """Open a version.

        Args:
            model: The model's name.
            version: The version's number; default: the one that serves.
            verify: Compare every file with its digest in the manifest. Whoever loads the version need not: the copy
                that `storage.private_copy` makes is verified.

        Raises:
            ModelNotFound, VersionNotFound: If the model or the version does not exist.
            VersionCorrupt: If the directory does not match its manifest; every difference is listed.
            SchemaUnknown: If this release does not read the manifest's schema version.
        """
        number = self.resolve(model, version)
        directory = self._version_directory(model, number)
        manifest = read_manifest(directory)
        different = (
            [] if (manifest.model, manifest.version) == (model, number) else ["the manifest names another version"]
        )
        if verify:
            try:
                different += differences(directory, manifest.files)
            except OSError as error:
                different.append(f"{error.filename or directory} cannot be read ({error.strerror})")
        if different:
            raise VersionCorrupt(directory, different)
        return StoredVersion(directory, manifest)

    @contextmanager
    def stage(self, model: str) -> Iterator[Staging]:
        """Yield a staging directory to write a version into, and remove it unless the version was published.

        Raises:
            NameInvalid: If `model` is not a valid name.
            StoreUnusable: If the store cannot be written.
        """
        home = self._home(model)
        with ExitStack() as stack:
            with self._writing():  # not around the yield: an error of the caller's own files is not the store's
                directory = stack.enter_context(locked_staging(home))
            yield Staging(model, home, directory)

    def aliases(self, model: str) -> dict[str, int]:
        """Return the aliases of a model.

        Raises:
            VersionCorrupt: If the file of aliases cannot be read or is not valid.
        """
        home = self._home(model)
        try:
            aliases = read_document(home / ALIASES_NAME, max_bytes=MAX_SMALL_BYTES)
        except FileNotFoundError:
            return {}
        except (OSError, ValueError) as error:
            raise VersionCorrupt(home, [f"{ALIASES_NAME} cannot be read ({error})"]) from error
        if not all(type(version) is int for version in aliases.values()):
            raise VersionCorrupt(home, [f"{ALIASES_NAME} does not map names to versions"])
        return aliases

    def set_alias(self, model: str, alias: str, version: int) -> None:
        """Point an alias to a version.

        Raises:
            ModelNotFound, VersionNotFound: If the model or the version does not exist.
            NameInvalid: If `alias` is not a valid name.
        """
        check_name(alias, "an alias")
        with self._locked(model):
            self._write_aliases(model, {**self.aliases(model), alias: self.resolve(model, version)})

    def remove_alias(self, model: str, alias: str) -> None:
        """Remove an alias.

        Raises:
            ModelNotFound: If the model does not exist.
            AliasNotFound: If the model has no alias with this name.
        """
        with self._locked(model):
            aliases = self.aliases(model)
            if alias not in aliases:
                raise AliasNotFound(model, alias, sorted(aliases))
            self._write_aliases(model, {name: number for name, number in aliases.items() if name != alias})

    def remove(self, model: str, version: int) -> None:
        """Remove a version and its reports; readers see the whole version or none.

        Raises:
            ModelNotFound, VersionNotFound: If the model or the version does not exist.
            VersionInUse: If an alias points to the version.
        """
        with self._locked(model) as home:
            number = self.resolve(model, version)
            for alias, used in self.aliases(model).items():
                if used == number:
                    raise VersionInUse(model, number, alias)
            if number == self.versions(model)[-1]:
                write_atomically(home / HIGHEST_NAME, f"{next_number(home) - 1}\n")
            paths = [home / EVALUATIONS_NAME / str(number), home / str(number)]  # reports never outlive their version
            renamed = [set_aside(path, home) for path in paths if path.exists()]
        for directory in renamed:
            remove_if_abandoned(directory)

    def prune(self, model: str, *, keep: int | None = None) -> list[str]:
        """Remove the leftovers of killed processes and, with `keep`, all but the newest versions.

        Args:
            model: The model to clean up.
            keep: Number of newest versions to keep, 1 or more; versions with an alias are kept as well.

        Returns:
            The names of the removed files and directories.

        Raises:
            ModelNotFound: If the store has no directory with this name.
        """
        removed = self._remove_abandoned(model)
        if keep is None:
            return removed
        kept = set(self.versions(model)[-keep:]) | set(self.aliases(model).values())
        for version in self.versions(model):
            if version not in kept:
                with suppress(VersionInUse, VersionNotFound):  # another process has set an alias or removed it since
                    self.remove(model, version)
                    removed.append(str(version))
        return removed

    def _remove_abandoned(self, model: str) -> list[str]:
        """Remove the staging directories, half-written files and lone records of dead processes; return the names."""
        home = self._home(model)
        if model not in self.homes():
            raise ModelNotFound(model, self.models())
        with self._writing(), directory_lock(home):
            removed = [path.name for path in sorted(home.glob(f"{STAGING_PREFIX}*")) if remove_if_abandoned(path)]
            evaluations = home / EVALUATIONS_NAME
            for path in [*abandoned_files(home), *abandoned_files(evaluations), *abandoned_records(evaluations)]:
                path.unlink(missing_ok=True)
                removed.append(path.name)
        return removed

    def _home(self, model: str) -> Path:
        return self.directory / check_name(model)

    @contextmanager
    def _locked(self, model: str) -> Iterator[Path]:
        """Hold the lock of a model that exists while something changes in its directory."""
        self.versions(model)
        home = self._home(model)
        with self._writing(), directory_lock(home):
            yield home

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """Turn an `OSError` into `StoreUnusable`."""
        try:
            yield
        except OSError as error:
            raise StoreUnusable(self.directory, f"cannot be written ({error.strerror})") from error

    def _version_directory(self, model: str, version: int) -> Path:
        return self._home(model) / str(version)

    def _versions(self, model: str) -> list[int]:
        """Return the version numbers, lowest first; none if `model` is not a valid name."""
        return version_numbers(self.directory / model) if is_name(model) else []

    def _write_aliases(self, model: str, aliases: dict[str, int]) -> None:
        write_atomically(self._home(model) / ALIASES_NAME, json.dumps(aliases, indent=2, sort_keys=True) + "\n")
