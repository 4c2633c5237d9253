"""Numbers, counts and foreign text as words. Sentences about an evaluation are in `evaluation.summary`."""

from collections.abc import Iterable
from typing import Final

UNDEFINED: Final = "not defined"
NAMED: Final = 5
"""Files that a sentence names before it counts the rest."""
LONGEST_SHOWN: Final = 100
"""Characters of a name in a sentence: a zip may hold names of 64 KB."""


def percent(share: float | None) -> str:
    """Format a share from 0 to 1 as a percentage, with more digits if it would round to 0% or 100%."""
    if share is None:
        return UNDEFINED
    written = [f"{share:.{digits}%}" for digits in range(1, 6)]
    return next((text for text in written if float(text[:-1]) not in {0, 100}), written[0])


def number(value: float | None) -> str:
    """Format a figure that is not a share, such as a loss, with three decimals."""
    return UNDEFINED if value is None else f"{value:.3f}"


def counted(count: int, noun: str) -> str:
    """Format a count with its noun: `1 image`, `2,624 images`."""
    return f"{count:,} {plural(count, noun)}"


def plural(count: int, noun: str) -> str:
    """Return a noun in its form for a count: `image`, `images`, `entries`."""
    if count == 1:
        return noun
    return f"{noun[:-1]}ies" if noun.endswith("ry") else f"{noun}s"


def points(images: int) -> str:
    """Format the share of one image among `images`, in percentage points: `0.63`."""
    share = 100 / images
    return f"{share:.1f}" if share >= 10 else f"{share:.2g}"


def listed(names: Iterable[str], most: int = NAMED) -> str:
    """Format the first few names and count the rest: `a.jpg, b.jpg and 3 more`."""
    every = list(names)
    more = f" and {len(every) - most:,} more" if len(every) > most else ""
    return ", ".join(map(printable, every[:most])) + more


def excerpt(name: str) -> str:
    """Return the beginning of a name, in characters that can be printed."""
    return printable(name[:LONGEST_SHOWN])


def printable(text: str) -> str:
    """Escape the characters that break a line, control a terminal or change the writing direction."""
    if text.isprintable():  # nearly always, and then a hundred times as fast
        return text
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode("ascii") for char in text)
