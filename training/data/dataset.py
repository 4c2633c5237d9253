"""A labelled folder that is ready to train from: audited, decoded and split.

The steps are in `scan.py`, `pixels/cache.py`, `audit.py` and `trainability.py`. This module runs them in order.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt
from rich.progress import Progress
from rich.text import Text

from model_store.evaluation.summary import recognition_sentence
from model_store.images.pixels import InputSpec, Pixels
from model_store.labelled_sets.corrections.finding import place_of
from model_store.labelled_sets.corrections.outcomes import row_lines
from model_store.labelled_sets.recognition.folder_names import Split
from training.config import TrainingConfig
from training.data.assignment import given_splits
from training.data.audit import settle
from training.data.correcting import correct_files
from training.data.files import ODD_FATES, SPLITS, USED_FATES, Audit, File, dataset_digest
from training.data.grouping import compile_pattern
from training.data.pixels.cache import open_images
from training.data.remarks import crossing_remarks, share_remarks, split_remarks, table_remarks, unlabelled_remarks
from training.data.scan import scan
from training.data.source import open_source
from training.data.trainability import split_checked
from training.errors import DatasetInvalid

Targets = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Dataset:
    """A labelled folder that was audited, decoded and split.

    Attributes:
        audit: Every file; those that are used have their split.
        labels: The labels in the order of the model's output: sorted.
        pixels: uint8 `(images decoded, height, width, 3)`, read-only, mapped from a file; use them only in the
            `with` block.
        notes: Sentences about odd folders and about conclusions that the data do not support.
    """

    audit: Audit
    labels: tuple[str, ...]
    pixels: Pixels
    notes: tuple[str, ...] = ()

    @cached_property
    def digest(self) -> str:
        """The digest of the files with their labels and splits; see `files.dataset_digest`."""
        return dataset_digest(self.audit)

    @cached_property
    def used(self) -> dict[Split, list[File]]:
        """Split → the files that are trained on or scored, sorted by path."""
        return {split: [file for file in self.audit.files if _is_used(file, split)] for split in SPLITS}

    @cached_property
    def counts(self) -> dict[str, dict[str, int]]:
        """Split → label → number of files used."""
        counts = {split: Counter(file.label for file in files) for split, files in self.used.items()}
        return {split: {label: counts[split][label] for label in self.labels} for split in SPLITS}

    def rows(self, split: Split) -> npt.NDArray[np.int64]:
        """Return the rows of `pixels` that hold the files of a split, in the order of `used`: int64 `(files,)`."""
        return np.array([file.row for file in self.used[split]], dtype=np.int64)

    def targets(self, split: Split) -> Targets:
        """Return the index in `labels` of each file of a split, in the order of `used`: int64 `(files,)`."""
        indices = {label: index for index, label in enumerate(self.labels)}
        return np.array([indices[file.label] for file in self.used[split] if file.label is not None], dtype=np.int64)


@contextmanager
def open_dataset(config: TrainingConfig, spec: InputSpec, progress: Progress) -> Iterator[Dataset]:
    """Audit, decode and split a folder. Its pixels are kept in the cache if there is room.

    Args:
        config: The run; `data`, `corrections`, `fractions`, `group_by`, `layout`, `labels_from` and `strict` are used.
        spec: The model's input.
        progress: Gets a bar per step, the layout that was recognised, and what became of each correction.

    Raises:
        CorrectionsRejected: If the corrections cannot be applied, or mean no image of the folder.
        DatasetInvalid: If the folder cannot be trained from; the error says what to change.
        GroupingInvalid: If `group_by` is not a regular expression, or does not tell groups apart.
        CacheUnusable: If there is no room for the pixels.
        CacheLimitInvalid: If the limit of the cache is not a number of gigabytes.
    """
    pattern = compile_pattern(config.group_by)  # first, so that a mistake in it shows before the work
    with ExitStack() as stack:
        source = stack.enter_context(open_source(config.data, config.labels_from))
        found = scan(source.folder, config.layout, source.labels_from)
        found = replace(found, files=list(_outside(config.store, source.folder, found.files)))
        corrected = correct_files(found, config.corrections, above=place_of(config.data))
        images = stack.enter_context(open_images(corrected.files, spec, progress))
        settled = settle(source.folder, images.files, images.near, found.tables)
        audit = replace(settled, corrections=corrected.outcomes)
        if audit.interpretation.labels:
            said = (recognition_sentence(audit.interpretation), *table_remarks(audit.interpretation))
            progress.console.print(Text("\n".join((*said, *unlabelled_remarks(audit.files)))))
        if audit.corrections:
            progress.console.print(Text("\n".join(row_lines(audit.corrections))))
        if config.strict:
            check_strictly(audit)
        dataset = Dataset(split_checked(audit, config.fractions, pattern), audit.labels, images.pixels)
        yield replace(dataset, notes=tuple(_notes(dataset, config, pattern, given_splits(audit))))


def _outside(store: Path, folder: Path, files: Iterable[File]) -> Iterator[File]:
    """Yield the files that are not in the store, which may be below the data: what a run writes is no data of it."""
    inside = store.resolve().is_relative_to(folder.resolve()) and store.resolve() != folder.resolve()
    below = store.resolve().relative_to(folder.resolve()).as_posix() if inside else ""
    for file in files:
        if not (inside and file.path.startswith(f"{below}/")):
            yield file


def check_strictly(audit: Audit) -> None:
    """Check that nothing is odd about the files.

    Raises:
        DatasetInvalid: If something is odd.
    """
    odd = [f"{count} {fate}" for fate, count in audit.fates.items() if count and fate in ODD_FATES]
    if odd:
        hint = "`fullcount audit` lists the files; without --strict they are used, or left out, as their fates say."
        raise DatasetInvalid(audit.directory, f"something is odd about the files: {', '.join(odd)}", hint=hint)


def _notes(
    dataset: Dataset, config: TrainingConfig, pattern: re.Pattern[str] | None, given: set[Split]
) -> Iterator[str]:
    """Yield sentences about odd folders and about conclusions that the data do not support."""
    yield from dataset.audit.notes
    yield from split_remarks(dataset.counts, dataset.labels)
    shares: dict[Split, float] = {"validation": config.fractions.validation, "test": config.fractions.test}
    yield from share_remarks(dataset.counts, {split: share for split, share in shares.items() if split not in given})
    yield from crossing_remarks([file for split in SPLITS for file in dataset.used[split]], pattern)


def _is_used(file: File, split: Split) -> bool:
    return file.fate in USED_FATES and file.split == split
