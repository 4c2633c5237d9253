"""Cells that name files: as a path, without the extension, without the folder, or with something in front."""

import re
from collections.abc import Callable, Collection, Iterable, Sequence
from functools import cached_property
from pathlib import PurePosixPath
from typing import Final, NamedTuple

from model_store.cells import quoted
from model_store.images.signatures import has_image_extension
from model_store.labelled_sets.names import composed

_TAG: Final = re.compile(r"[0-9a-fA-F]{6,32}[-_]|\d+[-_]")
"""What annotation tools put in front of a name."""
_ODD_STEP: Final = re.compile(r"\A/|//|(?:\A|/)\.(?:/|\Z)|/\Z")
"""An empty step of a path, or one that is `.`."""
_MAX_ENDS: Final = 8
"""Ends of one path that are compared: a zip may hold paths of thousands of folders."""
_WHOLE_FILE: Final = "//"
"""Marks a key that is the whole path of a file, of which a cell may write more."""

Keys = Callable[[str], Iterable[str]]


class Naming(NamedTuple):
    """A way in which a cell can name a file.

    Attributes:
        words: The end of "names 120 of 120 files …".
        of_cell: Cell → keys, the best first.
        of_file: Path below the table's folder → keys; one is the cell's if the cell names the file.
    """

    words: str
    of_cell: Keys
    of_file: Keys


def normal_path(text: str) -> str:
    """Return a path with forward slashes and composed accents, without empty steps and `.`."""
    text = text.replace("\\", "/")
    if text.isascii() and not _ODD_STEP.search(text):
        return text
    return "/".join(map(composed, PurePosixPath(text).parts))


def _without_extension(path: str) -> str:
    folder, slash, name = path.rpartition("/")
    stem = name.rpartition(".")[0] if has_image_extension(name) else name
    return f"{folder}{slash}{stem or name}"


def _whole(path: str) -> list[str]:
    return [path]


def _folded(path: str) -> list[str]:
    return [path.casefold()]


def _whole_stem(path: str) -> list[str]:
    return [_without_extension(path)]


def _ends(path: str) -> list[str]:
    """Return a path without its first folder, without its first two, and so on, down to its name."""
    parts = path.split("/")
    return ["/".join(parts[at:]) for at in range(max(1, len(parts) - _MAX_ENDS), len(parts))]


def _ends_of_cell(cell: str) -> list[str]:
    return [cell, *(_WHOLE_FILE + end for end in _ends(cell))]


def _ends_of_file(path: str) -> list[str]:
    return [path, _WHOLE_FILE + path, *_ends(path)]


def _ends_of_stem(path: str) -> list[str]:
    return _ends_of_file(_without_extension(path))


def _name(path: str) -> list[str]:
    return [path.rpartition("/")[2]]


def _stem(path: str) -> list[str]:
    return _whole_stem(path.rpartition("/")[2])


def _untagged(cell: str) -> list[str]:
    name = cell.rpartition("/")[2]
    tag = _TAG.match(name)
    return [name[tag.end() :] if tag else name]


BY_PATH: Final = Naming("by their path", _whole, _whole)
CAREFUL: Final = (
    BY_PATH,
    Naming("by their path, letter case aside", _folded, _folded),
    Naming("without their extension", _whole, _whole_stem),
    Naming("by the end of their path", _ends_of_cell, _ends_of_file),
    Naming("by the end of their path, without their extension", _ends_of_cell, _ends_of_stem),
)
"""Ways in which no folder that is written is another one's, the strictest first."""
BOLD: Final = (
    Naming("by their name alone", _name, _name),
    Naming("by their name alone, without their extension", _name, _stem),
    Naming("with something in front of their name", _untagged, _name),
    Naming("with something in front of their name, without their extension", _untagged, _stem),
)
"""Further ways, the strictest first, which would take a path that does not exist for another file of that name."""
NAMINGS: Final = (*CAREFUL, *BOLD)


class NamedFiles(NamedTuple):
    """The files that the cells of a column name.

    Attributes:
        naming: The way in which they do.
        files: For each cell the path that it names, or None.
        distinct: The number of different files.
    """

    naming: Naming
    files: list[str | None]
    distinct: int


class FileNames:
    """The files of a set, by whatever may name them.

    Args:
        files: Normal paths below the table's folder.
    """

    def __init__(self, files: Collection[str]) -> None:
        self._files = files
        self._keys: dict[str, dict[str, str | None]] = {}

    def __len__(self) -> int:
        return len(self._files)

    @cached_property
    def images(self) -> int:
        """The number of files with an image's extension; of all files if none has one."""
        return sum(map(has_image_extension, self._files)) or len(self._files)

    def find(self, cells: Sequence[str]) -> NamedFiles:
        """Find the files that the cells of a column name, in one way for all of them.

        Paths that name half of what any careful way names are paths. A bold way is taken only if it names twice as many
        files as those. A name that two files share names neither.
        """
        normal = [normal_path(cell) for cell in cells]
        careful = [self._named(normal, naming) for naming in CAREFUL]
        most = max(named.distinct for named in careful)
        if 2 * careful[0].distinct > most:
            return careful[0]
        if most and 2 * most >= min(len(cells), len(self)):
            return _strictest(careful)
        bold = [self._named(normal, naming) for naming in BOLD]
        return _strictest(bold) if max(named.distinct for named in bold) > 2 * most else _strictest(careful)

    def _named(self, cells: Iterable[str], naming: Naming) -> NamedFiles:
        if naming.words not in self._keys:
            self._keys[naming.words] = _keys_of(self._files, naming)
        keys = self._keys[naming.words]

        def file_of(cell: str) -> str | None:
            texts = (cell, quoted(cell)) if cell else ()  # a name may begin with an apostrophe that is its own
            return next((keys[key] for text in texts for key in naming.of_cell(text) if key in keys), None)

        named = [file_of(cell) for cell in cells]
        return NamedFiles(naming, named, len({file for file in named if file is not None}))


def _keys_of(files: Iterable[str], naming: Naming) -> dict[str, str | None]:
    """Return key → the file that has it; None for a key of several files."""
    keys: dict[str, str | None] = {}
    for file in files:
        for key in naming.of_file(file):
            keys[key] = None if keys.get(key, file) != file else file
    return keys


def _strictest(found: Sequence[NamedFiles]) -> NamedFiles:
    """Return the first that names nearly as many files as any."""
    most = max(named.distinct for named in found)
    return next(named for named in found if 10 * named.distinct >= 9 * most)
