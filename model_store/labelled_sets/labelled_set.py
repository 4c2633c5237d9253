"""A labelled set: image files with their labels, the files that are left out, and a function that reads a file.

`archive` makes one from a zip and `folder` from a directory; its users need not know which.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from typing import Final, NamedTuple

from model_store.errors import SetRejected
from model_store.images.signatures import has_image_extension
from model_store.labelled_sets.interpretation import Ignored, Interpretation, MatchedFolder
from model_store.labelled_sets.labels_file import HEADER, LabelsTable, find_candidates, read_labels_file
from model_store.labelled_sets.layout import find_layout
from model_store.labelled_sets.names import LabelMatcher
from model_store.labelled_sets.walk import is_system_file

REASONS: Final = {
    "not-a-zip": "The bytes are not a zip archive.",
    "truncated": "The archive ends too early, or its directory is damaged.",
    "encrypted": "An entry is encrypted.",
    "no-images": "There is no image file in the archive.",
    "no-labels": "There are images, but neither a folder nor a `labels.csv` gives any of them its label.",
    "labels-file": "The `labels.csv` cannot be read, or gives an image two labels or none.",
    "too-many-entries": "The archive has more entries than the limit.",
    "too-large-uncompressed": "The files together are larger than the limit when unpacked.",
    "compression-ratio": "The files are larger in relation to the archive than pictures can be: a zip bomb.",
    "unsafe-path": "An entry's path is absolute, climbs out of its folder or holds characters that no path has.",
    "link": "An entry is a link or a special file.",
    "duplicate-path": "Two entries have the same path.",
    "unsupported-compression": "An entry is compressed by another method than deflate.",
    "nested-archive-only": "There is no image, but there are archives inside the archive.",
}
"""Every reason for which an archive is refused as a whole, with its meaning."""


@dataclass(frozen=True)
class SetLimits:
    """The most that an archive may cost."""

    max_entries: int
    max_uncompressed_bytes: int
    max_compression_ratio: float
    """Bytes of all files unpacked, divided by the bytes of the archive."""
    max_image_bytes: int


AS_IT_SAYS: Final = Interpretation(wrapper=None, encoding=None, matched=[], labels_file=None)
"""The interpretation of a set in which each folder at the top is a label and nothing had to be interpreted."""


class LabelledImage(NamedTuple):
    """An image file and its label, from its folder or from the `labels.csv`."""

    path: str
    label: str


@dataclass(frozen=True)
class LabelledSet:
    """Every file of a set: its labelled images, and the others with the reason for which each is ignored."""

    images: list[LabelledImage]
    ignored: list[Ignored]
    directories: int
    """The number of folders in the set."""
    read: Callable[[str], bytes]
    """Path → the file's bytes. It blocks, is safe in several threads and raises `ImageRejected`."""
    interpretation: Interpretation = AS_IT_SAYS


@dataclass(frozen=True)
class SortedPaths:
    """The paths of a set's files: those of images, and those of all others."""

    images: list[str]
    """The files with an image's extension or signature."""
    ignored: list[Ignored]

    def paths(self) -> list[str]:
        """Return the paths of all files."""
        return [*self.images, *(file.path for file in self.ignored)]


def sort_paths(paths: Iterable[str], has_signature: Callable[[str], bool]) -> SortedPaths:
    """Separate image files from others.

    Args:
        paths: Posix paths of files.
        has_signature: Tells whether a file begins as an image does; called only if the name does not show it.
    """
    images, ignored = [], []
    for path in paths:
        if is_system_file(path):
            ignored.append(Ignored(path=path, reason="system-file"))
        elif has_image_extension(path) or has_signature(path):
            images.append(path)
        else:
            ignored.append(Ignored(path=path, reason="not-an-image"))
    return SortedPaths(images, ignored)


def give_labels(
    files: SortedPaths,
    labels: Collection[str],
    *,
    directories: int,
    read: Callable[[str], bytes],
    encoding: str | None = None,
) -> LabelledSet:
    """Give each image the label that the `labels.csv` names or, if there is no such file, that its folder names.

    An image without a label is ignored as `unlabelled`. A name that differs from a label of the model only in case
    is that label.

    Args:
        files: Every file of the set.
        labels: The model's labels. A folder with such a name is never a wrapper.
        directories: The number of folders in the set.
        read: Path → bytes, as in `LabelledSet`.
        encoding: The encoding in which names were read: see `Interpretation`.

    Raises:
        SetRejected: If no image has a label, or the `labels.csv` is refused.
    """
    matcher = LabelMatcher(labels)
    candidates = find_candidates((file.path for file in files.ignored), files.images)
    table = read_labels_file(candidates, files.paths(), read, matcher)
    layout = table or find_layout(files.images, labels)
    names = [layout.place_of(path).label for path in files.images]
    images, unlabelled, matched = _matched(files.images, names, matcher)
    if not images:
        raise SetRejected("no-labels", _without_labels(candidates, table))
    labels_file = None if table is None else table.summary()
    interpretation = Interpretation(wrapper=layout.wrapper, encoding=encoding, matched=matched, labels_file=labels_file)
    return LabelledSet(images, _ignored(files.ignored, table) + unlabelled, directories, read, interpretation)


def _matched(
    paths: list[str], names: list[str | None], matcher: LabelMatcher
) -> tuple[list[LabelledImage], list[Ignored], list[MatchedFolder]]:
    """Separate images with a label from those without, and count those whose name spells the label differently."""
    images, unlabelled = [], []
    counts: Counter[tuple[str, str]] = Counter()
    for path, name in zip(paths, names, strict=True):
        if name is None:
            unlabelled.append(Ignored(path=path, reason="unlabelled"))
            continue
        label = matcher.match(name) or name
        images.append(LabelledImage(path, label))
        if label != name:
            counts[name, label] += 1
    matched = [MatchedFolder(folder=name, label=label, files=files) for (name, label), files in counts.items()]
    return images, unlabelled, matched


def _ignored(ignored: list[Ignored], table: LabelsTable | None) -> list[Ignored]:
    if table is None:
        return ignored
    return [Ignored(path=file.path, reason="labels-file") if file.path == table.path else file for file in ignored]


def _without_labels(candidates: list[str], table: LabelsTable | None) -> str:
    """Say why no image has a label."""
    if table is not None:
        missing = f" There is no file {table.missing[0]}." if table.missing else ""
        return f"{table.path} names none of the images; its paths are relative to its own folder.{missing}"
    if candidates:
        return f"No image is in a folder of its label, and {candidates[0]} gives no labels: {HEADER}."
    return "No image is in a folder of its label, and there is no labels.csv."
