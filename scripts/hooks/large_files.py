"""Refuses files of more than 200 kB: data sets, weights and pictures do not belong into the repository."""

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Final

MAX_BYTES: Final = 200_000
EXCEPTIONS: Final = frozenset({"requirements/dev.txt"})
"""Pins with the hashes of every platform's wheels."""


def main(paths: Iterable[str]) -> int:
    """Print the files that are too large. Return 1 if there is one."""
    sizes = {path: Path(path).stat().st_size for path in paths if path not in EXCEPTIONS}
    found = {path: size for path, size in sizes.items() if size > MAX_BYTES}
    for path, size in found.items():
        sys.stdout.write(f"{path} has {size:,} bytes, more than {MAX_BYTES:,}. Make it smaller or leave it out.\n")
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
