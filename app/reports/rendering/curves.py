"""Curves of one label against the rest, drawn on matplotlib axes: precision and recall, ROC."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.ticker import PercentFormatter

from model_store.evaluation.ranking import Ranking, average_precision, roc_auc
from model_store.evaluation.records import Records
from model_store.presentation.plots import Theme, short, style

MAX_CURVES: Final = 6
"""Largest number of curves drawn: those of the labels with the lowest average precision."""
_MAX_POINTS: Final = 400
_OTHER_COLOURS: Final = ("#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9")
"""Colours besides the theme's, distinguishable for most people (Okabe and Ito 2008, "Color Universal Design")."""

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class LabelCurve:
    """The points of one label's curves."""

    label: str
    thresholds: Floats
    """Thresholds in falling order, `(steps,)`."""
    recall: Floats
    precision: Floats
    false_alarms: Floats
    """Share of the other files that are predicted to have the label, `(steps,)`."""
    average_precision: float
    roc_auc: float
    prevalence: float
    """Share of the files with the label among all files."""


def curves_of(records: Records, positive: str | None) -> list[LabelCurve]:
    """Return the curves of one label or of all; a label needs files, and so do the others.

    Args:
        records: The files.
        positive: The label to draw; default: all labels, or the worst `MAX_CURVES` of them.
    """
    known = records.is_known
    actual, probabilities = records.given[known], records.probabilities[known].astype(np.float64)
    labels = records.labels if positive is None else [positive]
    curves = []
    for label in labels:
        index = records.labels.index(label)
        is_positive = actual == index
        if is_positive.any() and not is_positive.all():
            curves.append(_curve(label, is_positive, probabilities[:, index]))
    worst = sorted(curves, key=lambda curve: curve.average_precision)[:MAX_CURVES]
    return [curve for curve in curves if curve in worst] if len(curves) > MAX_CURVES else curves


def plot_precision_recall(axes: Axes, curves: Sequence[LabelCurve], threshold: float | None, theme: Theme) -> None:
    """Draw precision against recall, with the label's share of the files, which is what guessing reaches.

    Args:
        axes: The axes to draw on.
        curves: The curves to draw.
        threshold: The operating threshold, which is marked if there is only one curve.
        theme: The colours.
    """
    _prepare(axes, "recall", "precision", "Precision and recall", theme)
    for curve, colour in zip(curves, _colours(theme), strict=False):
        at = _thinned(len(curve.recall))
        recall, precision = np.append(0, curve.recall[at]), np.append(curve.precision[0], curve.precision[at])
        name = f"{short(curve.label)}  {curve.average_precision:.3f}"
        axes.plot(recall, precision, color=colour, linewidth=1.7, drawstyle="steps-pre", label=name)
        axes.axhline(curve.prevalence, color=colour, linewidth=0.8, linestyle=(0, (4, 3)), alpha=0.7)
    if (step := _operating_step(curves, threshold)) >= 0:
        _mark(axes, float(curves[0].recall[step]), float(curves[0].precision[step]), "left", theme)
    _legend(axes, "lower left", theme)


def plot_roc(axes: Axes, curves: Sequence[LabelCurve], threshold: float | None, theme: Theme) -> None:
    """Draw recall against the share of other files predicted to have the label; arguments as above."""
    _prepare(axes, "false alarms among other files", "recall", "ROC", theme)
    axes.plot([0, 1], [0, 1], color=theme.soft, linewidth=1, linestyle=(0, (4, 3)))
    for curve, colour in zip(curves, _colours(theme), strict=False):
        at = _thinned(len(curve.recall))
        name = f"{short(curve.label)}  {curve.roc_auc:.3f}"
        points = np.append(0, curve.false_alarms[at]), np.append(0, curve.recall[at])
        axes.plot(*points, color=colour, linewidth=1.7, label=name)
    if (step := _operating_step(curves, threshold)) >= 0:
        _mark(axes, float(curves[0].false_alarms[step]), float(curves[0].recall[step]), "right", theme)
    _legend(axes, "lower right", theme)


def _curve(label: str, is_positive: npt.NDArray[np.bool_], score: Floats) -> LabelCurve:
    ranking = Ranking(is_positive, score)
    steps = ranking.steps()
    positives = is_positive.sum()
    return LabelCurve(
        label=label,
        thresholds=ranking.thresholds,
        recall=steps.hits[0] / positives,
        precision=steps.hits[0] / steps.predicted[0],
        false_alarms=steps.false_alarms[0] / (len(is_positive) - positives),
        average_precision=float(average_precision(steps)[0]),
        roc_auc=float(roc_auc(steps)[0]),
        prevalence=float(positives / len(is_positive)),
    )


def _prepare(axes: Axes, x: str, y: str, title: str, theme: Theme) -> None:
    style(axes, theme)
    axes.set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.04), xlabel=x, ylabel=y)
    axes.xaxis.set_major_formatter(PercentFormatter(1))
    axes.yaxis.set_major_formatter(PercentFormatter(1))
    axes.set_title(title, loc="left", color=theme.ink, fontweight="bold", fontsize="large", pad=8)


def _operating_step(curves: Sequence[LabelCurve], threshold: float | None) -> int:
    """Return the last step of the only curve at or above the threshold, or -1 if there is no such step."""
    if threshold is None or len(curves) != 1:
        return -1
    return int((curves[0].thresholds.astype(np.float32) >= np.float32(threshold)).sum()) - 1


def _mark(axes: Axes, x: float, y: float, side: Literal["left", "right"], theme: Theme) -> None:
    """Mark the operating point, with its name on the side without the curve."""
    axes.plot([x], [y], "o", color=theme.validation, markeredgecolor=theme.paper, markersize=8, zorder=4)
    place, align = ((-7, -5), "right") if side == "left" else ((7, -5), "left")
    axes.annotate(
        "in use", (x, y), xytext=place, textcoords="offset points", ha=align, va="top", fontsize=8, color=theme.soft
    )


def _legend(axes: Axes, place: Literal["lower left", "lower right"], theme: Theme) -> None:
    legend = axes.legend(loc=place, frameon=False, labelcolor=theme.soft, fontsize=8, handlelength=1.2)
    for text in legend.get_texts():
        text.set_parse_math(False)


def _colours(theme: Theme) -> tuple[str, ...]:
    return theme.validation, *_OTHER_COLOURS


def _thinned(steps: int) -> npt.NDArray[np.int64]:
    """Return the steps to draw; more than the plot has dots would not be visible."""
    return np.unique(np.linspace(0, steps - 1, min(steps, _MAX_POINTS)).astype(np.int64))
