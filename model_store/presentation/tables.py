"""Reports and manifests as tables for a terminal.

Names of files and labels may be anything that a file system allows. They are shown verbatim, never as markup, and
characters that control a terminal are escaped.
"""

from collections.abc import Sequence
from typing import Final

from rich.columns import Columns
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from model_store.evaluation.comparison import Comparison
from model_store.evaluation.corrected import CorrectionsEffect
from model_store.evaluation.report import ConfusionMatrix, Duplicate, Estimate, Evaluation, Leakage, Mislabelled, Range
from model_store.evaluation.summary import interpretation_sentences, leakage_sentences, recognition_sentence
from model_store.labelled_sets.corrections.outcomes import CORRECTION_STATES
from model_store.labelled_sets.interpretation import Interpretation
from model_store.manifest import Manifest, headline
from model_store.text import UNDEFINED, plural, printable

SHOWN = 20
"""Number of files that a table names before it counts the rest."""


def evaluation_summary(evaluation: Evaluation, interpretation: Interpretation | None = None) -> RenderableType:
    """Lay out an evaluation: the layout, the accounting, the matrix, the figures and every file left out or damaged.

    Args:
        evaluation: The evaluation of a labelled set.
        interpretation: The interpretation of the set, if it is known.
    """
    sums = evaluation.accounting
    recognised = () if interpretation is None or not interpretation.labels else (recognition_sentence(interpretation),)
    parts: list[RenderableType] = [
        *map(Text, recognised),
        Text(sums.sentence(), style="bold"),
        Text(
            f"{sums.entries} {plural(sums.entries, 'entry')} = {sums.directories} "
            f"{plural(sums.directories, 'directory')} + {sums.ignored} ignored + {sums.images} "
            f"{plural(sums.images, 'image')}"
        ),
        *map(Text, () if interpretation is None else interpretation_sentences(interpretation)),
        *map(Text, evaluation.summary),
        Text("\nConfusion matrix: a row for each given label, a column for each predicted label"),
        matrix_table(evaluation.confusion_matrix),
        Text("\nFigures over the scored files with known labels, with 95% intervals"),
        metrics_table(evaluation),
    ]
    if evaluation.excluded:
        rows = [(file.path, file.label, file.reason) for file in evaluation.excluded]
        parts.append(_listing("Unreadable", ("path", "label", "reason"), rows))
    if evaluation.damaged:
        damaged = [(file.path, file.label) for file in evaluation.damaged]
        parts.append(_listing("Scored, but damaged", ("path", "label"), damaged))
    if evaluation.ignored:
        parts.append(
            _listing("Ignored", ("path", "reason"), [(entry.path, entry.reason) for entry in evaluation.ignored])
        )
    return Group(*parts)


def doubts_summary(
    leakage: Leakage | None, duplicates: Sequence[Duplicate], mislabelled: Sequence[Mislabelled]
) -> RenderableType:
    """Lay out the doubtful files: seen in training, duplicated, or perhaps under a wrong label."""
    parts: list[RenderableType] = [Text(""), *map(Text, leakage_sentences(leakage))]
    if leakage is not None and leakage.files:
        rows = [(file.path, file.label, file.match) for file in leakage.files]
        parts.append(_listing("Trained on", ("path", "label", "match"), rows))
    if duplicates:
        groups = [(", ".join(group.paths), ", ".join(group.labels), group.match) for group in duplicates]
        parts.append(_listing("The same picture under several names", ("paths", "labels", "match"), groups))
    if mislabelled:
        suspects = [
            (file.path, file.actual, file.suggested, f"{file.probability_suggested:.4f}") for file in mislabelled
        ]
        names = ("path", "label", "more likely", "probability")
        parts.append(_listing("Perhaps under a wrong label", names, suspects))
    return Group(*parts)


def comparison_summary(comparison: Comparison, version: int) -> RenderableType:
    """Lay out a comparison of two versions: paired counts, the verdict and the files that they predict differently."""
    paired = comparison.paired
    table = Table("", f"version {comparison.against} right", "wrong")
    table.add_row(f"version {version} right", str(paired.both_right), str(paired.only_this))
    table.add_row("wrong", str(paired.only_against), str(paired.both_wrong))
    parts: list[RenderableType] = [
        Text(f"\nVersion {comparison.against} on the same files: accuracy {_number(comparison.metrics.accuracy)}"),
        table,
        Text(comparison.verdict, style="bold"),
    ]
    if comparison.flips:
        rows = [(flip.path, flip.actual, flip.this, flip.against) for flip in comparison.flips]
        names = ("path", "label", f"version {version}", f"version {comparison.against}")
        parts.append(_listing("Predicted differently", names, rows))
    return Group(*parts)


