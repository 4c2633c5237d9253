"""Finding the file of a set that a path means which another reading of the same pictures gave it.

A report on `test.zip` names `test/cat/1.png`; the folder has `data/test/cat/1.png`, or is `test` itself. A path is
taken as written first, then below the set's wrapper, then by its end, on whole components. Two candidates are none.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from model_store.cells import quoted
from model_store.labelled_sets.label_tables.file_names import normal_path
from model_store.labelled_sets.recognition.folder_names import split_of
from model_store.labelled_sets.table_search import is_table

_MOST_PARTS: Final = 32
"""Components of a path that is looked for by its end: a zip may hold paths of thousands of folders."""

_Files = dict[str, list[str]]


class FileFinder:
    """The files of a set, by the paths that may mean them.

    Args:
        paths: The paths of the files.
        wrapper: The folder around everything, if the set has one.
        above: The path of the set itself, whose folders may be written in front: `/data/test`; or the zip's name.
    """

    def __init__(self, paths: Iterable[str], *, wrapper: str | None = None, above: str = "") -> None:
        above_parts = normal_path(above).split("/") if above else []
        self._whole: _Files = defaultdict(list)
        self._parts: list[tuple[list[str], str]] = []
        for path in paths:
            normal = _key(path)
            self._whole[normal].append(path)
            self._parts.append(([*above_parts, *normal.split("/")], path))
        self._wrapper = wrapper
        self._ends: dict[int, _Files] = {}

    def find(self, path: str) -> list[str]:
        """Return the file that a path means: one, or none, or several between which nothing decides."""
        path = _key(path).lstrip("/")
        written = self._written(path) or self._written(quoted(path))  # its apostrophe may be its own
        if written:
            return written
        parts = path.split("/")
        if len(parts) > _MOST_PARTS:
            return []
        longer = self._ending(len(parts)).get(path, [])
        shorter = [file for rest in _without_first(parts) for file in self._written(rest)]
        return list(dict.fromkeys([*longer, *shorter]))

    def _written(self, path: str) -> list[str]:
        return self._whole.get(path) or self._whole.get(f"{self._wrapper}/{path}", [])

    def _ending(self, length: int) -> _Files:
        """Return the files by the last components of their paths."""
        if length not in self._ends:
            self._ends[length] = defaultdict(list)
            for parts, path in self._parts:
                if len(parts) >= length:
                    self._ends[length]["/".join(parts[-length:])].append(path)
        return self._ends[length]


def place_of(data: Path) -> str:
    """Return where people know a set to be, as `FileFinder` takes it: the path of a folder, or an archive's name."""
    if data.is_dir():
        return str(data.resolve())
    if is_table(data.name):
        return str(data.resolve().parent)
    name = Path(data.stem)
    return name.stem if name.suffix == ".tar" else data.stem


def _key(path: str) -> str:
    """Return a path as a cell of a table holds it, without spaces around it."""
    return normal_path(path).strip()


def _without_first(parts: list[str]) -> Iterator[str]:
    """Yield a path without its first folder, its first two, and so on; a split is never left out.

    `test/cat/1.png` does not mean `cat/1.png`: that may be another picture, in the folder to train from.
    """
    for at, folder in enumerate(parts[:-1], start=1):
        if split_of(folder) is not None:
            return
        yield "/".join(parts[at:])
