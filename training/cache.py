"""The cache folder outside the repository and the store: files that can be made again at any time.

`$FULLCOUNT_CACHE_DIR`, else `$XDG_CACHE_HOME/fullcount`, else `~/.cache/fullcount`. A cache that cannot be written is
no error: whoever uses it works without.
"""

import os
import secrets
from collections.abc import Callable
from pathlib import Path


def cache_directory() -> Path:
    """Return the cache folder; it need not exist."""
    chosen = os.environ.get("FULLCOUNT_CACHE_DIR")
    if chosen:
        return Path(chosen)
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "fullcount"


def store_in_cache(path: Path, write: Callable[[Path], None]) -> bool:
    """Write a file so that a reader sees all of it or none.

    Args:
        path: Where it is to be, in the cache folder.
        write: Writes it to the temporary path given, which ends as `path` does.

    Returns:
        Whether it is there now; False where the cache cannot be written.
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
        return  # the folder itself is not there or not ours, so neither is the file
