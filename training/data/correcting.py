"""Corrections of labels, applied to the files of a folder before anything looks at their labels."""

from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from model_store.errors import CorrectionsRejected
from model_store.labelled_sets.corrections.applying import NOT_USABLE, Decided, GivenFiles, decide
from model_store.labelled_sets.corrections.finding import FileFinder
from model_store.labelled_sets.corrections.outcomes import CorrectionOutcome
from model_store.labelled_sets.corrections.reading import open_corrections
from training.data.files import File
from training.data.recognised import interpret
from training.data.scan import ScannedFolder


class CorrectedFiles(NamedTuple):
    """Files with other labels, and what became of each row of the corrections."""

    files: list[File]
    outcomes: tuple[CorrectionOutcome, ...] = ()


def correct_files(found: ScannedFolder, path: Path | None, *, above: str) -> CorrectedFiles:
    """Apply a file of corrections, if there is one.

    Args:
        found: The files of the data; images have the fate `used` for the time being.
        path: The file of corrections.
        above: The place of the data; see `FileFinder`.

    Raises:
        CorrectionsRejected: If it cannot be applied, or has no rows: the run would be the one without them.
    """
    files = found.files
    if path is None:
        return CorrectedFiles(files)
    labels = {file.path: file.label for file in files if file.label is not None}
    others = {file.path: file.fate for file in files if file.label is None}
    corrections = open_corrections(path, {*labels, *labels.values()})
    finder = FileFinder([*labels, *others], wrapper=interpret(files, found.tables).wrapper, above=above)
    if not corrections.rows:
        raise CorrectionsRejected(corrections.filename, "it has no row below the header")
    decided = decide(corrections, GivenFiles(labels, others, finder))
    return CorrectedFiles([_corrected(file, decided) for file in files], tuple(decided.outcomes))


def _corrected(file: File, decided: Decided) -> File:
    if file.path in decided.left_out:
        return replace(file, fate=NOT_USABLE, reason="left out by a correction")
    return replace(file, label=decided.labels.get(file.path, file.label))
