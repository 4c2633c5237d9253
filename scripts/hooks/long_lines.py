"""Finds lines of documents that are longer than 120 columns.

Tables, code and lines with a link are excepted: they cannot be broken, or not without harm.
"""

import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

MAX_COLUMNS: Final = 120
_ROOT: Final = Path(__file__).parents[2]
_LINK: Final = re.compile(r"\]\(|^\[[^\]]+\]: |<?https?://")


def documents(root: Path = _ROOT) -> list[Path]:
    """Return the documents of the project."""
    return sorted([*root.glob("*.md"), *(root / "docs").rglob("*.md")])


def long_lines(text: str) -> Iterator[int]:
    """Yield the number of each line of a Markdown text that is too long, beginning at 1."""
    fence = ""
    for number, line in enumerate(text.splitlines(), start=1):
        opened = re.match(r" *(`{3,}|~{3,})", line)
        if opened and (not fence or line.strip().startswith(fence)):
            fence = "" if fence else opened[1]
        elif not fence and len(line) > MAX_COLUMNS and not line.lstrip().startswith("|") and not _LINK.search(line):
            yield number


def main(paths: Iterable[str]) -> int:
    """Print the long lines of documents; default: of all. Return 1 if there is one."""
    found = [
        f"{path}:{number}: longer than {MAX_COLUMNS} columns; break the line."
        for path in (map(Path, paths) if paths else documents())
        for number in long_lines(path.read_text(encoding="utf-8"))
    ]
    sys.stdout.writelines(f"{line}\n" for line in found)
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
