"""The tables of a labelled set, read and chosen: the one that gives the labels, or several that do together."""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from itertools import islice
from pathlib import PurePosixPath
from typing import Final

from model_store.errors import ImageRejected, SetRejected
from model_store.labelled_sets.label_tables.joining import join_tables, own_files
from model_store.labelled_sets.label_tables.reading import LabelsTable, read_label_table
from model_store.labelled_sets.named_table import NamedTable
from model_store.labelled_sets.names import LabelMatcher
from model_store.labelled_sets.recognition.folder_names import split_of
from model_store.labelled_sets.table_search import NAME, find_code_files, is_labels_csv, names_codes
from model_store.text import NAMED, counted, printable

HEADER: Final = "it needs a column with the paths or names of the images, and one with their labels"

_MAX_OTHERS: Final = 20
"""Tables that are opened; a set of measurements may have one beside each image."""
_MAX_PARTS: Final = 100
_HINT: Final = "Say which counts: --labels-from {}; over HTTP, send only that one."

Read = Callable[[str], bytes]
"""Path → bytes; raises `ImageRejected`."""


@dataclass(frozen=True)
class SetTables:
    """The tables of a set, by the paths at which they may be.

    Attributes:
        files: Every file of the set.
        read: Path → bytes; raises `ImageRejected`.
        matcher: Knows which names mean the same label.
    """

    files: Collection[str]
    read: Read
    matcher: LabelMatcher

    def named(self, named: NamedTable) -> LabelsTable:
        """Read the table, or those of the parts, that the user names."""
        given = {path: self._any_table(path) for path in named.paths}
        if named.data is not None:
            given[named.name] = read_label_table(
                named.name, named.data, self.files, self.matcher, is_in_set=False, code_files=named.code_files
            )
        found = []
        for path, table in given.items():
            if table is None:
                raise _refused(f"{printable(path)} gives no labels: {HEADER}.")
            if len(table.missing) == len(table.names):
                missing = f" There is no file {printable(table.missing[0])}." if table.missing else ""
                raise _refused(f"{printable(path)} names none of the images.{missing}")
            found.append(table)
        return found[0] if len(found) == 1 else join_tables(found, self.files)

    def of(self, candidates: Iterable[str]) -> LabelsTable | None:
        """Read the table that gives labels among some in the same place; those that may name codes come last."""
        candidates = list(candidates)
        codes = [path for path in candidates if names_codes(path)]
        return self.only(path for path in candidates if path not in codes) or self.only(codes)

    def of_parts(self, parts: dict[str, list[str]]) -> LabelsTable | None:
        """Read the table of each part."""
        if len(parts) > _MAX_PARTS:
            what = f"{counted(len(parts), 'folder')} have a table of their own, more than {_MAX_PARTS}"
            raise _refused(f"{what}; join them into one {NAME}.")
        found = [table for tables in parts.values() if (table := self.of(tables)) is not None]
        return join_tables(found, self.files) if found else None

    def only(self, candidates: Iterable[str], *, only_plain: bool = False) -> LabelsTable | None:
        """Read the one of several tables that gives labels, or those of several splits."""
        candidates = list(islice(candidates, _MAX_OTHERS))
        splits = {path: split_of(PurePosixPath(path).stem) for path in candidates}
        has_splits = len({split for split in splits.values() if split}) > 1
        found = [table for path in candidates if (table := self._table(path, only_plain=only_plain, own=has_splits))]
        of_splits = [splits[table.path] for table in found]
        if len(found) > 1 and has_splits and None not in of_splits and len(set(of_splits)) == len(of_splits):
            return join_tables(found, self.files)
        if len(found) > 1:
            seen = " ".join(table.understood[0] for table in found[:NAMED])
            what = f"{printable(found[0].path)} and {printable(found[1].path)} both give labels; keep one of them."
            which = " or ".join(printable(table.path) for table in found[:2])
            raise _refused(f"{what} {seen}", hint=_HINT.format(which))
        return found[0] if found else None

    def plain(self, candidates: Iterable[str]) -> list[LabelsTable]:
        """Read the tables whose header names path and label; one that cannot be read says nothing."""
        found = []
        for path in islice(candidates, _MAX_OTHERS):
            try:
                table = self._table(path, only_plain=True)
            except SetRejected:
                continue  # the folders give the labels, and this is a file like any other
            found += [table] if table is not None else []
        return found

    def _table(self, path: str, *, only_plain: bool = False, own: bool = False) -> LabelsTable | None:
        """Read a table; None if it gives no labels or, unless it is a `labels.csv`, names no file."""
        files = own_files(path, self.files) if own else self.files
        is_other = not is_labels_csv(path)
        table = self._any_table(path, files, only_plain=only_plain, must_match=is_other)
        return None if table is None or (is_other and len(table.missing) == len(table.names)) else table

    def _any_table(
        self, path: str, files: Collection[str] | None = None, *, only_plain: bool = False, must_match: bool = False
    ) -> LabelsTable | None:
        codes = ((file, self._bytes(file)) for file in find_code_files(path, self.files))
        return read_label_table(
            path,
            self._bytes(path),
            self.files if files is None else files,
            self.matcher,
            code_files=codes,
            only_plain=only_plain,
            must_match=must_match,
        )

    def _bytes(self, path: str) -> bytes:
        try:
            return self.read(path)
        except ImageRejected as error:
            raise _refused(f"{path} cannot be read: {error}") from error


def _refused(detail: str, *, hint: str | None = None) -> SetRejected:
    return SetRejected("labels-file", detail, hint=hint)