COMPARED: Final = {
    "accuracy": "accuracy",
    "balanced_accuracy": "balanced accuracy",
    "macro_f1": "macro F1",
    "log_loss": "log loss",
}
"""Figures that are shown before and after corrections, with their names."""


def corrections_summary(effect: CorrectionsEffect, after: Evaluation) -> RenderableType:
    """Lay out what corrections changed: figures and matrix before and after, side by side, and the rows to look at."""
    states = Table("state", "rows", "meaning", title=f"Rows of {printable(effect.filename)}", title_justify="left")
    for state, count in effect.states.items():
        if count:
            states.add_row(state, str(count), CORRECTION_STATES[state])
    figures = Table("", "before", "after")
    for name, words in COMPARED.items():
        values = (getattr(metrics, name) for metrics in (effect.before.metrics, after.metrics))
        figures.add_row(words, *map(_number, values))
    before, now = matrix_table(effect.before.confusion_matrix), matrix_table(after.confusion_matrix)
    before.title, now.title = "Before the corrections", "After"
    parts: list[RenderableType] = [Text(""), states, figures, Columns([before, now])]
    if effect.not_applied:
        rows = [(str(one.row), one.path, one.state, one.detail) for one in effect.not_applied]
        parts.append(_listing("Not applied", ("row", "path", "state", "reason"), rows))
    return Group(*parts)


def matrix_table(matrix: ConfusionMatrix) -> Table:
    """Lay out a confusion matrix with the sums of its rows and columns."""
    table = Table()
    table.add_column("")
    for column in [*matrix.columns, "files"]:
        table.add_column(verbatim(column), justify="right")
    for row, counts in zip(matrix.rows, matrix.counts, strict=True):
        name = row if row in matrix.columns else f"{row} (not a label of the model)"
        table.add_row(verbatim(name), *map(str, counts), str(sum(counts)))
    table.add_section()
    sums = [sum(column) for column in zip(*matrix.counts, strict=True)]
    table.add_row("files", *map(str, sums), str(sum(sums)), style="bold")
    return table


def metrics_table(evaluation: Evaluation) -> Table:
    """Lay out the figures, each label's with its interval."""
    table = Table(show_header=False)
    table.add_column("")
    table.add_column("", justify="right")
    ranges = evaluation.intervals
    for name, value in evaluation.metrics:
        if name != "resolution":  # the summary's sentences have it
            table.add_row(name.replace("_", " "), _number(value, ranges.metrics.get(name)))
    for figures in evaluation.per_label:
        table.add_section()
        table.add_row(verbatim(f"{figures.label}: precision"), _number(figures.precision))
        table.add_row(verbatim(f"{figures.label}: recall"), _number(figures.recall))
        table.add_row(verbatim(f"{figures.label}: F1"), _number(figures.f1, ranges.f1.get(figures.label)))
    return table


def versions_table(manifests: list[tuple[Manifest, bool]]) -> Table:
    """Lay out versions; each flag is True if the version serves."""
    table = Table()
    for column in ("model", "version", "serves", "created", "backbone", "labels", "accuracy"):
        table.add_column(column, overflow="fold")
    for manifest, serves in manifests:
        figures = headline(manifest.metrics)
        table.add_row(
            manifest.model,
            str(manifest.version),
            "yes" if serves else "",
            f"{manifest.created:%Y-%m-%d %H:%M}",
            verbatim(manifest.backbone),
            verbatim(", ".join(manifest.labels)),
            _number(figures.accuracy) if figures else "",
        )
    return table


def _listing(title: str, columns: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> Table:
    table = Table(title=f"{title}: {len(rows)}", title_justify="left")
    for column in columns:
        table.add_column(column, overflow="fold")  # a path that is cut off names no file
    for row in rows[:SHOWN]:
        table.add_row(*map(verbatim, row))
    if len(rows) > SHOWN:
        table.caption = f"and {len(rows) - SHOWN} more; --format json lists all"
    return table


def verbatim(text: str) -> Text:
    """Show untrusted text verbatim, with line breaks and control characters escaped."""
    return Text(printable(text))


def _number(value: Estimate | float | None, ends: Range | None = None) -> str:
    if isinstance(value, Estimate):
        if value.value is None or value.low is None or value.high is None:
            return UNDEFINED
        return f"{value.value:.4f}  ({value.low:.3f} to {value.high:.3f})"
    if value is None:
        return UNDEFINED
    return f"{value:.4f}" if ends is None else f"{value:.4f}  ({ends.low:.3f} to {ends.high:.3f})"
