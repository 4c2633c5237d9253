"""The model store: versions of models in a directory, published whole or not at all.

A reader sees complete versions only, at whatever moment a writer was killed: a version is written into a staging
directory beside the others, flushed to disk, and becomes a version by one rename. Nothing here knows what is inside a
SavedModel.
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
from model_store.manifest import MANIFEST_NAME, FileDigest
from model_store.storage.digest import compare, digest_directory
from model_store.storage.documents import read_document
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
"""The alias that says which version serves; without it the highest does."""


class ModelStore:
    """The models in one directory.

    Args:
        directory: The store. It need not exist until something is published.
    """

    def __init__(self, directory: Path | str) -> None:
        self.directory = Path(directory)

    def models(self) -> list[str]:
        """Return the names of the models that have a version, sorted.

        Raises:
            StoreUnusable: The directory is missing or cannot be read.
        """
        return [name for name in self.homes() if self._versions(name)]

    def homes(self) -> list[str]:
        """Return the names of the directories that may hold versions, now or later, sorted.

        Raises:
            StoreUnusable: The directory is missing or cannot be read.
        """
        try:
            with os.scandir(self.directory) as entries:
                names = sorted(entry.name for entry in entries if entry.is_dir(follow_symlinks=False))
        except OSError as error:
            hint = "Name an existing store with --store, or make one with `fullcount train`."
            raise StoreUnusable(self.directory, f"cannot be read ({error.strerror})", hint=hint) from error
        return [name for name in names if is_name(name)]

    def has(self, model: str) -> bool:
        """Tell whether the model has a version."""
        return bool(self._versions(model))

    def versions(self, model: str) -> list[int]:
        """Return the versions of a model, lowest first.

        Raises:
            ModelNotFound: It has none.
            StoreUnusable: Its directory cannot be read.
        """
        versions = self._versions(model)
        if not versions:
            raise ModelNotFound(model, self.models())
        return versions

    def resolve(self, model: str, version: int | None = None) -> int:
        """Return the version asked for, or the one that serves.

        Raises:
            ModelNotFound: There is no such model.
            VersionNotFound: The version, or the one that the alias names, is not there.
        """
        versions = self.versions(model)
        wanted = version if version is not None else self.aliases(model).get(SERVING, versions[-1])
        if wanted not in versions:
            raise VersionNotFound(model, wanted, versions)
        return wanted

    def open(self, model: str, version: int | None = None, *, verify: bool = True) -> StoredVersion:
        """Open a version.

        Args:
            model: Its model.
            version: Its number; default: the one that serves.
            verify: Whether every file is compared with its digest in the manifest.

        Raises:
            ModelNotFound, VersionNotFound: It is not there.
            VersionCorrupt: It is not what its manifest says; every difference is listed.
            SchemaUnknown: The manifest is of a schema this release does not read.
        """
        number = self.resolve(model, version)
        directory = self._version_directory(model, number)
        manifest = read_manifest(directory)
        differences = (
            [] if (manifest.model, manifest.version) == (model, number) else ["the manifest names another version"]
        )
        if verify:
            differences += _differences(directory, manifest.files)
        if differences:
            raise VersionCorrupt(directory, differences)
        return StoredVersion(directory, manifest)

    @contextmanager
    def stage(self, model: str) -> Iterator[Staging]:
        """Give a directory to write a version into; it is removed unless it was published.

        Raises:
            NameInvalid: A model may not be called so.
            StoreUnusable: Nothing can be written there.
        """
        home = self._home(model)
        with ExitStack() as stack:
            with self._writing():  # not around the yield: what the caller writes elsewhere is not the store's matter
                directory = stack.enter_context(locked_staging(home))
            yield Staging(model, home, directory)

    def aliases(self, model: str) -> dict[str, int]:
        """Return the aliases of a model.

        Raises:
            VersionCorrupt: The file of aliases makes no sense.
        """
        home = self._home(model)
        try:
            aliases = read_document(home / ALIASES_NAME)
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
            ModelNotFound, VersionNotFound: The version is not there.
            NameInvalid: An alias may not be called so.
        """
        check_name(alias, "an alias")
        with self._locked(model):
            self._write_aliases(model, {**self.aliases(model), alias: self.resolve(model, version)})

    def remove_alias(self, model: str, alias: str) -> None:
        """Remove an alias.

        Raises:
            ModelNotFound: There is no such model.
            AliasNotFound: There is none of that name.
        """
        with self._locked(model):
            aliases = self.aliases(model)
            if alias not in aliases:
                raise AliasNotFound(model, alias, sorted(aliases))
            self._write_aliases(model, {name: number for name, number in aliases.items() if name != alias})

    def remove(self, model: str, version: int) -> None:
        """Remove a version and its evaluations; readers see it whole until it is gone.

        Raises:
            ModelNotFound, VersionNotFound: It is not there.
            VersionInUse: An alias points to it.
        """
        with self._locked(model) as home:
            number = self.resolve(model, version)
            for alias, used in self.aliases(model).items():
                if used == number:
                    raise VersionInUse(model, number, alias)
            if number == self.versions(model)[-1]:
                write_atomically(home / HIGHEST_NAME, f"{next_number(home) - 1}\n")
            places = [home / EVALUATIONS_NAME / str(number), home / str(number)]  # reports never outlive their version
            going = [set_aside(place, home) for place in places if place.exists()]
        for directory in going:
            remove_if_abandoned(directory)

    def prune(self, model: str, *, keep: int | None = None) -> list[str]:
        """Remove what dead processes left behind and, with `keep`, all but the newest versions.

        Args:
            model: The model to clean up.
            keep: How many of the newest versions stay, 1 or more; versions with an alias stay as well.

        Returns:
            The names of what was removed.

        Raises:
            ModelNotFound: There is nothing of that name.
        """
        removed = self._remove_abandoned(model)
        if keep is None:
            return removed
        kept = set(self.versions(model)[-keep:]) | set(self.aliases(model).values())
        for version in self.versions(model):
            if version not in kept:
                with suppress(VersionInUse, VersionNotFound):  # given an alias, or removed by another, since then
                    self.remove(model, version)
                    removed.append(str(version))
        return removed

    def _remove_abandoned(self, model: str) -> list[str]:
        """Remove the staging directories, half-written files and lone records of processes that are dead; name them."""
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
        """Tell a person, instead of a programmer, that the store cannot be written."""
        try:
            yield
        except OSError as error:
            raise StoreUnusable(self.directory, f"cannot be written ({error.strerror})") from error

    def _version_directory(self, model: str, version: int) -> Path:
        return self._home(model) / str(version)

    def _versions(self, model: str) -> list[int]:
        """Return the version numbers; a name that is no model's has none."""
        return version_numbers(self.directory / model) if is_name(model) else []

    def _write_aliases(self, model: str, aliases: dict[str, int]) -> None:
        write_atomically(self._home(model) / ALIASES_NAME, json.dumps(aliases, indent=2, sort_keys=True) + "\n")


def _differences(directory: Path, files: dict[str, FileDigest]) -> list[str]:
    """Compare a version directory with the digests in its manifest."""
    try:
        found = digest_directory(directory)
    except OSError as error:
        return [f"{error.filename or directory} cannot be read ({error.strerror})"]
    found.pop(MANIFEST_NAME, None)
    return compare(files, found)
