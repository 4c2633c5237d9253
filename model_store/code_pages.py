"""Code pages, and how implausible names are that were decoded in one of them.

Almost any bytes are text in a code page of one byte a letter, and many are in one of two. Text in the wrong code page
shows it: by signs that nobody types, by letters of two scripts in one word, by rare letters instead of common ones.
"""

import re
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from typing import Final

CODE_PAGES: Final = ("cp437", "cp850", "cp1252", "cp1250", "cp1251", "cp866", "cp932", "gb18030", "big5", "euc_kr")
"""Code pages in the order in which they are tried. In the first, the zip standard's own, any bytes are a name."""

ONE_BYTE_A_LETTER: Final = frozenset(CODE_PAGES[:6])
"""The code pages in which no letter has a second byte, which may be the byte of a backslash."""

_COMMON: Final = {
    "cp932": (range(0x82, 0x84), range(0x88, 0x99)),
    "gb18030": (range(0xB0, 0xD8),),
    "big5": (range(0xA4, 0xC7),),
    "euc_kr": (range(0xB0, 0xC9),),
}
"""First bytes of the common letters: kana and the first level of kanji, of simplified and of traditional Chinese, and
the syllables of Korean."""
_LEAST_SECOND_BYTE: Final = {"gb18030": 0xA1}
"""The least second byte of a common letter, where there are rare ones with lower ones."""

_LATIN: Final = "\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u017f"
_CYRILLIC: Final = "\u0400-\u04ff"
_WIDE: Final = "\u3005-\u3007\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3\uf900-\ufaff"
_IS_LETTER: Final = re.compile(f"[{_LATIN}\u0410-\u044f\u0401\u0451]")
_IS_WIDE: Final = re.compile(f"[{_WIDE}]")
_IS_POSSIBLE: Final = re.compile(
    f"[{_CYRILLIC}\uff61-\uff9f\u2010-\u2026\u2116\u20ac\u00a0\u00a7\u00a9\u00ae\u00b0\u00b4\u00b7]"
)
"""Letters of other languages with this script, katakana of half a width, and signs that a word processor puts in. Greek
is not possible: the pages of one byte a letter have a few of its letters as signs of mathematics."""
_IS_SIGN_OF_WIDE: Final = re.compile("[\u0300-\u036f\u3000-\u3004\u3008-\u303f\uff01-\uff5e]")

_FAULTS: Final = (
    (re.compile(f"[{_LATIN}](?=[{_LATIN}])"), 1),  # Grüße has one such pair, and text in the wrong code page many
    (re.compile(f"[A-Za-z{_LATIN}](?=[{_CYRILLIC}])|[{_CYRILLIC}](?=[A-Za-z{_LATIN}])"), 2),
    (re.compile(f"[{_WIDE}](?=[{_LATIN}{_CYRILLIC}])|[{_LATIN}{_CYRILLIC}](?=[{_WIDE}])"), 2),
    (re.compile(f"(?<=[A-Za-z])[{_WIDE}]+(?=[A-Za-z])"), 2),
    (re.compile(r"(?<=[^\x00-\x7f])[@\[\]^`{|}~]"), 1),  # ASCII in the place of the second byte of a letter
    (re.compile(r"[|<>\"?*]"), 1),  # Windows allows none of them in a name
)
"""What does not stand beside each other in a name, and how much each place counts."""
_SECOND_BYTE: Final = re.compile(r"[^\x00-\x7f]\\(?=\.)")
_SECOND_BYTE_BESIDE_SLASHES: Final = re.compile(r"[^\x00-\x7f]\\")
_SECOND_BYTE_COUNTS: Final = 3
_ENOUGH_LETTERS: Final = 5
"""Different letters that are hardly ever from one half of the common ones by chance."""


def implausibility(names: Sequence[str], encoding: str) -> int:
    """Return how implausible names are that were decoded in an encoding; 0 if nothing is odd about them.

    Args:
        names: Paths with forward slashes or those of Windows.
        encoding: One of `CODE_PAGES`.
    """
    text = "\n".join(names)
    letters = sum(count * _oddity(letter, encoding) for letter, count in Counter(text).items() if not letter.isascii())
    neighbours = sum(weight * len(fault.findall(text)) for fault, weight in _FAULTS)
    second_bytes = _SECOND_BYTE_COUNTS * sum(map(_second_bytes, names))
    return letters + neighbours + 2 * _changes_of_case(text) + second_bytes + _is_rather_korean(text, encoding)


def _oddity(letter: str, encoding: str) -> int:
    """Return how odd a letter is in a name, whatever is beside it: 0 to 3."""
    if _IS_WIDE.match(letter):
        return 0 if _is_common(letter, encoding) else 1
    if encoding in ONE_BYTE_A_LETTER:
        return 0 if _IS_LETTER.match(letter) else 1 if _IS_POSSIBLE.match(letter) else 2
    if _IS_SIGN_OF_WIDE.match(letter):
        return 0
    return 1 if _IS_POSSIBLE.match(letter) else 2 if letter.isprintable() else 3


def _is_common(letter: str, encoding: str) -> bool:
    first, *rest = letter.encode(encoding)
    is_first = any(first in common for common in _COMMON.get(encoding, ()))
    return is_first and len(rest) == 1 and rest[0] >= _LEAST_SECOND_BYTE.get(encoding, 0)


def _is_rather_korean(text: str, encoding: str) -> bool:
    """Tell whether all Chinese letters have bytes of Korean syllables, which are those of half of the common ones."""
    letters = (
        {letter.encode(encoding) for letter in _IS_WIDE.findall(text)} if encoding in {"gb18030", "big5"} else set()
    )
    korean = {letter for letter in letters if 0xB0 <= letter[0] <= 0xC8 and letter[1] >= 0xA1}
    return len(letters) >= _ENOUGH_LETTERS and letters == korean


def _changes_of_case(text: str) -> int:
    """Count the small letters before a capital one, unless both are ASCII as in `IceCream`."""
    pairs = ((one, other) for one, other in pairwise(text) if not (one.isascii() and other.isascii()))
    return sum(one.islower() and other.isupper() for one, other in pairs)


def _second_bytes(name: str) -> int:
    """Count the backslashes that are rather the second byte of a letter than a separator."""
    return len((_SECOND_BYTE_BESIDE_SLASHES if "/" in name else _SECOND_BYTE).findall(name))
