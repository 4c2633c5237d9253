"""Remarks on a data set beyond the fates of its files: odd folders, and conclusions that it does not support.

They are sentences, for the terminal and the report. Folders are listed again, since no file shows an empty one.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Final

from model_store.evaluation.summary import interpretation_sentences
from model_store.labelled_sets.interpretation import Interpretation
from model_store.labelled_sets.recognition.folder_names import Split, split_of
from model_store.labelled_sets.walk import is_system_file
from model_store.text import counted, listed
from training.data.files import File
from training.data.grouping import group_key

FEW: Final = 100
"""With fewer held-out images than this, one of them is more than a percentage point."""
FEW_OF_A_LABEL: Final = 10


def table_remarks(recognised: Interpretation) -> tuple[str, ...]:
    """Return sentences about the table that gives the labels; none if folders give them."""
    return () if recognised.labels_file is None else tuple(interpretation_sentences(recognised))


def unlabelled_remarks(files: Iterable[File]) -> tuple[str, ...]:
    """Name the folders of the images that are under no label."""
    counts = Counter(file.path.rpartition("/")[0] for file in files if file.fate == "unlabelled")
    if not counts:
        return ()
    named = listed(f"{f'{folder}/' if folder else 'the top'} ({count})" for folder, count in counts.most_common())
    total = counts.total()
    return (f"{counted(total, 'image file')} {'is' if total == 1 else 'are'} under no label and not used: {named}.",)


def folder_remarks(directory: Path, files: Sequence[File]) -> tuple[str, ...]:
    """Return sentences about odd folders."""
    labelled = [file for file in files if file.label is not None]
    parents = {PurePosixPath(file.label_folder).parent for file in labelled}
    tops = {_above_splits(PurePosixPath(file.label_folder).parent) for file in labelled if file.split}
    return (
        *_spelling_remarks({file.label for file in labelled if file.label is not None}),
        *_empty_remarks(directory, sorted(parents | tops) or [PurePosixPath()], [file.path for file in labelled]),
        *_ignored_remarks(directory, sorted(tops)),
    )


def _spelling_remarks(labels: Iterable[str]) -> Iterator[str]:
    """Name the labels that a person may have meant to be one."""
    spellings: dict[str, list[str]] = defaultdict(list)
    for label in sorted(labels):
        spellings[" ".join(re.split(r"[\s_-]+", label.casefold().strip()))].append(label)
    for same in spellings.values():
        if len(same) > 1 and len({label.casefold() for label in same}) == 1:
            yield f"These labels differ only in capital letters and count as {len(same)}: {listed(same)}."
        elif len(same) > 1:
            names = listed(f"'{label}'" for label in same)
            yield f"These labels differ only in spaces, hyphens or capital letters and count as {len(same)}: {names}."


def _empty_remarks(directory: Path, parents: Iterable[PurePosixPath], paths: Sequence[str]) -> Iterator[str]:
    """Name the folders that could be a label's, or a split's, but have no labelled image."""
    used = {parent.as_posix() for path in paths for parent in PurePosixPath(path).parents}
    there = [folder for parent in parents for folder in _subfolders(directory, parent)]
    empty = [folder for folder in there if folder.as_posix() not in used and not _is_beside_splits(folder, there)]
    if empty:
        yield f"There is no labelled image in: {listed(f'{folder}/' for folder in empty)}."


def _ignored_remarks(directory: Path, tops: Iterable[PurePosixPath]) -> Iterator[str]:
    there = [folder for top in tops for folder in _subfolders(directory, top)]
    ignored = [folder for folder in there if _is_beside_splits(folder, there)]
    if ignored:
        yield f"These folders beside those of the splits are ignored: {listed(f'{folder}/' for folder in ignored)}."


def _is_beside_splits(folder: PurePosixPath, there: Iterable[PurePosixPath]) -> bool:
    """Tell whether a folder is beside the split folders without being one."""
    if split_of(folder.name) is not None:
        return False
    return any(split_of(path.name) == "train" for path in there if path.parent == folder.parent)


def _above_splits(parent: PurePosixPath) -> PurePosixPath:
    """Return the folder that holds the split folder of some label folders."""
    named = [place for place, name in enumerate(parent.parts) if split_of(name) is not None]
    return PurePosixPath(*parent.parts[: named[0] if named else -1])


def _subfolders(directory: Path, parent: PurePosixPath) -> list[PurePosixPath]:
    try:
        names = sorted(path.name for path in (directory / parent).iterdir() if path.is_dir())
    except OSError:
        return []  # its name was made printable, or it is gone
    return [parent / name for name in names if not is_system_file(name)]


def depth_remarks(files: Iterable[File]) -> Iterator[str]:
    """Ask whether images of 16 bits really have fewer: then they are read too dark."""
    suspects = [file for file in files if file.suspect_maximum]
    if not suspects:
        return
    highest = max(file.suspect_maximum for file in suspects)
    bits = highest.bit_length()
    yield (
        f"{counted(len(suspects), 'image')} of 16 bits {'has' if len(suspects) == 1 else 'have'} no value above "
        f"{highest}: {bits} bits? Then {'it is' if len(suspects) == 1 else 'they are'} read {2 ** (16 - bits)} times "
        f"too dark. Declare the bits (sBIT in a PNG, MaxSampleValue in a TIFF) or multiply the values: "
        f"{listed(file.path for file in suspects)}."
    )


def damage_remarks(files: Iterable[File]) -> Iterator[str]:
    """Name the images of which a part is damaged: they are used as the decoder shows them."""
    damaged = [file.path for file in files if file.fate == "damaged"]
    if damaged:
        yield (
            f"{counted(len(damaged), 'image')} {'is' if len(damaged) == 1 else 'are'} damaged inside and used "
            f"nevertheless; copy again if a sound one exists: {listed(damaged)}."
        )


def split_remarks(counts: Mapping[str, Mapping[str, int]], labels: Sequence[str]) -> Iterator[str]:
    """Yield sentences about figures that too few held-out images do not support.

    Args:
        counts: Split → label → number of images.
        labels: All labels.
    """
    for split in ("validation", "test"):
        images = sum(counts[split].values())
        if not images:
            yield f"There is no {split} split."
            continue
        if images < FEW:
            interval = 98 / images**0.5  # half of Wald's 95% interval at its widest, in points
            yield (
                f"The {split} split has {counted(images, 'image')}: one is {100 / images:.1f} points, "
                f"and a share of them is accurate to about {min(interval, 100):.0f} points."
            )
        yield from _label_remarks(split, counts[split], labels)
    few = [label for label in labels if 0 < counts["train"][label] < FEW_OF_A_LABEL]
    if few:
        yield f"These labels have fewer than {FEW_OF_A_LABEL} images to learn from: {listed(few)}."


def share_remarks(counts: Mapping[str, Mapping[str, int]], fractions: Mapping[Split, float]) -> Iterator[str]:
    """Name the splits that are much larger or smaller than requested, as large groups can make them.

    Args:
        counts: Split → label → number of images.
        fractions: The splits without a folder, and the shares requested.
    """
    images = sum(sum(counts[split].values()) for split in ("train", *fractions))
    for split, fraction in fractions.items():
        share = sum(counts[split].values()) / images
        if fraction and images >= FEW and not 0.5 <= share / fraction <= 1.5:
            yield f"The {split} split has {share:.0%} of the images, but {fraction:.0%} were requested."


def grouping_remarks(files: Sequence[File], pattern: re.Pattern[str] | None) -> Iterator[str]:
    """Describe the groups that a pattern makes."""
    if pattern is None:
        return
    counts = Counter(group_key(file.path, pattern) for file in files)
    alone = counts.pop(None, 0)
    if not counts:
        return
    largest = counts.most_common(1)[0]
    yield (
        f"--group-by makes {len(counts)} groups of {len(files) - alone} images, the largest {largest[0]!r} with "
        f"{largest[1]}; {alone} images have no match and are in no group."
    )
    yield from crossing_remarks(files, pattern)


def crossing_remarks(files: Iterable[File], pattern: re.Pattern[str] | None) -> Iterator[str]:
    """Name the groups that the split folders divide: part of each was seen in training, part of it is scored."""
    splits: dict[str, set[str]] = defaultdict(set)
    for file in files:
        key = group_key(file.path, pattern)
        if key is not None and file.split is not None:
            splits[key].add(file.split)
    divided = sorted(key for key, sides in splits.items() if len(sides) > 1)
    if divided:
        yield f"The split folders have these groups on more than one side: {listed(divided)}."


def _label_remarks(split: str, counts: Mapping[str, int], labels: Sequence[str]) -> Iterator[str]:
    missing = [label for label in labels if not counts[label]]
    if missing:
        yield f"These labels have no {split} image, and so no figures: {listed(missing)}."
    few = [label for label in labels if 0 < counts[label] < FEW_OF_A_LABEL]
    if few:
        yield f"With fewer than {FEW_OF_A_LABEL} {split} images, these labels have unreliable figures: {listed(few)}."
