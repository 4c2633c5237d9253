"""Names of folders and of labels: how their accents are stored, and when they mean the same."""

import unicodedata
from collections.abc import Iterable
from typing import Final

_LONGEST_NAME: Final = 255
"""The most characters that any file system allows in a name. Composing takes time quadratic in the length: a name of
64 KB, which a zip can hold, would block the process for seconds."""


class LabelMatcher:
    """Finds the label that a name means: the label itself, or else the only one that differs from it in case alone.

    Args:
        labels: Labels known beforehand.
    """

    def __init__(self, labels: Iterable[str]) -> None:
        self._labels = frozenset(labels)
        self._folded: dict[str, str | None] = {}
        for label in self._labels:
            folded = _folded(label)
            self._folded[folded] = None if folded in self._folded else label

    @property
    def labels(self) -> frozenset[str]:
        """The labels known beforehand."""
        return self._labels

    def match(self, name: str) -> str | None:
        """Return the label that a name means; None if it is not one of them, or could be two."""
        return name if name in self._labels else self._folded.get(_folded(name))


def composed(name: str) -> str:
    """Compose the accents of a name (NFC). A name longer than any file system allows is returned unchanged."""
    return name if len(name) > _LONGEST_NAME else unicodedata.normalize("NFC", name)


def _folded(name: str) -> str:
    return composed(name).casefold()
