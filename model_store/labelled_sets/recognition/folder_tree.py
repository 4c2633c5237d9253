"""The folders of a labelled set as a tree, with the number of image files in each. It knows paths and reads nothing."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import takewhile
from typing import Final

from model_store.labelled_sets.names import composed

MAX_DEPTH: Final = 8
"""Folders of a path that are looked at. A zip may hold paths of thousands of folders; nobody's labels are that deep."""
MAX_FOLDERS: Final = 100_000
"""Folders of a set that are looked at: each takes memory, and a few bytes of a zip make many."""

FolderPath = tuple[str, ...]
"""The names of the folders from the top of the set, accents composed."""


@dataclass(eq=False, slots=True)
class FolderNode:
    """A folder with image files in it or below it."""

    path: FolderPath = ()
    images: int = 0
    """Number of image files in it, not counting those in its folders."""
    folders: dict[str, "FolderNode"] = field(default_factory=dict)
    label_names: set[str] | None = None
    """The names of folders below it that may be labels, once `part_folders` has looked; it looks several times."""

    @property
    def name(self) -> str:
        """The name of the folder; empty for the set itself."""
        return self.path[-1] if self.path else ""

    @property
    def total(self) -> int:
        """Number of image files in it and below it."""
        return sum(node.images for node in self.walk())

    def walk(self) -> Iterator["FolderNode"]:
        """Yield the folder and every folder below it, each before its own."""
        waiting = [self]
        while waiting:
            node = waiting.pop()
            yield node
            waiting.extend(reversed(node.folders.values()))


def folders_of(path: str) -> FolderPath:
    """Return the first folders of a file's path, accents composed."""
    folders = path.split("/", MAX_DEPTH + 1)[:-1][:MAX_DEPTH]
    return tuple(folders) if path.isascii() else tuple(map(composed, folders))


def common_folders(paths: Collection[FolderPath]) -> FolderPath:
    """Return the first folders that all of some paths of folders have."""
    lowest, highest = min(paths, default=()), max(paths, default=())
    pairs = takewhile(lambda pair: pair[0] == pair[1], zip(lowest, highest, strict=False))
    return tuple(name for name, _ in pairs)


def grow_tree(paths: Iterable[str]) -> FolderNode:
    """Return the tree of the folders that hold files.

    Args:
        paths: Posix paths of the image files.
    """
    root, folders = FolderNode(), 0
    for above, images in Counter(path.rpartition("/")[0] for path in paths).items():
        node = root
        for name in folders_of(f"{above}/") if above else ():
            inner = node.folders.get(name)
            if inner is None:
                if folders == MAX_FOLDERS:
                    break  # the file counts as one of the folder around its own
                folders += 1
                inner = node.folders[name] = FolderNode((*node.path, name))
            node = inner
        node.images += images
    return root


def unwrapped(node: FolderNode, is_kept: Callable[[FolderNode], bool] = lambda _: False) -> FolderNode:
    """Return the first folder below which there is a choice: wrappers around everything are looked through.

    A folder that holds images itself may be a label, and so is never a wrapper.

    Args:
        node: The folder to begin with.
        is_kept: Tells which folders are not wrappers, although nothing is beside them.
    """
    while len(node.folders) == 1:
        (inner,) = node.folders.values()
        if not inner.folders or inner.images or is_kept(inner):
            break
        node = inner
    return node
