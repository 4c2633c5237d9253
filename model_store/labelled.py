"""How the paths of a labelled set become labels: one rule for a folder on disk and for a zip.

A labelled set holds one folder per label. One common folder around them is looked through. Everything that is not an
image has a reason for being left out. Pure functions of paths and first bytes; reads nothing.
"""

import re
import unicodedata
from collections.abc import Collection, Iterable
from pathlib import PurePosixPath
from typing import Final, Literal

IgnoredReason = Literal["system-file", "not-an-image", "unlabelled", "labels-file"]

SYSTEM_NAMES: Final = frozenset({"__macosx", "thumbs.db", "desktop.ini", "$recycle.bin"})
_SYSTEM_PART: Final = re.compile(rf"/(?:\.[^/]|(?:{'|'.join(map(re.escape, sorted(SYSTEM_NAMES)))})(?:/|\Z))")

_LONGEST_NAME: Final = 255
"""Characters of a folder's name on any file system. Composing takes time by the square of the length: a name of 64 KB,
as a zip can hold it, would stop the process for seconds."""

IMAGE_EXTENSIONS: Final = frozenset(
    {".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".apng", ".webp", ".gif", ".bmp", ".dib", ".tif", ".tiff", ".avif"}
    | {".heic", ".heif", ".jp2", ".jxl", ".ppm", ".pgm", ".pbm"}
)
"""Extensions of image formats, readable here or not: a file called so is counted as an image."""

_SIGNATURES: Final = {
    b"\xff\xd8\xff": "JPEG",
    b"\x89PNG\r\n\x1a\n": "PNG",
    b"GIF87a": "GIF",
    b"GIF89a": "GIF",
    b"II*\x00": "TIFF",
    b"MM\x00*": "TIFF",
    b"II+\x00": "TIFF",
    b"MM\x00+": "TIFF",
}
SIGNATURE_BYTES: Final = 32
"""How many first bytes `signature_format` needs."""


def is_system_file(path: str) -> bool:
    """Tell whether an operating system left this file, or a folder above it, behind; dot files count."""
    return _SYSTEM_PART.search(f"/{path}".lower()) is not None


def has_image_extension(path: str) -> bool:
    """Tell whether the name ends as an image's does."""
    return PurePosixPath(path.rpartition("/")[2]).suffix.lower() in IMAGE_EXTENSIONS


def signature_format(head: bytes) -> str | None:
    """Return the image format whose signature a file's first `SIGNATURE_BYTES` bytes are, of those Fullcount reads."""
    for signature, name in _SIGNATURES.items():
        if head.startswith(signature):
            return name
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "WEBP"
    if head[4:8] == b"ftyp":  # one major brand, four bytes of version, then the compatible ones
        brands = (head[place : place + 4] for place in (8, 16, 20, 24, 28))
        return None if {b"avif", b"avis"}.isdisjoint(brands) else "AVIF"
    is_bmp = head[:2] == b"BM" and head[6:10] == b"\x00\x00\x00\x00"  # two reserved words, always zero
    return "BMP" if is_bmp else None


def has_image_signature(head: bytes) -> bool:
    """Tell whether a file's first `SIGNATURE_BYTES` bytes are those of an image format that Fullcount reads."""
    return signature_format(head) is not None


def find_wrapper(paths: Iterable[str], labels: Collection[str] = ()) -> str | None:
    """Find the one common folder around the label folders, if there is one.

    Args:
        paths: Posix paths of the image files.
        labels: Labels known beforehand: a folder with such a name is a label, never a wrapper.

    Returns:
        The folder's name, or None where the first folder of each path is its label.
    """
    parts = [_parts(path) for path in paths]
    inside = [one for one in parts if len(one) > 1]
    tops = {one[0] for one in inside}
    if len(tops) != 1:
        return None
    top = tops.pop()
    if top in labels:
        return None
    seconds = {one[1] for one in inside if len(one) > 2}
    has_image_directly_inside = any(len(one) == 2 for one in inside)
    if seconds and (not has_image_directly_inside or seconds & set(labels)):
        return top
    return None


def label_of(path: str, wrapper: str | None = None) -> str | None:
    """Return the label that a path gives its file: its first folder, below the wrapper; None outside any."""
    parts = _parts(path)
    if wrapper is not None and parts[:1] == (wrapper,):
        parts = parts[1:]
    return parts[0] if len(parts) > 1 else None


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


def first_folders(paths: Iterable[str]) -> set[str]:
    """Return the folders that may name a label: the first of each path, and the second below a wrapper."""
    return {part for path in paths for part in _parts(path)[:-1][:2]}


def composed(name: str) -> str:
    """Compose the accents of a name (NFC); one longer than any is left as it is, since that takes quadratic time."""
    return name if len(name) > _LONGEST_NAME else unicodedata.normalize("NFC", name)


def _folded(name: str) -> str:
    return composed(name).casefold()


def _parts(path: str) -> tuple[str, ...]:
    """Split a path as far as labels go: two folders and the rest.

    Accents are composed (NFC), since some systems store them decomposed and a label is one label.
    """
    return tuple(composed(part) for part in path.split("/", 2))
