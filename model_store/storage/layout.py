"""What the names in a store mean: which directories are versions, and which numbers were ever taken. Only reads."""

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from model_store.errors import NameInvalid, StoreUnusable
from model_store.manifest import Manifest

_MODEL_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,62}")


def is_name(name: str) -> bool:
    """Tell whether a model or an alias may be called so."""
    return _MODEL_NAME.fullmatch(name) is not None


def check_name(name: str, kind: str = "a model") -> str:
    """Return `name` if a model or an alias may be called so.

    Raises:
        NameInvalid: It may not.
    """
    if not is_name(name):
        rule = "lower-case letters, digits, '.', '_' and '-', at most 63, the first a letter or a digit"
        raise NameInvalid(kind, name, rule)
    return name


STAGING_PREFIX: Final = ".staging-"
ALIASES_NAME: Final = "aliases.json"
EVALUATIONS_NAME: Final = "evaluations"
HIGHEST_NAME: Final = ".highest"
"""A file with the highest number that was ever removed, so that no number is given to a second version."""


@dataclass(frozen=True)
class StoredVersion:
    """A published version: its directory and what its manifest says."""

    directory: Path
    manifest: Manifest


def version_number(name: str) -> int | None:
    """Return the version a directory's name stands for; `01`, `٣` and `evaluations` stand for none."""
    return int(name) if name.isascii() and name.isdigit() and not name.startswith("0") else None


def version_numbers(home: Path) -> list[int]:
    """Return the versions in a model's directory, lowest first; none where there is no such directory.

    Raises:
        StoreUnusable: The directory cannot be read.
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
    """Return the number that the next version takes: higher than any there is or was."""
    try:
        removed = version_number((home / HIGHEST_NAME).read_text(encoding="ascii").strip())
    except (FileNotFoundError, UnicodeDecodeError):
        removed = None
    return max([*version_numbers(home), removed or 0]) + 1
