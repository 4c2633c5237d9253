"""The layout of a labelled set: the places of labels and splits in its paths.

The same rules hold for a folder on disk and for a zip. A labelled set has one folder per label; one common folder
around them, the wrapper, is looked through. There may be `train`, `val` and `test` folders of label folders. This
module knows paths and reads nothing.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final, Literal, NamedTuple

from model_store.errors import SetRejected
from model_store.labelled_sets.names import LabelMatcher, composed

Split = Literal["train", "validation", "test"]

SPLIT_FOLDERS: Final[dict[str, Split]] = {
    "train": "train",
    "training": "train",
    "val": "validation",
    "valid": "validation",
    "validation": "validation",
    "dev": "validation",
    "test": "test",
    "testing": "test",
}
"""Names of folders, in lower case, and the splits that they stand for."""

LAYOUT_HINT: Final = "Put the images into one folder per label, or into train/, val/ and test/ folders of such folders."


class Place(NamedTuple):
    """The label, and the split if there are split folders, that an image has by its path; None if it has none."""

    label: str | None
    split: Split | None = None


@dataclass(frozen=True)
class Layout:
    """The folders of a labelled set that are not labels.

    Attributes:
        wrapper: The common folder that is looked through, accents composed; None if the set has none.
        splits: Names of the split folders, in lower case, and their splits; empty if the set has no split folders.
    """

    wrapper: str | None = None
    splits: Mapping[str, Split] = field(default_factory=dict)

    def place_of(self, path: str) -> Place:
        """Return the label and the split of an image."""
        if not self.splits:
            return Place(label_of(path, self.wrapper))
        top, _, rest = _below(path, self.wrapper).partition("/")
        split = self.splits.get(top.lower())
        label = label_of(rest) if split else None
        return Place(label, split if label else None)


def find_layout(paths: Collection[str], labels: Iterable[str] = (), *, with_splits: bool = False) -> Layout:
    """Find the layout of a labelled set.

    Args:
        paths: Posix paths of the image files.
        labels: Labels known beforehand. A folder that means one of them, regardless of case, is never a wrapper.
        with_splits: Whether to look for split folders as well; otherwise a folder `train` is a label or a wrapper.

    Raises:
        SetRejected: If every folder is a split folder and none of them holds a label folder.
    """
    match = LabelMatcher(labels).match
    folders = first_folders(paths)
    known = {name for name in folders if match(name) is not None}
    if with_splits:
        known |= {name for name in folders if name.lower() in SPLIT_FOLDERS}
    wrapper = find_wrapper(paths, known)
    return Layout(wrapper, _find_splits([_below(path, wrapper) for path in paths]) if with_splits else {})


def find_wrapper(paths: Iterable[str], labels: Collection[str] = ()) -> str | None:
    """Find the common folder around the label folders.

    Args:
        paths: Posix paths of the image files.
        labels: Labels known beforehand: a folder with such a name is a label, never a wrapper.

    Returns:
        The folder's name, or None if the first folder of each path is its label.
    """
    inside = [parts for parts in map(_parts, paths) if len(parts) > 1]
    tops = {parts[0] for parts in inside}
    if len(tops) != 1:
        return None
    top = tops.pop()
    if top in labels:
        return None
    seconds = {parts[1] for parts in inside if len(parts) > 2}
    has_image_directly_inside = any(len(parts) == 2 for parts in inside)
    if seconds and (not has_image_directly_inside or seconds & set(labels)):
        return top
    return None


def label_of(path: str, wrapper: str | None = None) -> str | None:
    """Return a file's first folder below the wrapper, which is its label; None if it is outside any folder."""
    folder, slash, _ = _below(path, wrapper).partition("/")
    return composed(folder) if slash else None


def first_folders(paths: Iterable[str]) -> set[str]:
    """Return the folders that may name a label: the first of each path, and the second below a wrapper."""
    return {part for path in paths for part in _parts(path)[:-1][:2]}


def _find_splits(paths: Iterable[str]) -> dict[str, Split]:
    """Return the split folders at the top, if they are split folders and not labels.

    They are if nothing is beside them and they hold label folders, or if `train` and another split hold some.
    """
    parts = [path.split("/", 2) for path in paths]
    tops = {first.lower() for first, *rest in parts if rest}
    splits = {top: SPLIT_FOLDERS[top] for top in tops & SPLIT_FOLDERS.keys()}
    with_labels = {first.lower() for first, *rest in parts if len(rest) > 1} & splits.keys()
    if splits and len(splits) == len(tops):
        if not with_labels:
            raise SetRejected("no-labels", f"The folders {', '.join(sorted(tops))} hold images and no labels.")
        are_splits = "train" not in splits.values() or any(splits[top] == "train" for top in with_labels)
    else:
        are_splits = len(with_labels) > 1 and any(splits[top] == "train" for top in with_labels)
    return splits if are_splits else {}


def _below(path: str, wrapper: str | None) -> str:
    """Return a path without the wrapper that it begins with."""
    first, _, rest = path.partition("/")
    return rest if wrapper is not None and composed(first) == wrapper else path


def _parts(path: str) -> tuple[str, ...]:
    """Split a path into its first two folders, accents composed (NFC), and the rest.

    Some systems store accents decomposed, and a label is one label.
    """
    return tuple(composed(part) for part in path.split("/", 2))
