"""The table beside cached pixels: the facts about each picture's content, and the pairs that are nearly the same.

It has one JSON value per line: a header, a row per picture and the near-duplicates; then the SHA-256 of all these.
Names, labels and splits are not part of it, so a file can be renamed or moved to another label without being decoded
again.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from training.data.files import File

_KNOWN: Final = (
    "row",
    "fate",
    "reason",
    "rejection",
    "pixel_digest",
    "identity",
    "perceptual_hash",
    "format",
    "width",
    "height",
    "suspect_maximum",
    "is_damaged",
    "is_blank",
)
"""The fields of `File` that depend on the file's bytes alone."""


@dataclass(frozen=True)
class PixelIndex:
    """The facts about the pictures of a set."""

    known: Mapping[str, Mapping[str, Any]]
    """SHA-256 of a file's bytes → the fields of `File` that depend on them."""
    near: tuple[tuple[str, str], ...]
    """Pairs of `File.identity` that are nearly the same picture."""


def index_of(files: Iterable[File], near: Iterable[tuple[str, str]]) -> PixelIndex:
    """Make the index of decoded files; of files with the same bytes, the first is kept."""
    known: dict[str, dict[str, Any]] = {}
    for file in files:
        if file.sha256:
            known.setdefault(file.sha256, {name: getattr(file, name) for name in _KNOWN})
    return PixelIndex(known, tuple(near))


def write_index(path: Path, index: PixelIndex) -> None:
    """Write an index, sealed with its digest."""
    lines = [json.dumps([len(index.known), len(index.near)])]
    lines += [json.dumps([sha256, *fields.values()]) for sha256, fields in index.known.items()]
    lines += [json.dumps(pair) for pair in index.near]
    text = "".join(f"{line}\n" for line in lines).encode()
    path.write_bytes(text + hashlib.sha256(text).hexdigest().encode())


def read_index(path: Path) -> PixelIndex | None:
    """Read an index; None if it is missing or not as it was written."""
    try:
        data = path.read_bytes()
    except OSError:
        return None
    text, seal = data[:-64], data[-64:]
    if hashlib.sha256(text).hexdigest().encode() != seal:
        return None
    (rows, _), *values = map(json.loads, text.splitlines())
    known = {sha256: dict(zip(_KNOWN, fields, strict=True)) for sha256, *fields in values[:rows]}
    return PixelIndex(known, tuple((first, second) for first, second in values[rows:]))
