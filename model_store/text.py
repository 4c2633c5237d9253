"""Text."""

from typing import Final

UNDEFINED: Final = "not defined"
NAMED: Final = 5
"""How many files a sentence names before it counts the rest."""


def percent(share: float | None) -> str:
    """Write a share from 0 to 1; one that is nearly all or nearly nothing gets the digits that show it."""
    if share is None:
        return UNDEFINED
    written = [f"{share:.{digits}%}" for digits in range(1, 6)]
    return next((text for text in written if float(text[:-1]) not in {0, 100}), written[0])


def number(value: float | None) -> str:
    """Write a figure that is no share: a loss, an error."""
    return UNDEFINED if value is None else f"{value:.3f}"


def counted(count: int, noun: str) -> str:
    """Write a count and what is counted: `1 image`, `2,624 images`."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def points(images: int) -> str:
    """Write how much one of so many images is, in percentage points: `0.63`."""
    share = 100 / images
    return f"{share:.1f}" if share >= 10 else f"{share:.2g}"


def printable(text: str) -> str:
    """Spell out what would break a line, steer a terminal or turn the direction of writing."""
    return "".join(one if one.isprintable() else one.encode("unicode_escape").decode("ascii") for one in text)
