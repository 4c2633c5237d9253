"""Assigns the images of an audited folder to splits, by their folders or else by their content.

`split.py` turns numbers into splits, and `grouping.py` decides which images belong together.
"""

import re
from collections import Counter
from dataclasses import replace

from model_store.labelled_sets.recognition.folder_names import Split
from model_store.text import counted
from training.config import Fractions
from training.data.files import USED_FATES, Audit, File
from training.data.grouping import check_pattern, group_digest, group_files
from training.data.split import Group, position, split_groups
from training.errors import DatasetInvalid


def assign_splits(audit: Audit, fractions: Fractions, pattern: re.Pattern[str] | None = None) -> Audit:
    """Give each file that is used a split: its folder's, or else one by content, with each group on one side.

    If there are no split folders, train, validation and test are made from all images. Otherwise the missing splits are
    taken from `train`. That includes the test split if there is a validation folder. Figures on validation images alone
    are too good, since training stopped where they were best. With `fractions.test` 0 there is no test split.

    Raises:
        GroupingInvalid: If all images have the same match of the pattern.
        DatasetInvalid: If a label has enough images, but in too few groups.
    """
    given = given_splits(audit)
    validation = 0.0 if "validation" in given else fractions.validation
    test = 0.0 if "test" in given else fractions.test
    files = list(audit.files)
    places = [place for place, file in enumerate(files) if file.fate in USED_FATES and file.split in {None, "train"}]
    assigned = [files[place] for place in places]
    check_pattern([file.path for file in assigned], pattern)
    together = group_files(assigned, audit.near, pattern)
    groups = [_group([assigned[place] for place in group], pattern) for group in together]
    if not given:
        _check_groups(audit, assigned, groups, fractions)
    for group, split in zip(together, split_groups(groups, validation=validation, test=test), strict=True):
        for place in group:
            files[places[place]] = replace(assigned[place], split=split)
    return replace(audit, files=tuple(files))


def given_splits(audit: Audit) -> set[Split]:
    """Return the splits that have a folder, even if none of its images can be used."""
    return {file.split for file in audit.files if file.split is not None and file.label is not None}


def _group(files: list[File], pattern: re.Pattern[str] | None) -> Group:
    labels = frozenset(file.label for file in files if file.label is not None)
    return Group(position(group_digest(files, pattern)), labels)


def _check_groups(audit: Audit, files: list[File], groups: list[Group], fractions: Fractions) -> None:
    """Check that the images of each label are in as many groups as there are splits."""
    images = Counter(file.label for file in files)
    in_groups = Counter(label for group in groups for label in group.labels)
    for label in audit.labels:
        if in_groups[label] < fractions.min_images <= images[label]:
            what = (
                f"the {images[label]} images of label {label!r} make {counted(in_groups[label], 'group')} "
                f"of images that belong together, not {fractions.min_images}"
            )
            hint = (
                "Copies, near-copies and files with the same match of --group-by stay on one side of the split. "
                "Add other images, use a narrower --group-by, or do without a test split: --test-fraction 0."
            )
            raise DatasetInvalid(audit.directory, what, hint=hint)
