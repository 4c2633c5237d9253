"""What `fullcount train` and `fullcount audit` print: results on standard output, one screen."""

import csv
import io
import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from model_store.report import Estimate, Evaluation
from model_store.tables import SHOWN, matrix_table
from training.files import FATES, LEFT_OUT_FATES, ODD_FATES, USED_FATES, Audit, Split
from training.records import DATASET_COLUMNS, dataset_rows

if TYPE_CHECKING:
    from training.recipe import TrainingResult


def training_summary(result: "TrainingResult") -> RenderableType:
    """Lay out a run: what became of the files, what the model does on held-out images, where it is."""
    manifest = result.stored.manifest
    split: Split = "test" if "test" in result.evaluations else "validation"
    evaluation = result.evaluations[split]
    left_out = sum(count for fate, count in result.audit.fates.items() if fate in LEFT_OUT_FATES)
    parts: list[RenderableType] = [Text(result.audit.sentence())]
    if left_out:
        parts.append(Text(f"{left_out} files are left out; {result.stored.directory}/training/dataset.csv says why."))
    parts += [
        *([Text(f"Positive label: {manifest.positive}; --positive chooses another.")] if manifest.positive else []),
        Text(f"Head trained for {len(result.head.history)} epochs; the weights of epoch {result.head.best_epoch + 1}."),
        Text(f"\nOn {split} images: {evaluation.accounting.sentence()}", style="bold"),
        matrix_table(evaluation.confusion_matrix),
        Text(_accuracy(evaluation)),
        Text(f"\nPublished {manifest.model} version {manifest.version}: {result.stored.directory}", style="bold"),
    ]
    return Group(*parts)


def audit_table(audit: Audit) -> RenderableType:
    """Lay out an audit: the sum, images per label, and the first files to look at."""
    odd = [file for file in audit.files if file.fate in ODD_FATES]
    parts: list[RenderableType] = [Text(audit.sentence(), style="bold"), _fates_table(audit), _labels_table(audit)]
    if odd:
        table = Table(title=f"To look at: {len(odd)}", title_justify="left")
        for column in ("path", "label", "fate", "reason"):
            table.add_column(column, overflow="fold")
        for file in odd[:SHOWN]:
            table.add_row(*map(Text, (file.path, file.label or "", file.fate, file.reason)))
        if len(odd) > SHOWN:
            table.caption = f"and {len(odd) - SHOWN} more; --format csv lists all"
        parts.append(table)
    return Group(*parts)


def audit_csv(audit: Audit) -> str:
    """Return a line per file, with the columns of a version's `training/dataset.csv`."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(DATASET_COLUMNS)
    writer.writerows(dataset_rows(audit.files))
    return text.getvalue()


def audit_json(audit: Audit) -> str:
    """Return the sums and every file."""
    files = [dict(zip(DATASET_COLUMNS, row, strict=True)) for row in dataset_rows(audit.files)]
    sums = {"files": len(audit.files), "fates": audit.fates, "labels": _label_counts(audit)}
    return json.dumps({"accounting": sums, "files": files}, indent=2, ensure_ascii=False) + "\n"


AUDIT_FORMATS: Final[dict[str, Callable[[Audit], str]]] = {"csv": audit_csv, "json": audit_json}
"""Formats that are text as it is."""


def _accuracy(evaluation: Evaluation) -> str:
    baseline = evaluation.metrics.majority_baseline
    always = "" if baseline is None else f"; always calling the most frequent label gives {baseline:.1%}"
    return f"Accuracy {_estimate(evaluation.metrics.accuracy)}{always}"


def _estimate(estimate: Estimate) -> str:
    if estimate.value is None or estimate.low is None or estimate.high is None:
        return "not defined"
    return f"{estimate.value:.1%} (95 % interval {estimate.low:.1%} to {estimate.high:.1%})"


def _fates_table(audit: Audit) -> Table:
    table = Table("fate", "files", "meaning", title="Fates", title_justify="left")
    for fate, count in audit.fates.items():
        if count:
            table.add_row(fate, str(count), FATES[fate])
    return table


def _labels_table(audit: Audit) -> Table:
    table = Table("label", "used", "other", title="Labels", title_justify="left")
    for label, counts in _label_counts(audit).items():
        table.add_row(Text(label), str(counts["used"]), str(counts["other"]))
    return table


def _label_counts(audit: Audit) -> dict[str, dict[str, int]]:
    counts = {label: {"used": 0, "other": 0} for label in audit.labels}
    for file in audit.files:
        if file.label is not None:
            counts[file.label]["used" if file.fate in USED_FATES else "other"] += 1
    return counts
