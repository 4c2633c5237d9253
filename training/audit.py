"""Finds the fate of every file of a labelled folder: what is used, what is not, and why.

The same pixels are looked for across names, formats and folders. Copies under one label are used together, on one side
of the split, and said; under two labels they are left out; in a held-out folder and in `train` they stay where they are
held out.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Final

from rich.progress import Progress

from model_store.pixels import InputSpec
from training.decoding import decode_all
from training.files import Audit, File, Split
from training.scan import scan

_KEPT_FIRST: Final[dict[Split | None, int]] = {"test": 0, "validation": 1, "train": 2, None: 2}
"""Of the same picture in several splits, the held-out one stays."""


def audit_folder(directory: Path, spec: InputSpec, progress: Progress) -> Audit:
    """Audit a folder without keeping its pixels.

    Raises:
        DatasetInvalid: The folder cannot be read as a labelled set at all.
    """
    return settle(directory, decode_all(scan(directory), spec, progress))


def settle(directory: Path, decoded: Iterable[File]) -> Audit:
    """Give every file its final fate, by comparing the pixels of all."""
    files = list(decoded)
    groups: dict[str, list[int]] = defaultdict(list)
    for place, file in enumerate(files):
        if file.fate == "used":
            groups[file.pixel_digest].append(place)
    for places in groups.values():
        for place, file in zip(places, _settled([files[place] for place in places]), strict=True):
            files[place] = file
    return Audit(directory, tuple(files))


def _settled(group: list[File]) -> Iterator[File]:
    """Give the files of one picture their fates, in the order given."""
    if len({file.label for file in group}) > 1:
        yield from (_conflict(file, group) for file in group)
        return
    kept = min(group, key=lambda file: (_KEPT_FIRST[file.split], file.path))
    for file in group:
        if file is kept:
            yield file
        elif file.split == kept.split:
            yield replace(file, fate="duplicate", reason=f"the same picture as {kept.path}")
        else:
            yield replace(file, fate="leaked", reason=f"the same picture as {kept.path}, which is held out")


def _conflict(file: File, group: list[File]) -> File:
    other = next(one for one in group if one.label != file.label)
    return replace(file, fate="conflict", reason=f"the same picture as {other.path}, under another label")
