"""The folders whose folders are labels, if no label is known beforehand: wrappers and parts are looked through.

Parts of a set are its splits, folds, patients: folders beside each other that hold the same folders. Words in their
names say more, but `train` may be a label, so the folders in them decide. If both are possible, the user is asked.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from typing import Final

from model_store.errors import SetRejected
from model_store.labelled_sets.recognition.folder_names import (
    Split,
    is_beside_splits,
    is_content,
    is_date,
    is_part,
    is_plain_split,
    rest_of,
    split_of,
)
from model_store.labelled_sets.recognition.folder_tree import FolderNode, FolderPath, unwrapped
from model_store.labelled_sets.recognition.label_level import find_parents
from model_store.labelled_sets.recognition.questions import ask_parts

Parents = dict[FolderPath, Split | None]
"""Folders whose folders are labels, with the split that each is in."""

_MIN_SHARED: Final = 2
"""Folders that parts have in common. One alone, such as `images` in every label, proves nothing."""


def read_parts(node: FolderNode) -> Parents:
    """Return the folders whose folders are labels, below a folder.

    Raises:
        SetRejected: If the folders can be read in two ways, or are splits that hold no labels.
    """
    node = _unwrapped(node)
    parts = _find_parts(list(node.folders.values()))
    if not parts:
        return {node.path: None}
    return _read_each({node.folders[name]: split for name, split in parts.items()})


def take_as_parts(node: FolderNode) -> Parents:
    """Read the first folders below the wrappers as parts, whatever they are called."""
    folders = list(_unwrapped(node).folders.values())
    return _read_each({folder: split_of(folder.name) for folder in folders}) if folders else {}


def take_as_labels(node: FolderNode) -> Parents:
    """Read the first folders below the wrappers as labels, whatever they hold."""
    return {unwrapped(node).path: None}


def _unwrapped(node: FolderNode) -> FolderNode:
    """Return the first folder below which there is a choice; a lone split is one, unless it holds splits itself."""
    while True:
        node = unwrapped(node, lambda inner: is_plain_split(inner.name) and not _has_splits(inner))
        inner = next(iter(node.folders.values()), None)
        if inner is None or len(node.folders) > 1 or not _has_splits(inner):
            return node
        node = inner  # an image beside the splits is no reason to take them for one label


def _has_splits(folder: FolderNode) -> bool:
    return sum(is_plain_split(name) and bool(inner.folders) for name, inner in folder.folders.items()) > 1


def _find_parts(folders: list[FolderNode]) -> Mapping[str, Split | None]:
    """Return the names of the folders that are parts, with their splits; empty if the folders are labels."""
    named = {folder.name for folder in folders if split_of(folder.name) or is_beside_splits(folder.name)}
    if len(named) == len(folders) and any(split_of(name) for name in named):
        return _only_splits(folders)
    return _splits_beside_others(folders) or _alike(folders)


def _only_splits(folders: list[FolderNode]) -> Mapping[str, Split | None]:
    """Judge folders all of which are named like splits."""
    names = sorted(folder.name for folder in folders)
    splits = {name: split_of(name) for name in names}
    with_labels = [folder for folder in folders if _label_names(folder)]
    is_plain = all(is_plain_split(name) or splits[name] is None for name in names)
    if not with_labels:
        if is_plain or len(set(splits.values())) > 1:
            detail = f"The folders {', '.join(sorted(names, key=str.lower))} hold images and no labels."
            raise SetRejected("no-labels", detail)
        return {}
    if "train" in splits.values() and all(splits[folder.name] != "train" for folder in with_labels):
        return {}
    is_clear = is_plain or _have_same_rest(names) or not all(map(is_date, _shared(with_labels)))
    return splits if is_clear else {}


def _splits_beside_others(folders: list[FolderNode]) -> Mapping[str, Split | None]:
    """Return the splits among folders of other names, if there are several and one is to train on."""
    named = {folder.name: split for folder in folders if (split := split_of(folder.name)) is not None}
    rests: dict[tuple[str, ...], set[Split]] = defaultdict(set)
    for name, split in named.items():
        rests[rest_of(name)].add(split)  # `seg_train` has a counterpart in `seg_test`
    splits = {name: split for name, split in named.items() if is_plain_split(name) or len(rests[rest_of(name)]) > 1}
    with_labels = [folder for folder in folders if folder.name in splits and _label_names(folder)]
    is_split = len(set(splits.values())) > 1 and any(splits[folder.name] == "train" for folder in with_labels)
    return splits if is_split else {}


def _alike(folders: list[FolderNode]) -> Mapping[str, Split | None]:
    """Return folders that are parts since they hold the same folders, whatever they are called.

    Raises:
        SetRejected: If they could as well be labels.
    """
    alike = [folder for folder in folders if _label_names(folder) and not folder.images]
    shared, inner = _shared(alike), set().union(*map(_label_names, alike))
    if len(shared) < _MIN_SHARED or 2 * len(shared) < len(inner):
        return {}
    if all(is_date(name) or is_content(name) for name in inner):
        return {}
    has_part_names, has_parts_inside = (all(map(is_part, names)) for names in ((one.name for one in alike), inner))
    if has_part_names and not has_parts_inside:
        return {folder.name: split_of(folder.name) for folder in alike}
    if has_part_names == has_parts_inside and len(alike) == len(folders):
        raise ask_parts(sorted(folder.name for folder in folders), sorted(shared))
    return {}


def _label_names(part: FolderNode) -> set[str]:
    """Return the names of the folders in a part that may be labels: `images` and a doubled name are none."""
    if part.label_names is None:
        inner = unwrapped(part)
        part.label_names = {name for name in inner.folders if not is_content(name) and name != part.name}
    return part.label_names


def _shared(folders: Iterable[FolderNode]) -> set[str]:
    """Return the names of folders that several of the folders hold."""
    counts = Counter(name for folder in folders for name in _label_names(folder))
    return {name for name, count in counts.items() if count > 1}


def _have_same_rest(names: Iterable[str]) -> bool:
    """Tell whether two names differ in nothing but the split: `seg_train` and `seg_pred`."""
    rests = [rest_of(name) for name in names]
    return len(set(rests)) < len(rests)


def _read_each(parts: Mapping[FolderNode, Split | None]) -> Parents:
    """Read each part as the one with most images to train on, so that all have their labels at the same level."""
    main = max(parts, key=lambda part: (bool(_label_names(part)), parts[part] == "train", part.total))
    parents = {path: split or parts[main] for path, split in read_parts(main).items()}
    labels = {name.casefold(): name for path in parents for name in _at(main, path).folders}
    is_simple = len(parents) == 1
    for part, split in parts.items():
        if part is not main:
            found = _read_like(part, labels) if is_simple else None
            found = (read_parts(part) if _label_names(part) else {}) if found is None else found
            parents |= {path: inner or split for path, inner in found.items()}
    return parents


def _read_like(part: FolderNode, labels: Mapping[str, str]) -> Parents | None:
    """Read a part by the labels of another, folded name → name; None if it has none of them."""
    found = find_parents(part, lambda name: labels.get(name.casefold()), start=len(part.path))
    return dict.fromkeys(found) or None


def _at(node: FolderNode, path: FolderPath) -> FolderNode:
    for name in path[len(node.path) :]:
        node = node.folders[name]
    return node
