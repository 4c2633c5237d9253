"""Image files of a set that are under no label of the model: named by folder, with the label that each may mean.

They have no part in the figures, so a misspelt folder makes a report about the other files alone.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from model_store.evaluation.report import ConfusionMatrix, Evaluation
from model_store.labelled_sets.interpretation import Ignored
from model_store.labelled_sets.labelled_set import LabelledSet
from model_store.labelled_sets.names import nearest_label
from model_store.text import NAMED, counted, excerpt, printable


class UnlabelledFolder(NamedTuple):
    """Image files that are together and under no label of the model."""

    name: str
    """The folder, or the label that a table gives; empty for files outside any folder."""
    files: int
    suggestion: str | None
    """The label of the model whose name is most like it; only for the first few folders."""
    is_table: bool = False
    """True if the name is that of the table of labels, which does not name the files."""


def count_unlabelled(evaluation: Evaluation) -> int:
    """Return the number of image files under no label of the model."""
    return sum(folder.files for folder in find_unlabelled(evaluation.confusion_matrix, evaluation.ignored))


def find_unlabelled(matrix: ConfusionMatrix, ignored: Iterable[Ignored]) -> list[UnlabelledFolder]:
    """Return the folders whose image files are under no label of the model, most files first.

    Args:
        matrix: The matrix, in which each label that the model lacks is a row after those of the model.
        ignored: The ignored files; those that are `unlabelled` are images.
    """
    files = Counter({row: sum(counts) for row, counts in zip(matrix.rows, matrix.counts, strict=True)})
    return _find_folders(files, matrix.columns[:-1], ignored)


def find_unlabelled_in(labelled_set: LabelledSet, labels: Sequence[str]) -> list[UnlabelledFolder]:
    """Return the same folders of a set that is not evaluated yet.

    Args:
        labelled_set: The set.
        labels: The model's labels.
    """
    return _find_folders(Counter(image.label for image in labelled_set.images), labels, labelled_set.ignored)


def _find_folders(files: Counter[str], labels: Sequence[str], ignored: Iterable[Ignored]) -> list[UnlabelledFolder]:
    """Return the folders without those of the labels, with the ignored files that are `unlabelled`."""
    files.subtract({label: files[label] for label in labels})
    ignored = list(ignored)
    tables = [file.path for file in ignored if file.reason == "labels-file"]
    table = " or ".join(tables[:NAMED]) or None
    alone = [file.path.rpartition("/")[0] for file in ignored if file.reason == "unlabelled"]
    files.update(alone if table is None else [])
    ordered = [(name, count) for name, count in files.most_common() if count]
    folders = [  # those that no sentence names need no suggestion, which takes time
        UnlabelledFolder(name, count, nearest_label(name.rpartition("/")[2], labels) if place < NAMED else None)
        for place, (name, count) in enumerate(ordered)
    ]
    if table is not None and alone:
        folders.append(UnlabelledFolder(table, len(alone), None, is_table=True))
    return folders


def unlabelled_sentences(folders: Sequence[UnlabelledFolder], images: int) -> Iterator[str]:
    """Name the folders and the labels that they may mean.

    Args:
        folders: The folders.
        images: The number of image files of the set, with and without a label.
    """
    for folder in folders[:NAMED]:
        subject = f"{folder.files:,} of {counted(images, 'file')} {'is' if folder.files == 1 else 'are'}"
        if not folder.name:
            yield f"{subject} in no folder of a label."
            continue
        if folder.is_table:
            yield f"{subject} not named by {excerpt(folder.name)}."
            continue
        question = f"; is it '{printable(folder.suggestion)}'?" if folder.suggestion else "."
        yield f"{subject} under '{excerpt(folder.name)}', no label of the model{question}"
    rest = folders[NAMED:]
    if rest:
        files = sum(folder.files for folder in rest)
        yield f"{counted(files, 'more file')} are under {len(rest):,} other folders that are no labels of the model."
