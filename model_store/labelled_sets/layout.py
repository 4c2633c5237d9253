"""The layout of a labelled set: the places of labels and splits in its paths.

The same rules hold for a folder on disk and for a zip. A labelled set has one folder per label. Folders around them are
looked through: wrappers around everything, and parts such as `train` and `test`. If labels are known beforehand, they
decide which folders are labels (`label_level`); otherwise the folders do (`part_folders`). This module knows paths and
reads nothing.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from typing import Final, Literal, NamedTuple

from model_store.errors import SetRejected
from model_store.labelled_sets.names import LabelMatcher
from model_store.labelled_sets.recognition.folder_names import Split, is_beside_splits, is_unlabelled, split_of
from model_store.labelled_sets.recognition.folder_tree import (
    FolderNode,
    FolderPath,
    common_folders,
    folders_of,
    grow_tree,
)
from model_store.labelled_sets.recognition.label_level import find_parents
from model_store.labelled_sets.recognition.part_folders import Parents, read_parts, take_as_labels, take_as_parts

LayoutChoice = Literal["splits", "labels"]
"""The answer to the question what the first folders are: parts of the set, such as its splits, or labels."""

LAYOUT_HINT: Final = "Put the images into one folder per label, or into train/, val/ and test/ folders of such folders."


class Place(NamedTuple):
    """The label, and the split if there are split folders, that an image has by its path; None if it has none."""

    label: str | None
    split: Split | None = None
    folder: str = ""
    """The folder of the label, from the top of the set; empty if it has none."""


@dataclass(frozen=True)
class Layout:
    """The folders of a labelled set that are not labels.

    Attributes:
        parents: The folders whose folders are labels, accents composed, with the split that each is in.
        labels: Labels whose names sound as if they were none, such as `unlabelled`.
    """

    parents: Mapping[FolderPath, Split | None] = field(default_factory=lambda: {(): None})
    labels: frozenset[str] = frozenset()

    @cached_property
    def wrapper(self) -> str | None:
        """The folder around everything that is looked through; None if the set has none."""
        return "/".join(self._common) or None

    @cached_property
    def parts(self) -> dict[str, Split | None]:
        """The folders below the wrapper that hold label folders, if there are several or they are splits."""
        if self.parents.keys() == {self._common}:
            return {}
        below = len(self._common)
        return {"/".join(path[below:]): split for path, split in sorted(self.parents.items()) if path[below:]}

    @cached_property
    def splits(self) -> dict[str, Split]:
        """The parts that are splits."""
        return {part: split for part, split in self.parts.items() if split is not None}

    def place_of(self, path: str) -> Place:
        """Return the label and the split of an image."""
        folders = folders_of(path)
        parent = self._parent_of(folders)
        if parent is None or (is_unlabelled(folders[len(parent)]) and folders[len(parent)] not in self.labels):
            return Place(None)
        folder = "/".join(path.split("/")[: len(parent) + 1])
        return Place(folders[len(parent)], self.parents[parent], folder)

    def part_of(self, path: str) -> str | None:
        """Return the part that an image with a label is in; None if it has no label, or the set no parts."""
        parent = self._parent_of(folders_of(path))
        part = None if parent is None else "/".join(parent[len(self._common) :])
        return part if part in self.parts else None

    def _parent_of(self, folders: FolderPath) -> FolderPath | None:
        """Return the folder around the label folder; None for an image beside the label folders, or elsewhere."""
        for depth in range(len(folders) - 1, -1, -1):
            if folders[:depth] in self.parents:
                return None if folders[: depth + 1] in self.parents else folders[:depth]
        return None

    @cached_property
    def _common(self) -> FolderPath:
        """The folders around all parents; a lone split is not one of them."""
        if len(self.parents) == 1:
            ((path, split),) = self.parents.items()
            return path if split is None else path[: _place_of_split(path)]
        return common_folders(self.parents)


def find_layout(paths: Collection[str], labels: Iterable[str] = (), choice: LayoutChoice | None = None) -> Layout:
    """Find the layout of a labelled set.

    Args:
        paths: Posix paths of the image files.
        labels: Labels known beforehand. If a folder means one of them, they decide which folders are labels.
        choice: What the first folders are, if the user says it.

    Raises:
        SetRejected: If the folders can be read in two ways, or are splits that hold no labels.
    """
    tree = grow_tree(paths)
    matcher = LabelMatcher(labels)
    if choice is not None:
        every_name = frozenset(node.name for node in tree.walk())
        return Layout((take_as_parts if choice == "splits" else take_as_labels)(tree), every_name)
    match = cache(matcher.match)
    parents = find_parents(tree, match) if matcher.has_labels else set()
    if parents:
        known = frozenset(name for name in {node.name for node in tree.walk()} if match(name) is not None)
        return Layout(_with_splits(parents), known)
    return Layout(_guessed(tree, is_guess=matcher.has_labels))


def _guessed(tree: FolderNode, *, is_guess: bool) -> Parents:
    """Read a set in which no folder means a known label; if there are known ones, only to name the folders."""
    try:
        return read_parts(tree)
    except SetRejected:
        if not is_guess:
            raise
        return take_as_labels(tree)


def _with_splits(parents: Collection[FolderPath]) -> Parents:
    """Give folders that hold labels the splits that the names of the folders around them stand for."""
    if len(parents) == 1:
        return dict.fromkeys(parents)  # a wrapper: a set of its own, whatever it is called
    below = len(common_folders(parents))
    return {path: _split_within(path[below:]) for path in sorted(parents)}


def _split_within(path: FolderPath) -> Split | None:
    """Return the split that the innermost folder named like one stands for."""
    return next((split for name in reversed(path) if (split := split_of(name)) is not None), None)


def _place_of_split(path: FolderPath) -> int:
    """Return the place of the first folder of a path that is named like a split, or else of the last folder."""
    named = [place for place, name in enumerate(path) if split_of(name) is not None or is_beside_splits(name)]
    return named[0] if named else len(path) - 1
