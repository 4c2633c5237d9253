"""Draws learning curves on axes in the colours of a theme; `model_store.presentation` draws the other plots."""

from dataclasses import dataclass
from typing import Literal

from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, MaxNLocator

from model_store.presentation.plots import Theme, style
from training.curves.history import Epoch, History

Curve = Literal["loss", "accuracy"]


@dataclass(frozen=True)
class CurveMarks:
    """The marks on a learning curve."""

    kept: int | None
    """Number of the epoch whose weights are published."""
    baseline: float | None = None
    """Accuracy of always predicting the most frequent label."""


def plot_curve(axes: Axes, history: History, curve: Curve, marks: CurveMarks, theme: Theme) -> None:
    """Draw loss or accuracy of every epoch, with the phases and the epoch whose weights are kept."""
    style(axes, theme)
    for column, name, colour in ((curve, "training", theme.train), (f"val_{curve}", "validation", theme.validation)):
        epochs, values = _series(history, column)
        marker = "o" if len(values) <= 12 else ""
        axes.plot(epochs, values, label=name, color=colour, linewidth=1.7, marker=marker, markersize=3.5)
    _shade_fine_tuning(axes, history, theme)
    if curve == "accuracy":
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{100 * value:.4g}%"))
        _draw_baseline(axes, marks.baseline, theme)
    if marks.kept is not None:
        _mark_kept(axes, history[marks.kept], curve, theme)
    axes.set_xlim(0.5, len(history) + 0.5)
    axes.set_xlabel("epoch")
    axes.xaxis.set_major_locator(MaxNLocator(nbins=8, steps=[1, 2, 5, 10], integer=True, min_n_ticks=1))
    axes.set_title(curve.capitalize(), loc="left", color=theme.ink, fontweight="bold", fontsize="large", pad=20)
    axes.legend(
        loc="lower left", bbox_to_anchor=(-0.01, 0.985), ncols=4, frameon=False, labelcolor=theme.soft,
        borderpad=0, handlelength=1.2, columnspacing=1.0, handletextpad=0.4, fontsize=8,
    )  # fmt: skip


def _series(history: History, column: str) -> tuple[list[int], list[float]]:
    """Return the epochs, counted from 1, that have a value, and the values."""
    values = [(epoch.number + 1, getattr(epoch, column)) for epoch in history]
    known = [(number, value) for number, value in values if value is not None]
    return [number for number, _ in known], [value for _, value in known]


def _shade_fine_tuning(axes: Axes, history: History, theme: Theme) -> None:
    tuned = [epoch.number for epoch in history if epoch.phase == "fine-tune"]
    if not tuned:
        return
    axes.axvspan(tuned[0] + 0.5, len(history) + 0.5, color=theme.band, linewidth=0, zorder=0, label="fine-tuning")


def _draw_baseline(axes: Axes, baseline: float | None, theme: Theme) -> None:
    bottom, top = axes.get_ylim()
    if baseline is None or baseline < bottom - (top - bottom):  # so far below the curves that it would flatten them
        return
    axes.axhline(baseline, color=theme.soft, linewidth=1, linestyle=(0, (4, 3)))
    place, side = ((0, 3), "bottom") if baseline < (bottom + top) / 2 else ((0, -3), "top")
    axes.annotate(
        "majority label", (0.5, baseline), xycoords=("axes fraction", "data"), xytext=place,
        textcoords="offset points", ha="center", va=side, fontsize=8, color=theme.soft,
    )  # fmt: skip


def _mark_kept(axes: Axes, epoch: Epoch, curve: Curve, theme: Theme) -> None:
    axes.axvline(epoch.number + 1, color=theme.validation, linewidth=1, linestyle=(0, (1, 2)))
    value = epoch.val_loss if curve == "loss" else epoch.val_accuracy
    name = f"kept: {epoch.number + 1}"
    if value is not None:
        axes.plot(
            [epoch.number + 1], [value], "o", color=theme.validation, markeredgecolor=theme.paper, markersize=8,
            label=name, zorder=4,
        )  # fmt: skip
