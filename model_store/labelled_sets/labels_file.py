"""The table among the files of a labelled set that gives images their labels, regardless of their folder.

The table that the user names always does, and a `labels.csv` with columns of these names does unless another is named.
Any other table does if the folders give no labels: if none is a label of the model or, where no model is known, if they
give fewer than two. Several tables do together if each is of a split or another part. This module works on paths and a
function that reads one; it knows neither zips nor folders. What a table may look like is in `label_tables`, and where
it may be in `table_search`.
"""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from functools import cache
from itertools import chain

from model_store.errors import SetRejected
from model_store.images.signatures import has_image_extension
from model_store.labelled_sets.label_tables.reading import LabelsTable
from model_store.labelled_sets.layout import Layout, find_layout
from model_store.labelled_sets.named_table import NamedTable
from model_store.labelled_sets.names import LabelMatcher
from model_store.labelled_sets.set_tables import HEADER, Read, SetTables
from model_store.labelled_sets.table_search import NAME, find_candidates, find_part_tables, is_labels_csv
from model_store.text import excerpt

__all__ = ["HEADER", "NAME", "LabelsTable", "find_candidates", "read_labels_file"]


def read_labels_file(  # noqa: PLR0913  a set, what is known about it, and what its user says
    candidates: Iterable[str],
    files: Collection[str],
    read: Read,
    matcher: LabelMatcher,
    *,
    find_folders: Callable[[], Layout] | None = None,
    folders_decide: bool = False,
    named: NamedTable | None = None,
) -> LabelsTable | None:
    """Read the table that gives the labels, if there is one.

    Args:
        candidates: The paths that `find_candidates` returned.
        files: Every file of the set.
        read: Path → bytes; raises `ImageRejected`.
        matcher: Knows which names mean the same label.
        find_folders: Finds the layout of the folders; called if it matters what they give.
        folders_decide: Whether the user said what the folders are, so that labels that they give need no question.
        named: The table that the user names.

    Raises:
        LabelColumnUnclear: If two columns of a table could be the label.
        SetRejected: If a table cannot be read or gives an image two labels or none, if two tables or a table and the
            folders give different labels, or if the table that the user names gives none.
    """
    tables = SetTables(files, read, matcher)
    if named is not None:
        return tables.named(named)
    candidates = list(candidates)
    first = tables.only([path for path in candidates if is_labels_csv(path)], only_plain=True)
    parts = {} if first else find_part_tables(files)
    if first is not None or not (candidates or parts):
        return first
    folders = _Folders(files, matcher, find_folders or (lambda: find_layout(_images_of(files))))
    if folders.give_labels():
        if not folders_decide:
            others = [path for path in candidates if not is_labels_csv(path)]
            folders.check_agreement(tables.plain([*others, *chain(*parts.values())]))
        return None
    return tables.of(candidates) or tables.of_parts(parts)


@dataclass(frozen=True)
class _Folders:
    """The folders of a set, as they give labels."""

    files: Collection[str]
    matcher: LabelMatcher
    find: Callable[[], Layout]

    def give_labels(self) -> bool:
        """Tell whether a folder is a label of the model or, if no model is known, whether folders give two labels.

        Folders that can be read in two ways are a question to the user, whatever a table says.
        """
        if self.matcher.has_labels:
            folders = {part for file in self.files for part in file.split("/")[:-1]}
            return any(self.matcher.match(folder) is not None for folder in folders)
        try:
            layout = self.find()
        except SetRejected as error:
            return error.reason == "ambiguous-layout"
        return len({layout.place_of(image).label for image in _images_of(self.files)} - {None}) > 1

    def check_agreement(self, tables: Iterable[LabelsTable]) -> None:
        """Ask which gives the labels if a table that names path and label says otherwise than the folders.

        A table agrees if it has one name for the images of each label folder, whatever the name is.
        """
        images_of_all = _images_of(self.files)
        folder_of = cache(lambda file: self.find().place_of(file).label)
        for table in tables:
            images = [image for image in images_of_all if image.startswith(table.folder)]
            if 2 * (len(table.names) - len(table.missing)) < len(images):
                continue
            given = {file: (folder_of(file), table.place_of(file).label) for file in images}
            pairs = {file: (one, other) for file, (one, other) in given.items() if one and other}
            if self.matcher.has_labels:  # what the model does not know changes no figure
                pairs = {file: pair for file, pair in pairs.items() if all(map(self.matcher.match, pair))}
            if 2 * len(pairs) >= len(images) and not self._agree(set(pairs.values())):
                file = next(file for file, (one, other) in pairs.items() if not self._is_same(one, other))
                raise _disagreement(table.path, file, *pairs[file])

    def _agree(self, pairs: set[tuple[str, str]]) -> bool:
        folders, labels = ({pair[place] for pair in pairs} for place in (0, 1))
        if len(pairs) != len(folders) or len(pairs) != len(labels):
            return all(self._is_same(*pair) for pair in pairs)
        return folders.isdisjoint(labels) or all(self._is_same(*pair) for pair in pairs)

    def _is_same(self, folder: str, label: str) -> bool:
        match = self.matcher.match
        return (match(folder) or folder) == (match(label) or label)


def _images_of(files: Iterable[str]) -> list[str]:
    return [file for file in files if has_image_extension(file)]


def _disagreement(path: str, file: str, folder: str, label: str) -> SetRejected:
    path, file, folder, label = map(excerpt, (path, file, folder, label))
    name = path.rpartition("/")[2]  # also that of the tables of other parts
    return SetRejected(
        "labels-file",
        f"The folders and {path} both give labels and disagree: {file} is in {folder}/, and {path} says {label}.",
        hint=f"Say --labels-from {name}, or --layout labels or splits if the folders are right; over HTTP, leave the "
        "table out.",
    )
