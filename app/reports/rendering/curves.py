"""Curves of one label against the rest, drawn on given axes: precision and recall, ROC."""

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
"""Of more labels, those that are told from the rest worst are drawn."""
_MAX_POINTS: Final = 400
_OTHER_COLOURS: Final = ("#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9")
"""Beside the theme's own: told apart by most eyes (Okabe and Ito 2008, "Color Universal Design")."""

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class LabelCurve:
    """What one label's curves are drawn from."""

    label: str
    thresholds: Floats
    """Falling, `(steps,)`."""
    recall: Floats
    precision: Floats
    false_alarms: Floats
    """Share of the other files that are called so, `(steps,)`."""
    average_precision: float
    roc_auc: float
    prevalence: float
    """Share of the files that have the label."""


def curves_of(records: Records, positive: str | None) -> list[LabelCurve]:
    """Return the curves of a label, or of the labels, that have files and are not all there is.

    Args:
        records: The files.
        positive: The label to draw; default: each, or the worst `MAX_CURVES` of more.
    """
    known = records.is_known
    actual, probabilities = records.given[known], records.probabilities[known].astype(np.float64)
    labels = records.labels if positive is None else [positive]
    found = []
    for label in labels:
        index = records.labels.index(label)
        is_positive = actual == index
        if is_positive.any() and not is_positive.all():
            found.append(_curve(label, is_positive, probabilities[:, index]))
    worst = sorted(found, key=lambda one: one.average_precision)[:MAX_CURVES]
    return [one for one in found if one in worst] if len(found) > MAX_CURVES else found


def plot_precision_recall(axes: Axes, curves: Sequence[LabelCurve], threshold: float | None, theme: Theme) -> None:
    """Draw precision against recall, and the share of the label, which guessing reaches.

    Args:
        axes: Where.
        curves: Which.
        threshold: The operating one, which is marked on the only curve.
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
    """Draw the share of the label's files that are called so against that of the others; arguments as above."""
    _prepare(axes, "other files called so", "files of the label called so", "ROC", theme)
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
        precision=steps.hits[0] / steps.called[0],
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
    """Return the last step of the only curve whose probability is not below the threshold; -1 where there is none."""
    if threshold is None or len(curves) != 1:
        return -1
    return int((curves[0].thresholds.astype(np.float32) >= np.float32(threshold)).sum()) - 1


def _mark(axes: Axes, x: float, y: float, side: Literal["left", "right"], theme: Theme) -> None:
    """Mark the operating point, with its name where the curve is not."""
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
    """Return the steps that are drawn: more than there are dots side by side are not seen."""
    return np.unique(np.linspace(0, steps - 1, min(steps, _MAX_POINTS)).astype(np.int64))
