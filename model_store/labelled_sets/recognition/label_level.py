"""The level of the labels if they are known beforehand: a served model's labels decide which folders mean one."""

from collections import Counter, defaultdict
from collections.abc import Callable

from model_store.labelled_sets.recognition.folder_tree import FolderNode, FolderPath
from model_store.labelled_sets.recognition.questions import ask_level

Match = Callable[[str], str | None]
"""Name → the label that it means, or None."""


def find_parents(tree: FolderNode, match: Match, start: int = 0) -> set[FolderPath]:
    """Return the folders whose folders are labels; none if no folder means a label.

    If several folders of a path mean one, the level counts at which more images, and then more labels, are found.

    Args:
        tree: The folders.
        match: Knows the labels.
        start: The number of folders of each path that are not labels.

    Raises:
        SetRejected: If two levels have the same claim, and would give an image different labels.
    """
    images = {node.path: node.images for node in tree.walk() if node.images}
    depths = {path: found for path in images if (found := _depths(path, match, start))}
    files: Counter[int] = Counter()
    labels: dict[int, set[str]] = defaultdict(set)
    for path, found in depths.items():
        for depth, label in found.items():
            files[depth] += images[path]
            labels[depth].add(label)
    parents = set()
    for path, found in depths.items():
        claims = {depth: (files[depth], len(labels[depth])) for depth in found} if len(found) > 1 else {}
        parents.add(path[: _choose(path, found, claims) if claims else next(iter(found))])
    return parents


def _depths(path: FolderPath, match: Match, start: int) -> dict[int, str]:
    """Return the depths at which a folder of a path means a label, with the label."""
    named = enumerate(path[start:], start)
    return {depth: label for depth, name in named if (label := match(name)) is not None}


def _choose(path: FolderPath, found: dict[int, str], claims: dict[int, tuple[int, int]]) -> int:
    best = max(claims.values())
    equal = [depth for depth in found if claims[depth] == best]
    if len({found[depth] for depth in equal}) > 1:
        raise ask_level([path[depth] for depth in equal])
    return equal[0]
