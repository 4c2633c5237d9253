"""Grouping images that belong together: copies, near-copies, and files with the same match of a pattern.

All images of a group are on one side of the split. Nothing here reads the disk.
"""

import hashlib
import re
from collections.abc import Iterable, Sequence

from training.data.files import File
from training.errors import GroupingInvalid


class Groups:
    """Disjoint sets of names (union-find)."""

    def __init__(self) -> None:
        self._above: dict[str, str] = {}

    def join(self, first: str, second: str) -> None:
        """Put two names, and all names of their groups, into one group."""
        self._above[self.find(second)] = self.find(first)

    def find(self, name: str) -> str:
        """Return the name that stands for the group of a name; a new name stands for itself."""
        path = []
        while (above := self._above.setdefault(name, name)) != name:
            path.append(name)
            name = above
        for passed in path:
            self._above[passed] = name
        return name


def compile_pattern(text: str | None) -> re.Pattern[str] | None:
    """Compile `--group-by`.

    Raises:
        GroupingInvalid: If it is not a regular expression.
    """
    try:
        return re.compile(text) if text else None
    except re.error as error:
        raise GroupingInvalid(text or "", f"is not a regular expression ({error})") from error


def check_pattern(paths: Sequence[str], pattern: re.Pattern[str] | None) -> None:
    """Check that a pattern tells groups apart.

    Raises:
        GroupingInvalid: If it matches none of the paths, or puts all of them into one group.
    """
    if pattern is None or not paths:
        return
    keys = {group_key(path, pattern) for path in paths}
    if keys == {None}:
        raise GroupingInvalid(pattern.pattern, f"matches none of the {len(paths)} paths, such as {paths[0]}")
    if len(keys) == 1:
        raise GroupingInvalid(pattern.pattern, f"gives all {len(paths)} images the one group {keys.pop()!r}")


def group_key(path: str, pattern: re.Pattern[str] | None) -> str | None:
    """Return the key that groups a path: the first group of the match, or all of it; None if nothing matches."""
    match = pattern.search(path) if pattern else None
    if match is None:
        return None
    return (match[1] if match.re.groups else match[0]) or None


def group_files(
    files: Sequence[File], near: Iterable[tuple[str, str]], pattern: re.Pattern[str] | None
) -> list[list[int]]:
    """Group images.

    Args:
        files: Decoded images.
        near: Pairs of `File.identity` that are nearly the same picture.
        pattern: Files with the same `group_key` are in one group.

    Returns:
        The indices in `files` of each group.
    """
    groups = Groups()
    for identity, similar in near:
        groups.join(identity, similar)
    keys = [group_key(file.path, pattern) for file in files]
    for file, key in zip(files, keys, strict=True):
        if key is not None:
            groups.join(f"key {key}", file.identity)
    places: dict[str, list[int]] = {}
    for place, file in enumerate(files):
        places.setdefault(groups.find(file.identity), []).append(place)
    return list(places.values())


def group_digest(group: Iterable[File], pattern: re.Pattern[str] | None) -> str:
    """Return the SHA-256 digest by which a group is split, hexadecimal.

    It is the digest of one of its keys or, without keys, of one of its pictures. The choice is as good as random, so
    large groups are not held out more often than small ones. A picture that joins n others changes it once in n + 1.
    """
    members = list(group)
    keys = {key for file in members if (key := group_key(file.path, pattern)) is not None}
    digests = {hashlib.sha256(key.encode()).hexdigest() for key in keys} or {file.identity for file in members}
    return min(digests, key=lambda digest: hashlib.sha256(digest.encode()).hexdigest())
