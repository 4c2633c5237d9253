"""A labelled set: image files with their labels, the files that are left out, and a function that reads a file.

`archive` makes one from a zip and `folder` from a directory; its users need not know which.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Final, NamedTuple

from model_store.images.signatures import has_image_extension
from model_store.labelled_sets.interpretation import FoundPart, Ignored, Interpretation, LayoutKind, MatchedFolder
from model_store.labelled_sets.labels_file import LabelsTable, find_candidates, read_labels_file
from model_store.labelled_sets.layout import Layout, LayoutChoice, find_layout
from model_store.labelled_sets.named_table import NamedTable
from model_store.labelled_sets.names import LabelMatcher
from model_store.labelled_sets.recognition.masks import find_masks
from model_store.labelled_sets.refusals import no_known_label, no_labels
from model_store.labelled_sets.walk import is_system_file

REASONS: Final = {
    "not-a-zip": "The bytes are not a zip archive.",
    "truncated": "The archive ends too early, or its directory is damaged.",
    "encrypted": "An entry is encrypted.",
    "no-images": "There is no image file in the archive.",
    "no-labels": "There are images, but neither a folder nor a `labels.csv` gives any of them its label.",
    "no-known-label": "There are labels, but none of them is a label of the model.",
    "ambiguous-layout": "The folders can be read in two ways, and `layout` does not say which.",
    "labels-file": "A table cannot be read, gives an image two labels or none, or disagrees with another or folders.",
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
"""The interpretation of a set about which nothing is known."""


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
    size: Callable[[str], int] = lambda _: 0
    """Path → the file's length in bytes, as it is declared; 0 if it is not known."""


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


def give_labels(  # noqa: PLR0913  a set, and what is known about it
    files: SortedPaths,
    labels: Collection[str],
    *,
    directories: int,
    read: Callable[[str], bytes],
    encoding: str | None = None,
    layout: LayoutChoice | None = None,
    named: NamedTable | None = None,
) -> LabelledSet:
    """Give each image the label that the `labels.csv` names or, if there is no such file, that its folder names.

    An image without a label is ignored as `unlabelled`. A name that is written a little differently from a label of the
    model is that label: see `LabelMatcher`.

    Args:
        files: Every file of the set.
        labels: The model's labels, which decide which folders are labels; empty if none are known.
        directories: The number of folders in the set.
        read: Path → bytes, as in `LabelledSet`.
        encoding: The encoding in which names were read: see `Interpretation`.
        layout: What the first folders are, if the user says it.
        named: The table that gives the labels, if the user names it.

    Raises:
        SetRejected: If no image has a label, or none has a label of the model; if the folders can be read in two ways;
            or if the `labels.csv` is refused.
    """
    matcher = LabelMatcher(labels)
    others = [file.path for file in files.ignored if file.reason != "system-file"]  # no table means a system's files
    candidates = find_candidates(others, files.images)
    folders = _Folders(files, matcher, layout)
    table = read_labels_file(
        candidates,
        [*files.images, *others],
        read,
        matcher,
        find_folders=lambda: folders.layout,
        folders_decide=layout is not None,
        named=named,
    )
    if table is None:
        files = folders.photographs
    places: LabelsTable | Layout = table or folders.layout
    names = [places.place_of(path).label for path in files.images]
    given = _match(files.images, names, matcher)
    if not given.images:
        raise no_labels(candidates, table)
    if not given.known:
        raise no_known_label({name for name in names if name is not None}, labels, table)
    ignored = _ignored(files.ignored, table) + given.unlabelled
    return LabelledSet(given.images, ignored, directories, read, _interpret(places, given, encoding))


class _Given(NamedTuple):
    """The images of a set as they were given labels.

    Attributes:
        images: Those with a label.
        known: Those of them whose label the model has; all of them if no model is known.
        unlabelled: Those without a label.
        matched: Counts of those whose name spells the label differently.
    """

    images: list[LabelledImage]
    known: list[LabelledImage]
    unlabelled: list[Ignored]
    matched: list[MatchedFolder]


def _interpret(places: LabelsTable | Layout, given: _Given, encoding: str | None) -> Interpretation:
    """Say which choices were made in giving the labels."""
    tables = [table.summary() for table in places.tables] if isinstance(places, LabelsTable) else []
    return Interpretation(
        wrapper=places.wrapper,
        encoding=encoding,
        matched=given.matched,
        labels_file=tables[0] if tables else None,
        layout=_kind(places),
        parts=[] if isinstance(places, LabelsTable) else _count_parts(places, [image.path for image in given.images]),
        labels=sorted({image.label for image in given.known}),
        unlabelled=len(given.images) + len(given.unlabelled) - len(given.known),
        **({"other_labels_files": tables[1:]} if tables[1:] else {}),
    )


@dataclass(frozen=True)
class _Folders:
    """The folders of a set, looked at if a table does not give the labels."""

    files: SortedPaths
    matcher: LabelMatcher
    choice: LayoutChoice | None

    @cached_property
    def photographs(self) -> SortedPaths:
        return _without_masks(self.files, self.matcher)

    @cached_property
    def layout(self) -> Layout:
        return find_layout(self.photographs.images, self.matcher.labels, self.choice)


def _without_masks(files: SortedPaths, matcher: LabelMatcher) -> SortedPaths:
    """Move the masks of other images to the ignored files."""
    masks = find_masks(files.images, lambda name: matcher.match(name) is not None)
    ignored = [Ignored(path=path, reason="mask") for path in files.images if path in masks]
    return SortedPaths([path for path in files.images if path not in masks], files.ignored + ignored)


def _kind(places: LabelsTable | Layout) -> LayoutKind:
    if isinstance(places, LabelsTable):
        return "labels-file"
    return "splits" if places.splits else "parts" if places.parts else "labels"


def _count_parts(layout: Layout, paths: Iterable[str]) -> list[FoundPart]:
    counts = Counter(layout.part_of(path) for path in paths)
    return [FoundPart(folder=part, split=split, files=counts[part]) for part, split in layout.parts.items()]


def _match(paths: list[str], names: list[str | None], matcher: LabelMatcher) -> _Given:
    """Give each image the label that its name means."""
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
    known = [image for image in images if not matcher.has_labels or image.label in matcher.labels]
    return _Given(images, known, unlabelled, matched)


def _ignored(ignored: list[Ignored], table: LabelsTable | None) -> list[Ignored]:
    if table is None:
        return ignored
    return [Ignored(path=file.path, reason="labels-file") if file.path in table.paths else file for file in ignored]
