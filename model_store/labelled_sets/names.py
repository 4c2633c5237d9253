"""Names of folders and of labels: how their accents are stored, and when they mean the same."""

import re
import unicodedata
from collections.abc import Callable, Iterable
from difflib import get_close_matches
from typing import Final

_LONGEST_NAME: Final = 255
"""The most characters that any file system allows in a name. Composing takes time quadratic in the length: a name of
64 KB, which a zip can hold, would block the process for seconds."""

_LONGEST_COMPARED: Final = 100
_LIKENESS: Final = 0.6
"""Share of letters that a suggested label has in common with a name."""

_NUMBER_IN_FRONT: Final = re.compile(r"\A\s*[A-Za-z]?\d+[\s._-]+(?=\D)")
_BETWEEN_WORDS: Final = re.compile(r"[\s_-]+")


class LabelMatcher:
    """Finds the label that a name means: the label itself, or else the only one that is written a little differently.

    The case of letters, the signs between words, and a number in front may differ: `01_Hot-Dog` means `hot dog`.

    Args:
        labels: Labels known beforehand.
    """

    def __init__(self, labels: Iterable[str]) -> None:
        self._labels = frozenset(labels)
        self._folded = _unique(self._labels, _folded)
        self._loose = _unique(self._labels, lambda label: _loose(_folded(label)))

    @property
    def has_labels(self) -> bool:
        """True if any label is known."""
        return bool(self._labels)

    @property
    def labels(self) -> frozenset[str]:
        """The labels known beforehand."""
        return self._labels

    def match(self, name: str) -> str | None:
        """Return the label that a name means; None if it is not one of them, or could be two."""
        if name in self._labels:
            return name
        folded = _folded(name)
        if folded in self._folded:
            return self._folded[folded]
        found = self._loose.get(_loose(folded))
        number = None if found else _NUMBER_IN_FRONT.match(name)
        return self._loose.get(_loose(_folded(name[number.end() :]))) if number else found


def composed(name: str) -> str:
    """Compose the accents of a name (NFC). A name longer than any file system allows is returned unchanged."""
    return name if name.isascii() or len(name) > _LONGEST_NAME else unicodedata.normalize("NFC", name)


def nearest_label(name: str, labels: Iterable[str]) -> str | None:
    """Return the label whose name is most like another name, if one is like it."""
    folded = {label.casefold(): label for label in labels}
    found = get_close_matches(name[:_LONGEST_COMPARED].casefold(), folded, n=1, cutoff=_LIKENESS)
    return folded[found[0]] if found else None


def _unique(labels: Iterable[str], key: Callable[[str], str]) -> dict[str, str | None]:
    """Return key → the label that has it; None for a key of several."""
    found: dict[str, str | None] = {}
    for label in labels:
        found[key(label)] = None if key(label) in found else label
    return found


def _loose(folded: str) -> str:
    """Return a folded name with its words apart alike."""
    return _BETWEEN_WORDS.sub(" ", folded).strip()


def _folded(name: str) -> str:
    return composed(name).casefold()
