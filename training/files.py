"""What becomes of each file of a labelled folder: one record a file, one fate a record.

Plain values. How a fate is found is in `scan.py`, `decoding.py` and `audit.py`; nothing here reads the disk.
"""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

Fate = Literal["used", "unreadable", "not-an-image", "system-file", "unlabelled", "duplicate", "conflict", "leaked"]
Split = Literal["train", "validation", "test"]

SPLITS: Final[tuple[Split, ...]] = ("train", "validation", "test")

FATES: Final[dict[Fate, str]] = {
    "used": "A labelled image that is trained on or scored.",
    "unreadable": "A labelled image that cannot be read or decoded; the reason says why.",
    "not-an-image": "Neither its name nor its first bytes are an image's, or it is a link to a folder.",
    "system-file": "Left behind by an operating system, or hidden.",
    "unlabelled": "An image outside the folders of the labels.",
    "duplicate": "The same pixels as another image of its label; used as well, on the same side of the split.",
    "conflict": "The same pixels as an image under another label; neither is used.",
    "leaked": "The same pixels as an image in the validation or test folder, which is used there instead.",
}
"""Every fate with its meaning, in the order to show them."""

USED_FATES: Final[frozenset[Fate]] = frozenset({"used", "duplicate"})
"""Fates of images that are trained on or scored: of 158 test files, 158 are in the report, whichever are alike."""

ODD_FATES: Final = frozenset(FATES) - {"used", "system-file"}
"""Fates that a person should look at; `--strict` stops at one."""

LEFT_OUT_FATES: Final = ODD_FATES - USED_FATES
"""Fates of files that a person may have meant to be used and that are not."""


@dataclass(frozen=True, slots=True)
class File:
    """One file and its fate."""

    path: str
    """Posix path below the data folder, printable: bytes that are no UTF-8 are escaped."""
    location: Path
    """Where it is."""
    fate: Fate
    reason: str = ""
    """Why, in words; empty for a file that is used."""
    rejection: str = ""
    """For an unreadable one, its reason as one of `model_store.pixels.REASONS`."""
    label: str | None = None
    split: Split | None = None
    """Given by the folder, or else, in a `Dataset`, by the split; None where it has none."""
    sha256: str = ""
    """SHA-256 of the file's bytes, hexadecimal; empty for what was not read."""
    pixel_digest: str = ""
    """`fingerprint.pixel_digest` of the decoded pixels; empty for what was not decoded."""
    perceptual_hash: int = 0
    row: int = -1
    """Its place in the array of decoded pixels; -1 for what was not decoded."""


@dataclass(frozen=True)
class Audit:
    """Every file of a folder, sorted by path, each with its fate."""

    directory: Path
    files: tuple[File, ...]

    @property
    def fates(self) -> dict[Fate, int]:
        """Fate to number of files, all fates; the sum is the number of files found."""
        counts = Counter(file.fate for file in self.files)
        return {fate: counts[fate] for fate in FATES}

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels that any image was given, sorted; one whose images are all unusable is among them."""
        return tuple(sorted({file.label for file in self.files if file.label is not None}))

    @property
    def is_odd(self) -> bool:
        """Whether any file is neither used nor a system file."""
        return any(file.fate in ODD_FATES for file in self.files)

    def sentence(self) -> str:
        """Say where every file went: `10 files = 9 used (1 of them a copy) + 1 unreadable`."""
        copies = self.fates["duplicate"]
        told = {1: " (1 of them a copy)"}.get(copies, f" ({copies} of them copies)") if copies else ""
        parts = [f"{self.fates['used'] + copies} used{told}"]
        parts += [f"{count} {fate}" for fate, count in self.fates.items() if count and fate not in USED_FATES]
        return f"{len(self.files)} files = {' + '.join(parts)}"
