"""Names."""

import unicodedata
from collections.abc import Iterable
from typing import Final

_LONGEST_NAME: Final = 255
"""Characters of a folder's name on any file system. Composing takes time by the square of the length: a name of 64 KB,
as a zip can hold it, would stop the process for seconds."""


class LabelMatcher:
    """Finds the label that a name means: the one that it is, or else the one from which only its case differs.

    Args:
        labels: Labels known beforehand.
    """

    def __init__(self, labels: Iterable[str]) -> None:
        self._labels = frozenset(labels)
        self._folded: dict[str, str | None] = {}
        for label in self._labels:
            folded = _folded(label)
            self._folded[folded] = None if folded in self._folded else label

    def match(self, name: str) -> str | None:
        """Return the label that a name means; None where that is none of them, or could be two."""
        return name if name in self._labels else self._folded.get(_folded(name))


def composed(name: str) -> str:
    """Compose the accents of a name (NFC); one longer than any is left as it is, since that takes quadratic time."""
    return name if len(name) > _LONGEST_NAME else unicodedata.normalize("NFC", name)


def _folded(name: str) -> str:
    return composed(name).casefold()
