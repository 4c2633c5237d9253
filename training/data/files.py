"""Every file of a labelled folder with its fate: one record per file, one fate per record.

These are plain values. `scan.py`, `pixels/decoding.py` and `audit.py` decide the fates; nothing here reads the disk.
"""

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from model_store.labelled_sets.corrections.outcomes import CorrectionOutcome
from model_store.labelled_sets.interpretation import Interpretation
from model_store.labelled_sets.labelled_set import AS_IT_SAYS
from model_store.labelled_sets.recognition.folder_names import Split
from model_store.text import plural

Fate = Literal[
    "used",
    "unreadable",
    "not-an-image",
    "system-file",
    "labels-file",
    "unlabelled",
    "mask",
    "not-usable",
    "duplicate",
    "near-duplicate",
    "conflict",
    "near-conflict",
    "leaked",
    "damaged",
    "blank",
    "wrong-extension",
    "small",
]

SPLITS: Final[tuple[Split, ...]] = ("train", "validation", "test")

FATES: Final[dict[Fate, str]] = {
    "used": "A labelled image that is trained on or scored.",
    "unreadable": "A labelled image that cannot be read or decoded; the reason says why.",
    "not-an-image": "Neither its name nor its first bytes are an image's, or it is a link to a folder.",
    "system-file": "Left behind by an operating system, or hidden.",
    "labels-file": "The table that gives the images their labels.",
    "unlabelled": "An image outside the folders of the labels, or not named by the table.",
    "mask": "Says which parts of another image are what, and has its name; not used.",
    "not-usable": "Left out by a correction; not used.",
    "duplicate": "The same pixels as another image of its label; used as well, on the same side of the split.",
    "near-duplicate": "Nearly the same picture as another of its label; used as well, on the same side of the split.",
    "conflict": "The same pixels as an image under another label; neither is used.",
    "near-conflict": "Nearly the same picture as one under another label; both are used, on one side of the split.",
    "leaked": "The same or nearly the same picture as a held-out one, in the test or validation folder; not used.",
    "damaged": "A part of the picture is damaged; used, as what the decoder made of it.",
    "blank": "One colour all over, or nearly; used.",
    "wrong-extension": "An image of another format than its name says; used, as what it is.",
    "small": "Less than 32 pixels on a side, in a set of larger pictures; used.",
}
"""Every fate with its meaning, in the order to show them."""

USED_FATES: Final[frozenset[Fate]] = frozenset(
    {"used", "duplicate", "near-duplicate", "near-conflict", "damaged", "blank", "wrong-extension", "small"}
)
"""Fates of images that are trained on or scored. Copies are among them: every test file is in the report."""

ODD_FATES: Final = frozenset(FATES) - {"used", "system-file", "labels-file", "not-usable"}
"""Fates that a person should look at; `--strict` refuses to train if any file has one."""

DATASET_COLUMNS: Final = ("path", "sha256", "label", "split", "fate", "reason")
"""Columns of a version's `training/dataset.csv` and of the audit's CSV."""

LEFT_OUT_FATES: Final = ODD_FATES - USED_FATES
"""Fates of files that are not used although a person may have meant them to be."""


@dataclass(frozen=True, slots=True)
class File:
    """One file and its fate."""

    path: str
    """Posix path below the data folder, printable: bytes that are not UTF-8 are escaped."""
    location: Path
    """The path by which it is opened."""
    fate: Fate
    reason: str = ""
    """The reason for the fate, in words; empty for a file that is used."""
    rejection: str = ""
    """The reason of an unreadable file, one of `model_store.images.pixels.REASONS`; else empty."""
    label: str | None = None
    label_folder: str = ""
    """Posix path of the folder that gives the label; empty if there is no label, or a table gives it."""
    split: Split | None = None
    """The split that its folder gives or, in a `Dataset`, that it was assigned; None if it has none."""
    sha256: str = ""
    """SHA-256 of the file's bytes, hexadecimal; empty if it was not read."""
    pixel_digest: str = ""
    """`fingerprint.pixel_digest` of the model's input; empty if it was not decoded."""
    identity: str = ""
    """The same digest at a fixed size, whatever the model's input. It decides which files are copies, and the split."""
    perceptual_hash: int = 0
    """The perceptual hash of the model's input."""
    format: str = ""
    """The format of the bytes, one of `model_store.images.pixels.FORMATS`; empty if it was not decoded."""
    width: int = 0
    """Width of the picture in the file, in pixels; 0 if it was not decoded."""
    height: int = 0
    """Height of the picture in the file, in pixels; 0 if it was not decoded."""
    suspect_maximum: int = 0
    """The highest sample of an image of 16 bits that seems to have fewer, undeclared; else 0."""
    is_damaged: bool = False
    """True if a part of the picture is damaged: its pixels are what the decoder made of it."""
    is_blank: bool = False
    """True if the picture is one colour all over, or nearly."""
    row: int = -1
    """Its row in the array of decoded pixels; -1 if it was not decoded."""


@dataclass(frozen=True)
class Audit:
    """Every file of a folder, sorted by path, each with its fate."""

    directory: Path
    files: tuple[File, ...]
    near: tuple[tuple[str, str], ...] = ()
    """Pairs of `File.identity` that are nearly the same picture; a chain of them is one group."""
    notes: tuple[str, ...] = ()
    """Sentences about odd folders."""
    interpretation: Interpretation = AS_IT_SAYS
    """The layout that was recognised, and the labels."""
    corrections: tuple[CorrectionOutcome, ...] = ()
    """What became of each row of the corrections, if there are any."""
    is_trainable: bool = True
    """False if a check of training failed; the last note says which."""

    @property
    def fates(self) -> dict[Fate, int]:
        """Each fate and its number of files; the sum is the number of files in the folder."""
        counts = Counter(file.fate for file in self.files)
        return {fate: counts[fate] for fate in FATES}

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels of all images, sorted; a label whose images are all unusable is among them."""
        return tuple(sorted({file.label for file in self.files if file.label is not None}))

    @property
    def is_odd(self) -> bool:
        """True if any file is neither plainly used nor a system file."""
        return any(file.fate in ODD_FATES for file in self.files)

    def sentence(self) -> str:
        """Write the sum of all fates: `10 files = 9 used (1 of them a copy) + 1 unreadable`."""
        parts = [f"{sum(self.fates[fate] for fate in USED_FATES)} used{self._oddities()}"]
        parts += [f"{count} {fate}" for fate, count in self.fates.items() if count and fate not in USED_FATES]
        return f"{len(self.files)} {plural(len(self.files), 'file')} = {' + '.join(parts)}"

    def _oddities(self) -> str:
        """Count, in brackets, the files that are used and odd."""
        words: list[str] = []
        for fate, count in self.fates.items():
            if count and fate in USED_FATES and fate != "used":
                word = {"duplicate": "a copy" if count == 1 else "copies"}.get(fate, fate)
                words.append(f"{count} {word}" if words else f"{count} of them {word}")
        return f" ({', '.join(words)})" if words else ""


def dataset_rows(files: Iterable[File]) -> Iterator[tuple[str, ...]]:
    """Yield a row of `DATASET_COLUMNS` per file, as values; a table of them has its cells `quoted`."""
    for file in files:
        yield file.path, file.sha256, file.label or "", file.split or "", file.fate, file.reason


def dataset_digest(audit: Audit) -> str:
    """Return the digest of all files, with their labels and splits.

    Returns:
        SHA-256, in hexadecimal, of the sorted lines `path,sha256,label,split` of all files, as in `dataset.csv`.
    """
    lines = sorted(",".join(row[:4]) for row in dataset_rows(audit.files))
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()
