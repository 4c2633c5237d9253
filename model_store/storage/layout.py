"""Names in a store: valid names, version directories and the next free version number. Only reads the disk."""

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from model_store.errors import NameInvalid, StoreUnusable
from model_store.manifest import Manifest

_MODEL_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,62}")


def is_name(name: str) -> bool:
    """Return True if `name` is a valid name for a model or an alias."""
    return _MODEL_NAME.fullmatch(name) is not None


def check_name(name: str, kind: str = "a model") -> str:
    """Return `name` if it is a valid name for a model or an alias.

    Raises:
        NameInvalid: If it is not.
    """
    if not is_name(name):
        rule = "lower-case letters, digits, '.', '_' and '-', at most 63, the first a letter or a digit"
        raise NameInvalid(kind, name, rule)
    return name


STAGING_PREFIX: Final = ".staging-"
ALIASES_NAME: Final = "aliases.json"
EVALUATIONS_NAME: Final = "evaluations"
HIGHEST_NAME: Final = ".highest"
"""The file with the highest number that was ever removed, so that no two versions share a number."""


@dataclass(frozen=True)
class StoredVersion:
    """A published version: its directory and its manifest."""

    directory: Path
    manifest: Manifest


def version_number(name: str) -> int | None:
    """Return the version number that a directory's name spells, or None for `01`, `٣` or `evaluations`."""
    return int(name) if name.isascii() and name.isdigit() and not name.startswith("0") else None


def version_numbers(home: Path) -> list[int]:
    """Return the versions in a model's directory, lowest first; an empty list if the directory does not exist.

    Raises:
        StoreUnusable: If the directory cannot be read.
    """
    try:
        with os.scandir(home) as entries:
            names = [entry.name for entry in entries if entry.is_dir(follow_symlinks=False)]
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError as error:
        raise StoreUnusable(home, f"cannot be read ({error.strerror})") from error
    return sorted(number for name in names if (number := version_number(name)) is not None)


def next_number(home: Path) -> int:
    """Return the number of the next version: higher than that of any existing or removed version."""
    try:
        removed = version_number((home / HIGHEST_NAME).read_text(encoding="ascii").strip())
    except (FileNotFoundError, UnicodeDecodeError):
        removed = None
    return max([*version_numbers(home), removed or 0]) + 1
