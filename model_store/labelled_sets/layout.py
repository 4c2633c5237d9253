"""How the paths of a labelled set become labels: one rule for a folder on disk and for a zip.

A labelled set holds one folder per label. One common folder around them is looked through. Everything that is not an
image has a reason for being left out. Pure functions of paths and first bytes; reads nothing.
"""

from collections.abc import Collection, Iterable

from model_store.labelled_sets.names import composed


def find_wrapper(paths: Iterable[str], labels: Collection[str] = ()) -> str | None:
    """Find the one common folder around the label folders, if there is one.

    Args:
        paths: Posix paths of the image files.
        labels: Labels known beforehand: a folder with such a name is a label, never a wrapper.

    Returns:
        The folder's name, or None where the first folder of each path is its label.
    """
    parts = [_parts(path) for path in paths]
    inside = [one for one in parts if len(one) > 1]
    tops = {one[0] for one in inside}
    if len(tops) != 1:
        return None
    top = tops.pop()
    if top in labels:
        return None
    seconds = {one[1] for one in inside if len(one) > 2}
    has_image_directly_inside = any(len(one) == 2 for one in inside)
    if seconds and (not has_image_directly_inside or seconds & set(labels)):
        return top
    return None


def label_of(path: str, wrapper: str | None = None) -> str | None:
    """Return the label that a path gives its file: its first folder, below the wrapper; None outside any."""
    parts = _parts(path)
    if wrapper is not None and parts[:1] == (wrapper,):
        parts = parts[1:]
    return parts[0] if len(parts) > 1 else None


def first_folders(paths: Iterable[str]) -> set[str]:
    """Return the folders that may name a label: the first of each path, and the second below a wrapper."""
    return {part for path in paths for part in _parts(path)[:-1][:2]}


def _parts(path: str) -> tuple[str, ...]:
    """Split a path as far as labels go: two folders and the rest.

    Accents are composed (NFC), since some systems store them decomposed and a label is one label.
    """
    return tuple(composed(part) for part in path.split("/", 2))
