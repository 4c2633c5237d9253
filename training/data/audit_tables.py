"""The output of `fullcount audit`: a table for people, CSV and JSON for programs."""

import csv
import io
import json
from collections.abc import Callable
from typing import Final

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from model_store.cells import quoted
from model_store.evaluation.summary import recognition_sentence
from model_store.labelled_sets.corrections.outcomes import row_lines
from model_store.presentation.tables import SHOWN, verbatim
from training.data.files import DATASET_COLUMNS, FATES, ODD_FATES, USED_FATES, Audit, Fate, dataset_rows

_RECOGNISED: Final = {"layout", "wrapper", "parts", "labels", "unlabelled", "labels_file", "other_labels_files"}
"""Members of an interpretation that an audit has."""
LOOK_FIRST: Final[tuple[Fate, ...]] = (
    "unreadable",
    "conflict",
    "leaked",
    "damaged",
    "near-conflict",
    "blank",
    "duplicate",
    "near-duplicate",
    "wrong-extension",
    "small",
    "unlabelled",
    "not-an-image",
    "mask",
)
"""Fates in the order to list their files: a folder of images without labels must not hide the broken ones."""


def audit_table(audit: Audit) -> RenderableType:
    """Lay out an audit: the layout, the sum, the images per label, remarks on folders, the first files to look at."""
    odd = sorted((file for file in audit.files if file.fate in ODD_FATES), key=lambda file: LOOK_FIRST.index(file.fate))
    recognised = [recognition_sentence(audit.interpretation)] if audit.labels else []
    parts: list[RenderableType] = [*map(verbatim, recognised), Text(audit.sentence(), style="bold")]
    parts += [verbatim(line) for line in (row_lines(audit.corrections) if audit.corrections else ())]
    parts += [_fates_table(audit), _labels_table(audit)]
    parts += [verbatim(note) for note in audit.notes]
    if odd:
        table = Table(title=f"To look at: {len(odd)}", title_justify="left")
        for column in ("path", "label", "fate", "reason"):
            table.add_column(column, overflow="fold")
        for file in odd[:SHOWN]:
            table.add_row(*map(verbatim, (file.path, file.label or "", file.fate, file.reason)))
        if len(odd) > SHOWN:
            table.caption = f"and {len(odd) - SHOWN} more; --format csv lists all"
        parts.append(table)
    return Group(*parts)


def audit_csv(audit: Audit) -> str:
    """Return one line per file, with the columns of a version's `training/dataset.csv`."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(DATASET_COLUMNS)
    writer.writerows(map(quoted, row) for row in dataset_rows(audit.files))
    return text.getvalue()


def audit_json(audit: Audit) -> str:
    """Return what was recognised, the sums, the remarks on the folders, and every file."""
    files = [dict(zip(DATASET_COLUMNS, row, strict=True)) for row in dataset_rows(audit.files)]
    sums = {"files": len(audit.files), "fates": audit.fates, "labels": _label_counts(audit)}
    recognised = audit.interpretation.model_dump(include=_RECOGNISED)
    if not recognised["other_labels_files"]:
        del recognised["other_labels_files"]
    document = {"recognised": recognised, "accounting": sums, "notes": audit.notes, "files": files}
    if audit.corrections:
        document["corrections"] = [outcome.model_dump() for outcome in audit.corrections]
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


AUDIT_FORMATS: Final[dict[str, Callable[[Audit], str]]] = {"csv": audit_csv, "json": audit_json}
"""Formats that are plain text, and the functions that write them."""


def _fates_table(audit: Audit) -> Table:
    table = Table("fate", "files", "meaning", title="Fates", title_justify="left")
    for fate, count in audit.fates.items():
        if count:
            table.add_row(fate, str(count), FATES[fate])
    return table


def _labels_table(audit: Audit) -> Table:
    table = Table("label", "used", "other", title="Labels", title_justify="left")
    for label, counts in _label_counts(audit).items():
        table.add_row(verbatim(label), str(counts["used"]), str(counts["other"]))
    return table


def _label_counts(audit: Audit) -> dict[str, dict[str, int]]:
    counts = {label: {"used": 0, "other": 0} for label in audit.labels}
    for file in audit.files:
        if file.label is not None:
            counts[file.label]["used" if file.fate in USED_FATES else "other"] += 1
    return counts
