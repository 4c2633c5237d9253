"""Decides the fate of every file of a labelled folder: used, left out, or used but worth a look.

The audit looks for the same pixels, and for nearly the same picture, across names, formats and folders. A decoded image
is `used`, or has the first of these fates that applies:

    conflict, leaked, near-conflict, blank, duplicate, near-duplicate, wrong-extension, small

The same pixels under two labels contradict each other and are left out. Nearly the same picture under two labels is
used: the small difference, such as a scratch, may be what tells the labels apart.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import Final

from rich.progress import Progress

from model_store.labelled_sets.interpretation import LabelsFile
from model_store.labelled_sets.layout import LayoutChoice
from model_store.labelled_sets.recognition.folder_names import Split
from training.config import Fractions
from training.data.correcting import correct_files
from training.data.extensions import extension_disagrees
from training.data.files import USED_FATES, Audit, Fate, File
from training.data.grouping import Groups, check_pattern, compile_pattern
from training.data.pixels.cache import open_images
from training.data.pixels.near_duplicates import REFERENCE
from training.data.recognised import interpret
from training.data.remarks import (
    damage_remarks,
    depth_remarks,
    folder_remarks,
    grouping_remarks,
    table_remarks,
    unlabelled_remarks,
)
from training.data.scan import scan
from training.data.trainability import split_checked
from training.errors import DatasetInvalid

SMALL_SIDE: Final = 32
"""Pixels. An image with a shorter side than this is `small`, if the median shorter side is at least twice this."""

_KEPT_FIRST: Final[dict[Split | None, int]] = {"test": 0, "validation": 1, "train": 2, None: 2}
"""If the same picture is in several splits, the held-out one stays."""


def audit_folder(  # noqa: PLR0913  a data set, and what is said about it
    directory: Path,
    progress: Progress,
    *,
    group_by: str | None = None,
    layout: LayoutChoice | None = None,
    corrections: Path | None = None,
    labels_from: Path | None = None,
    above: str = "",
) -> Audit:
    """Audit a folder.

    Its pixels are kept in the cache, if there is room, for a training run that follows. The checks of training are run,
    with the usual fractions for validation and test; the notes say which one fails.

    Args:
        directory: The data folder.
        progress: Gets a bar per step.
        group_by: Regular expression that groups files by their paths; the notes describe the groups.
        layout: What the first folders are, if the user says it.
        corrections: The file of corrections to apply, if there is one.
        labels_from: The table that gives the labels, in the folder or elsewhere, if the user names it.
        above: The place by which people know the folder, if it is that of an archive; see `FileFinder`.

    Raises:
        CorrectionsRejected: If the corrections cannot be applied, or mean no image of the folder.
        DatasetInvalid: If the folder cannot be read as a labelled set.
        GroupingInvalid: If `group_by` is not a regular expression, or does not tell groups apart.
        CacheLimitInvalid: If the limit of the cache is not a number of gigabytes.
    """
    pattern = compile_pattern(group_by)
    found = scan(directory, layout, labels_from)
    corrected = correct_files(found, corrections, above=above or str(directory.resolve()))
    with open_images(corrected.files, REFERENCE, progress, needs_pixels=False) as images:
        settled = settle(directory, images.files, images.near, found.tables)
    audit = replace(settled, corrections=corrected.outcomes)
    used = [file for file in audit.files if file.fate in USED_FATES]
    check_pattern([file.path for file in used], pattern)
    notes = (*audit.notes, *grouping_remarks(used, pattern))
    try:
        split_checked(audit, Fractions(), pattern)
    except DatasetInvalid as error:
        refused = f"It cannot be trained from: {error.what}. {error.hint}"
        return replace(audit, notes=(*notes, refused), is_trainable=False)
    return replace(audit, notes=notes)


def settle(
    directory: Path,
    decoded: Iterable[File],
    near: Sequence[tuple[str, str]] = (),
    tables: Sequence[LabelsFile] = (),
) -> Audit:
    """Give every file its final fate, by comparing it with all others.

    Args:
        directory: The data folder.
        decoded: The folder's files; images have the fate `used` for the time being.
        near: Pairs of `File.identity` that are nearly the same picture.
        tables: The tables that give the labels.
    """
    files = {file.location: file for file in decoded}  # paths are made printable, so two may be the same
    for file in _related([file for file in files.values() if file.fate == "used"], near):
        files[file.location] = file
    side = median([min(file.width, file.height) for file in files.values() if file.fate == "used"] or [0])
    settled = tuple(_odd(file, side) if file.fate in USED_FATES else file for file in files.values())
    recognised = interpret(settled, tables)
    remarks = (
        *table_remarks(recognised),
        *unlabelled_remarks(settled),
        *folder_remarks(directory, settled),
        *depth_remarks(settled),
        *damage_remarks(settled),
    )
    return Audit(directory, settled, tuple(near), remarks, recognised)


def _related(images: list[File], near: Sequence[tuple[str, str]]) -> Iterator[File]:
    """Yield the images with the fates that depend on other images."""
    same: dict[str, list[File]] = defaultdict(list)
    for file in images:
        same[file.identity].append(file)
    groups, alike = Groups(), defaultdict[str, list[File]](list)
    for identity, similar in near:
        groups.join(identity, similar)
    for identity, copies in same.items():
        if len({file.label for file in copies}) > 1:
            for file, stranger in _strangers(copies):
                yield _fated(file, "conflict", f"the same picture as {stranger.path}, under another label")
        else:
            alike[groups.find(identity)] += copies
    for group in alike.values():
        yield from _settled(sorted(group, key=lambda file: file.path))


def _settled(group: list[File]) -> Iterator[File]:
    """Give images that are the same, or nearly, their fates."""
    first = min(group, key=lambda file: (_KEPT_FIRST[file.split], file.path))
    kept = [file for file in group if file.split == first.split]
    originals: dict[str, File] = {}
    for file in kept:
        originals.setdefault(file.identity, file)
    for file in group:
        if file.split != first.split:
            twin = originals.get(file.identity)
            alike = f"the same picture as {twin.path}" if twin else f"nearly the same picture as {first.path}"
            yield _fated(file, "leaked", f"{alike}, which is held out")
    if len({file.label for file in kept}) > 1:
        for file, stranger in _strangers(kept):
            yield _fated(file, "near-conflict", f"nearly the same picture as {stranger.path}, under another label")
    else:
        yield from (_copy(file, originals[file.identity], first) for file in kept)


def _strangers(files: Sequence[File]) -> Iterator[tuple[File, File]]:
    """Yield each file with the first one under another label."""
    firsts: dict[str | None, File] = {}
    for file in files:
        firsts.setdefault(file.label, file)
    for file in files:
        yield file, next(first for label, first in firsts.items() if label != file.label)


def _copy(file: File, original: File, first: File) -> File:
    """Give an image its fate among the images of its label that are the same, or nearly."""
    if file.is_blank:
        return _fated(file, "blank", "one colour all over, or nearly")
    if file is not original:
        return _fated(file, "duplicate", f"the same picture as {original.path}")
    if file is not first:
        return _fated(file, "near-duplicate", f"nearly the same picture as {first.path}")
    return file


def _odd(file: File, usual_side: float) -> File:
    """Give an image that is used the fate for an oddity of its own, if it has one; damage counts before all else."""
    if file.is_damaged:
        also = f"; {file.reason}" if file.reason else ""
        return _fated(file, "damaged", f"a part is what the decoder made of it{also}")
    if file.fate != "used":
        return file
    if extension_disagrees(file.path, file.format):
        return _fated(file, "wrong-extension", f"named {Path(file.path).suffix}, but the bytes are {file.format}")
    if min(file.width, file.height) < SMALL_SIDE <= usual_side / 2:
        return _fated(file, "small", f"{file.width}x{file.height} pixels, but {usual_side:g} per side are usual")
    return file


def _fated(file: File, fate: Fate, reason: str) -> File:
    return replace(file, fate=fate, reason=reason)
