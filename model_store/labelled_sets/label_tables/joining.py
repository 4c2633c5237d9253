"""Several tables that give labels together: one for each split or other part of a set, each of other files."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from pathlib import PurePosixPath
from typing import Final

from model_store.errors import SetRejected
from model_store.labelled_sets.label_tables.file_names import normal_path
from model_store.labelled_sets.label_tables.reading import LabelsTable
from model_store.labelled_sets.recognition.folder_names import Split, is_plain_split, split_of
from model_store.text import excerpt

_HINT: Final = "Give each table the files of its own part, or name the one that counts with --labels-from."


def split_of_table(path: str) -> Split | None:
    """Return the split that the name of a table or, failing that, of the folder around it stands for."""
    file = PurePosixPath(path)
    names = [file.stem, *reversed(file.parent.parts)]
    return next((split for name in names if (split := split_of(name)) is not None), None)


def own_files(path: str, files: Collection[str]) -> list[str]:
    """Return the files that a table of a split may name: those in the folder of that split beside it, if there is one.

    Args:
        path: The path of the table, whose name says the split.
        files: Every file of the set.
    """
    above = path[: path.rfind("/") + 1]
    below = [file for file in files if file.startswith(above)]
    split = split_of(PurePosixPath(path).stem)
    folders = {file[len(above) :].partition("/")[0] for file in below if "/" in file[len(above) :]}
    own = [name for name in sorted(folders) if split is not None and is_plain_split(name) and split_of(name) == split]
    return [file for file in below if file.startswith(f"{above}{own[0]}/")] if len(own) == 1 else below


def join_tables(tables: Sequence[LabelsTable], files: Collection[str]) -> LabelsTable:
    """Join tables, and give the files of each the split that its name or its folder stands for.

    Args:
        tables: The tables, each of which may name files below its own folder only.
        files: Every file of the set.

    Raises:
        SetRejected: If a table names a file of another one's part, or gives one another split than the part has.
    """
    there = {normal_path(file) for file in files}
    tables = [_with_split(table, there) for table in sorted(tables, key=lambda table: table.path)]
    names: dict[str, str] = {}
    splits: dict[str, Split] = {}
    owner: dict[str, str] = {}
    for table in tables:
        for key, label in table.names.items():
            file = normal_path(table.folder + key)
            if file in there and owner.setdefault(file, table.path) != table.path:
                what = f"{excerpt(owner[file])} and {excerpt(table.path)} both name {excerpt(file)}"
                raise _refused(f"{what}: which part is it in?")
            names[file] = label
        splits |= {normal_path(table.folder + key): split for key, split in table.splits.items()}
    return LabelsTable(
        path=tables[0].path,
        folder="",
        names=names,
        rows=sum(table.rows for table in tables),
        missing=[table.folder + name for table in tables for name in table.missing],
        unnamed=[table.folder + name for table in tables for name in table.unnamed],
        splits=splits,
        understood=[sentence for table in tables for sentence in table.understood],
        parts=tuple(tables),
    )


def with_folder_splits(table: LabelsTable) -> LabelsTable:
    """Give the files of a table the splits of their folders, if each is in a split's folder and one is to train on.

    Args:
        table: A table; one that has splits itself is returned as it is.
    """
    folders = {key: key.partition("/")[0] for key in set(table.names) - set(table.missing)}
    splits = {key: split for key, name in folders.items() if is_plain_split(name) and (split := split_of(name))}
    if table.splits or len(splits) < len(folders) or not {"train"} < set(splits.values()):
        return table
    named = ", ".join(f"{excerpt(name)}/ ({split_of(name)})" for name in sorted(set(folders.values())))
    sentence = f"{table.path}: its files are in the folders of splits: {named}."
    return replace(table, splits=splits, understood=[*table.understood, sentence], is_plain=False)


def _with_split(table: LabelsTable, there: Collection[str]) -> LabelsTable:
    """Give the files of a table the split of its part, after checking that it names no other part's."""
    for name in table.missing:
        foreign = next((path for path in (normal_path(table.folder + name), name) if path in there), None)
        if foreign is not None:
            what = f"{excerpt(table.path)} names {excerpt(foreign)}, which is in another part of the set"
            raise _refused(f"{what}.")
    split = split_of_table(table.path)
    if split is None:
        return table
    other = next((key for key, given in table.splits.items() if given != split), None)
    if other is not None:
        what = f"{excerpt(table.path)} says that {excerpt(other)} is in the split {table.splits[other]}"
        raise _refused(f"{what}, and its own name or folder says {split}.")
    sentence = f"{table.path}: its files are in the split {split}."
    splits = dict.fromkeys(table.names, split)
    return replace(table, splits=splits, understood=[*table.understood, sentence], is_plain=False)


def _refused(detail: str) -> SetRejected:
    return SetRejected("labels-file", detail, hint=_HINT)
