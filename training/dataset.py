"""A labelled folder ready to train from: audited, decoded, split.

The steps are in `scan.py`, `decoding.py`, `audit.py` and `split.py`; here they are put in a row, and it is made sure
that every label can be learnt and scored. Splits given by folders are respected; a missing one is split off `train`.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt
from rich.progress import Progress

from model_store.manifest import UNREADABLE
from model_store.pixels import InputSpec, Pixels
from training.audit import settle
from training.decoding import decode_all, temporary_pixels
from training.errors import DatasetInvalid
from training.files import SPLITS, USED_FATES, Audit, File, Split
from training.scan import LAYOUT_HINT, scan
from training.split import Fractions, split_label

Targets = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Dataset:
    """A labelled set.

    Attributes:
        audit: Every file; those that are used have their split.
        labels: In the order of the model's output: sorted.
        pixels: uint8 `(images decoded, height, width, 3)`, mapped from a file that lives as long as the `with` block.
    """

    audit: Audit
    labels: tuple[str, ...]
    pixels: Pixels

    @cached_property
    def used(self) -> dict[Split, list[File]]:
        """Split to the files that are trained on or scored, sorted by path."""
        return {split: [file for file in self.audit.files if _is_used(file, split)] for split in SPLITS}

    @cached_property
    def counts(self) -> dict[str, dict[str, int]]:
        """Split to label to number of files used."""
        found = {split: Counter(file.label for file in files) for split, files in self.used.items()}
        return {split: {label: found[split][label] for label in self.labels} for split in SPLITS}

    def rows(self, split: Split) -> npt.NDArray[np.int64]:
        """Return where in `pixels` the files of a split are, in the order of `used`."""
        return np.array([file.row for file in self.used[split]], dtype=np.int64)

    def targets(self, split: Split) -> Targets:
        """Return the label of each file of a split as its place in `labels`, in the order of `used`."""
        places = {label: place for place, label in enumerate(self.labels)}
        return np.array([places[file.label] for file in self.used[split] if file.label is not None], dtype=np.int64)


@contextmanager
def open_dataset(directory: Path, spec: InputSpec, fractions: Fractions, progress: Progress) -> Iterator[Dataset]:
    """Audit, decode and split a folder; the decoded pixels are gone at the end of the block.

    Raises:
        DatasetInvalid: The folder cannot be trained from; says what to change.
        CacheUnusable: There is no room for the pixels.
    """
    found = scan(directory)
    images = sum(file.fate == "used" for file in found)
    with temporary_pixels(images, spec) as pixels:
        audit = settle(directory, decode_all(found, spec, progress, pixels))
        check_labels(audit)
        dataset = Dataset(assign_splits(audit, fractions), audit.labels, pixels)
        _check_splits(dataset, _given_splits(audit), fractions)
        yield dataset


def check_labels(audit: Audit) -> None:
    """Check that there are labels to tell apart.

    Raises:
        DatasetInvalid: There are not.
    """
    labels = audit.labels
    if not any(file.fate == "used" for file in audit.files):
        raise DatasetInvalid(audit.directory, f"there is no image to train from ({audit.sentence()})", hint=LAYOUT_HINT)
    if len(labels) == 1:
        what = f"all images have the one label {labels[0]!r}, and a classifier needs two"
        raise DatasetInvalid(audit.directory, what, hint=LAYOUT_HINT)
    if UNREADABLE in labels:
        what = f"the label {UNREADABLE!r} is the name of a column in every report"
        raise DatasetInvalid(audit.directory, what, hint="Rename that folder.")


def assign_splits(audit: Audit, fractions: Fractions) -> Audit:
    """Give each file that is used its split: its folder's, or else by content.

    Without given splits, train, validation and test are made from all. With some given, the missing ones are taken
    from `train`. That includes the test split where there is a validation folder: figures on validation images alone
    are too good, since training stopped where they were best. `fractions.test` 0 does without.
    """
    given = _given_splits(audit)
    validation = 0.0 if "validation" in given else fractions.validation
    test = 0.0 if "test" in given else fractions.test
    places: dict[str, list[int]] = defaultdict(list)
    for place, file in enumerate(audit.files):
        if file.fate in USED_FATES and file.label is not None and file.split in {None, "train"}:
            places[file.label].append(place)
    files = list(audit.files)
    for mine in places.values():
        digests = sorted({files[place].pixel_digest for place in mine})  # copies share one, and so a side
        splits = dict(zip(digests, split_label(digests, validation=validation, test=test), strict=True))
        for place in mine:
            files[place] = replace(files[place], split=splits[files[place].pixel_digest])
    return replace(audit, files=tuple(files))


def _given_splits(audit: Audit) -> set[Split]:
    """Return the splits for which there is a folder, also where none of its images can be used."""
    return {file.split for file in audit.files if file.split is not None and file.label is not None}


def _check_splits(dataset: Dataset, given: set[Split], fractions: Fractions) -> None:
    """Check that each label can be learnt, and that there is something to stop by and to score."""
    directory, counts = dataset.audit.directory, dataset.counts
    for label in dataset.labels:
        images = sum(counts[split][label] for split in SPLITS)
        if not counts["train"][label] or (images < fractions.fewest and not given):
            usable = f"{images} usable image{'' if images == 1 else 's'}"
            what = f"label {label!r} has {usable}, {counts['train'][label]} of them to train on"
            hint = (
                f"Give each label {fractions.fewest} images or more, or remove its folder; `fullcount audit` lists why."
            )
            raise DatasetInvalid(directory, what, hint=hint)
    for split in SPLITS:
        if not dataset.used[split] and (split in given or split == "validation"):
            hint = f"Put images into the {split} folder, or remove it: then they are taken from train."
            raise DatasetInvalid(directory, f"there is no usable {split} image", hint=hint)


def _is_used(file: File, split: Split) -> bool:
    return file.fate in USED_FATES and file.split == split
