"""The checks that a data set must pass before it is trained on; the audit runs the same ones.

Each error says the cause: a label that is in `test/` and not in `train/` needs other advice than one of two images.
"""

from collections import Counter
from pathlib import PurePosixPath
from re import Pattern
from typing import Final

from model_store.labelled_sets.layout import LAYOUT_HINT
from model_store.manifest import UNREADABLE
from model_store.text import counted
from training.config import Fractions
from training.data.assignment import assign_splits, given_splits
from training.data.files import SPLITS, USED_FATES, Audit
from training.errors import DatasetInvalid

_LISTED: Final = "`fullcount audit` lists why"


def split_checked(audit: Audit, fractions: Fractions, pattern: Pattern[str] | None = None) -> Audit:
    """Check a data set, give each file that is used its split, and check the splits.

    Raises:
        DatasetInvalid: If it cannot be trained from; the error says what to change.
        GroupingInvalid: If all images have the same match of the pattern.
    """
    _check_labels(audit)
    assigned = assign_splits(audit, fractions, pattern)
    _check_splits(audit, assigned, fractions)
    return assigned


def _check_labels(audit: Audit) -> None:
    """Check that there are images to train from, under two labels or more, none with a reserved name."""
    labels = audit.labels
    if not any(file.fate in USED_FATES for file in audit.files):
        what = f"there is no image to train from ({audit.sentence()})"
        raise DatasetInvalid(audit.directory, what, hint=LAYOUT_HINT)
    if len(labels) == 1:
        what = f"all images have the one label {labels[0]!r}, and a classifier needs two"
        raise DatasetInvalid(audit.directory, what, hint=LAYOUT_HINT)
    if UNREADABLE in labels:
        what = f"the label {UNREADABLE!r} is the name of a column in every report"
        raise DatasetInvalid(audit.directory, what, hint="Rename that folder.")


def _check_splits(audit: Audit, assigned: Audit, fractions: Fractions) -> None:
    """Check that each label can be learnt, and that each split has images to validate or to score.

    Args:
        audit: The files with the splits that their folders give.
        assigned: The same with a split for each file that is used.
        fractions: The shares of the splits that no folder gives.
    """
    given = given_splits(audit)
    counts = Counter((file.split, file.label) for file in assigned.files if file.fate in USED_FATES)
    for label in audit.labels:
        images = sum(counts[split, label] for split in SPLITS)
        if not counts["train", label] or (images < fractions.min_images and not given):
            usable = counted(images, "usable image")
            what = f"label {label!r} has {usable}, {counts['train', label]} of them to train on"
            hint = _absence(audit, label) if given else None
            hint = hint or f"Give each label {fractions.min_images} images or more, or remove its folder; {_LISTED}."
            raise DatasetInvalid(audit.directory, what, hint=hint)
    for split in SPLITS:
        if not any(counts[split, label] for label in audit.labels) and (split in given or split == "validation"):
            hint = f"Put images into the {split} folder, or remove it: then the split is taken from train."
            raise DatasetInvalid(audit.directory, f"there is no usable {split} image", hint=hint)


def _absence(audit: Audit, label: str) -> str | None:
    """Say where the folder of a label is that the folders to train on lack; None if they have one."""
    folders = _folders(audit, label)
    trained = {PurePosixPath(file.label_folder).parent for file in audit.files if file.split == "train" and file.label}
    if not trained or not folders:
        return None
    train = f"{min(trained)}/"
    if trained & {folder.parent for folder in folders}:
        return f"Images of it in {train} are not used; {_LISTED}."
    others = sorted(f"{folder.parent}/" for folder in folders)
    absent = f"{label} is in {' and '.join(others)} and not in {train}"
    similar = next((other for other in audit.labels if other != label and _is_alike(other, label)), None)
    if similar is not None:
        return f"{absent}, which has {similar}: give the folders of one label the same name."
    return f"{absent}: put images of it into {train} or leave it out of {' and '.join(others)}."


def _folders(audit: Audit, label: str) -> set[PurePosixPath]:
    return {PurePosixPath(file.label_folder) for file in audit.files if file.label == label and file.label_folder}


def _is_alike(label: str, other: str) -> bool:
    """Tell whether two labels differ in nothing but case, spaces and signs between words."""
    letters = ("".join(letter for letter in name.casefold() if letter.isalnum()) for name in (label, other))
    return next(letters) == next(letters)
