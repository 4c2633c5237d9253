"""The cache folder outside the repository and the store, for files that can be made again at any time.

The folder is `$FULLCOUNT_CACHE_DIR`, else `$XDG_CACHE_HOME/fullcount`, else `~/.cache/fullcount`. A cache that cannot
be written is not an error: callers work without it.
"""

import os
import secrets
from collections.abc import Callable
from pathlib import Path


def cache_directory() -> Path:
    """Return the path of the cache folder, which may not exist."""
    chosen = os.environ.get("FULLCOUNT_CACHE_DIR")
    if chosen:
        return Path(chosen)
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "fullcount"


def store_in_cache(path: Path, write: Callable[[Path], None]) -> bool:
    """Write a file so that a reader sees all of it or none.

    Args:
        path: Path of the file in the cache folder.
        write: Function that writes the file to a temporary path, which has the name of `path` at its end.

    Returns:
        True if the file is written; False if the cache cannot be written.
    """
    temporary = path.with_name(f".{secrets.token_hex(8)}-{path.name}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write(temporary)
        temporary.replace(path)
    except OSError:
        return False
    finally:
        _remove(temporary)
    return True


def _remove(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
    except OSError:
        return  # the folder is missing or not writable, so the temporary file does not exist
