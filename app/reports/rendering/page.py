"""A report as one HTML page; its text is in `templates/`."""

import functools
from dataclasses import dataclass
from functools import cache
from typing import Final

import jinja2
from matplotlib.figure import Figure

from app.reports.rendering.curves import LabelCurve, curves_of, plot_precision_recall, plot_roc
from app.reports.schemas import ReportBody
from model_store.evaluation.records import Records
from model_store.evaluation.report import ConfusionMatrix, Range
from model_store.evaluation.summary import interpretation_sentences, leakage_sentences, recognition_sentence
from model_store.labelled_sets.corrections.outcomes import CORRECTION_STATES
from model_store.labelled_sets.interpretation import Interpretation
from model_store.presentation.activation import tint
from model_store.presentation.heatmap import MAX_LABELS, HeatmapRow, column_sums, heatmap, most_confused
from model_store.presentation.pages import make_environment
from model_store.presentation.pictures import PANEL, Picture, matrix_picture, picture
from model_store.presentation.plots import Theme, plot_reliability
from model_store.presentation.tables import COMPARED
from model_store.presentation.thumbnails import data_address, embedded
from model_store.text import number, percent

SHOWN: Final = 20
"""Number of files that a list names before it counts the rest."""
MAX_MISTAKES: Final = 24
FIGURES: Final = {
    "balanced_accuracy": "balanced accuracy (mean recall of the labels)",
    "macro_precision": "precision, mean of the labels",
    "macro_f1": "F1, mean of the labels",
    "roc_auc": "area under the ROC curve",
    "average_precision": "average precision",
    "log_loss": "log loss",
    "expected_calibration_error": "calibration error",
}
"""Names of the figures with a row of their own; the mean recall is the balanced accuracy and appears only once."""


@dataclass(frozen=True)
class Pictured:
    """A file with its thumbnail, if it has one."""

    path: str
    actual: str
    predicted: str
    probability: float
    thumbnail: str | None
    """`data:` URL of the thumbnail."""
    tint: str | None
    """`data:` URL of the class activation map's colours."""


def render(report: ReportBody, records: Records) -> bytes:
    """Return the HTML page of a report."""
    matrix = report.confusion_matrix
    labels = len(matrix.columns) - 1
    thumbnails = {records.paths[place]: embedded(jpeg) for place, jpeg in records.thumbnails.items()}
    tints = {records.paths[place]: data_address(tint(one), "image/png") for place, one in records.maps.items()}
    page = _environment().get_template("report.html").render(
        report=report,
        shown=SHOWN,
        figures=FIGURES,
        rows=_rows(matrix),
        sums=column_sums(matrix),
        other_rows=_rows(report.comparison.confusion_matrix) if report.comparison else (),
        other_sums=column_sums(report.comparison.confusion_matrix) if report.comparison else (),
        compared=COMPARED,
        states=CORRECTION_STATES,
        rows_before=_rows(report.corrections.before.confusion_matrix) if report.corrections else (),
        sums_before=column_sums(report.corrections.before.confusion_matrix) if report.corrections else (),
        matrix_picture=matrix_picture(matrix) if labels > MAX_LABELS else None,
        pairs=most_confused(matrix) if labels > 2 else (),
        curves=_curve_pictures(report, records),
        is_every_label_drawn=report.positive is not None or labels == len(curves_of(records, None)),
        mistakes=[
            Pictured(one.path, one.actual, one.predicted, one.probability, thumbnails[one.path], tints.get(one.path))
            for one in report.misclassified[:MAX_MISTAKES]
            if one.path in thumbnails
        ],
        mislabelled=[
            Pictured(one.path, one.actual, one.suggested, one.probability_suggested, thumbnails.get(one.path), None)
            for one in report.mislabelled[:12]
        ],
        leakage_sentences=list(leakage_sentences(report.leakage)),
        interpretation_sentences=_reading(report.interpretation),
    )  # fmt: skip
    return page.encode()


def _rows(matrix: ConfusionMatrix) -> tuple[HeatmapRow, ...]:
    """Return the rows of a matrix that is small enough for a table."""
    return heatmap(matrix) if len(matrix.columns) - 1 <= MAX_LABELS else ()


def _curve_pictures(report: ReportBody, records: Records) -> list[Picture]:
    positive = report.positive
    curves = curves_of(records, positive.label if positive else None)
    threshold = positive.threshold if positive else None
    pictures = []
    if curves:
        paint = functools.partial(_paint_precision_recall, curves=curves, threshold=threshold)
        pictures.append(picture(PANEL, paint, alt=_alt("Precision against recall", "average precision", curves)))
        paint = functools.partial(_paint_roc, curves=curves, threshold=threshold)
        pictures.append(picture(PANEL, paint, alt=_alt("ROC", "area", curves)))
    if report.reliability:
        error = number(report.metrics.expected_calibration_error)
        alt = f"Reliability: share of right predictions against probability; expected calibration error {error}."
        pictures.append(picture(PANEL, functools.partial(_paint_reliability, report=report), alt=alt))
    return pictures


def _alt(title: str, area: str, curves: list[LabelCurve]) -> str:
    areas = (curve.average_precision if area == "average precision" else curve.roc_auc for curve in curves)
    each = ", ".join(f"{curve.label} {value:.3f}" for curve, value in zip(curves, areas, strict=True))
    return f"{title}; {area}: {each}."


def _paint_precision_recall(figure: Figure, theme: Theme, *, curves: list[LabelCurve], threshold: float | None) -> None:
    plot_precision_recall(figure.add_subplot(), curves, threshold, theme)


def _paint_roc(figure: Figure, theme: Theme, *, curves: list[LabelCurve], threshold: float | None) -> None:
    plot_roc(figure.add_subplot(), curves, threshold, theme)


def _paint_reliability(figure: Figure, theme: Theme, *, report: ReportBody) -> None:
    plot_reliability(figure.add_subplot(), report.reliability, "Reliability", theme)


def _ends(name: str, ranges: dict[str, Range]) -> str:
    """Format the interval of a figure, a share as a percentage and others as numbers."""
    ends = ranges.get(name)
    if ends is None:
        return ""
    write = number if name in {"log_loss", "expected_calibration_error", "roc_auc", "average_precision"} else percent
    return f"{write(ends.low)} to {write(ends.high)}"


@cache
def _environment() -> jinja2.Environment:
    environment = make_environment("app.reports.rendering")
    environment.globals |= {"ends": _ends}
    return environment


def _reading(interpretation: Interpretation) -> list[str]:
    """Return sentences that say how the set was read; reports of earlier releases do not say what was recognised."""
    recognised = [recognition_sentence(interpretation)] if interpretation.labels else []
    return [*recognised, *interpretation_sentences(interpretation)]
