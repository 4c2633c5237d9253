"""The layout of a data set as its files show it, in the form in which an evaluation reports it."""

from collections import Counter
from collections.abc import Sequence

from model_store.labelled_sets.interpretation import FoundPart, Interpretation, LabelsFile
from model_store.labelled_sets.layout import Layout
from model_store.labelled_sets.recognition.folder_tree import folders_of
from training.data.files import File


def interpret(files: Sequence[File], tables: Sequence[LabelsFile] = ()) -> Interpretation:
    """Return the layout of files whose splits are those of their folders, or of the tables that give the labels."""
    labelled = [file for file in files if file.label is not None]
    if tables:
        return Interpretation(
            wrapper=tables[0].path.rpartition("/")[0] or None if len(tables) == 1 else None,
            encoding=None,
            matched=[],
            labels_file=tables[0],
            other_labels_files=list(tables[1:]),
            layout="labels-file",
            labels=_labels(files),
            unlabelled=_unlabelled(files),
        )
    layout = Layout({folders_of(file.label_folder): file.split for file in labelled} or {(): None})
    counts = Counter(layout.part_of(file.path) for file in labelled)
    parts = [FoundPart(folder=part, split=split, files=counts[part]) for part, split in layout.parts.items()]
    return Interpretation(
        wrapper=layout.wrapper,
        encoding=None,
        matched=[],
        labels_file=None,
        layout="splits" if layout.splits else "parts" if parts else "labels",
        parts=parts,
        labels=_labels(files),
        unlabelled=_unlabelled(files),
    )


def _labels(files: Sequence[File]) -> list[str]:
    return sorted({file.label for file in files if file.label is not None})


def _unlabelled(files: Sequence[File]) -> int:
    return sum(file.fate == "unlabelled" for file in files)
