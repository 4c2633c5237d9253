"""Masks: pictures that say which parts of another picture are what. They have its name, and are no photographs.

A mask is recognised only if the picture is there: a folder `mask` of its own may be a label.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Collection
from pathlib import PurePosixPath
from typing import Final

from model_store.labelled_sets.recognition.folder_names import is_content
from model_store.labelled_sets.recognition.folder_tree import FolderPath, folders_of

_WORD: Final = r"masks?|segmentations?|seg|annotations?|annot|labels?|gt|ground[ _-]?truths?"
_FILE: Final = re.compile(rf"(.+?)[ _.-]+(?:{_WORD})(?:[ _-]?\d+)?", re.IGNORECASE | re.DOTALL)
_FOLDER: Final = re.compile(rf"(?:(?:binary|segmentation|seg)[ _-]?)?(?:{_WORD})(?:[ _-]?images)?", re.IGNORECASE)
_HINT: Final = re.compile("mask|seg|annot|label|gt|truth", re.IGNORECASE)
"""A part of every name of a mask: sets without it need no further look, which takes seconds for 50,000 files."""
_LONGEST: Final = 255
"""Characters of a name that any file system allows; names of masks are not longer."""


def find_masks(paths: Collection[str], is_label: Callable[[str], bool] = lambda _: False) -> set[str]:
    """Return the image files that are masks of others.

    Args:
        paths: Posix paths of the image files.
        is_label: Tells whether a folder's name is a known label; then it holds no masks.
    """
    candidates = [path for path in paths if _HINT.search(path)]
    if not candidates:
        return set()
    finder = _Finder(paths, is_label)
    return {path for path in candidates if finder.is_mask(path)}


class _Finder:
    def __init__(self, paths: Collection[str], is_label: Callable[[str], bool]) -> None:
        self._is_label = is_label
        self._pictures = {(folders_of(path), _stem(path)) for path in paths}
        self._beside: dict[FolderPath, set[str]] = defaultdict(set)
        for folders, _ in self._pictures:
            for depth, name in enumerate(folders):
                if is_content(name):
                    self._beside[folders[:depth]].add(name)

    def is_mask(self, path: str) -> bool:
        folders, stem = folders_of(path), _stem(path)
        match = _FILE.fullmatch(stem) if len(stem) <= _LONGEST else None
        stems = {stem} if match is None else {stem, match[1]}
        if match is not None and (folders, match[1]) in self._pictures:
            return True
        return any(self._has_picture(folders, depth, stems) for depth in range(len(folders)))

    def _has_picture(self, folders: FolderPath, depth: int, stems: set[str]) -> bool:
        """Tell whether the folder at a depth holds masks, and the picture is beside it or around it."""
        name, above, below = folders[depth], folders[:depth], folders[depth + 1 :]
        if len(name) > _LONGEST or not _FOLDER.fullmatch(name) or self._is_label(name):
            return False
        places = [(*above, other, *below) for other in self._beside[above] if other != name]
        places += [above + below] if above else []
        return any((place, stem) in self._pictures for place in places for stem in stems)


def _stem(path: str) -> str:
    return PurePosixPath(path.rpartition("/")[2]).stem.casefold()
