"""What is drawn: curves, reliability and matrix on given axes, in given colours. Where they end up is in `figures.py`.

Matplotlib's objects only: no global figure, no window. Text from outside is never read as formulae.
"""

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.ticker import FuncFormatter, MaxNLocator, PercentFormatter

from model_store.report import ConfusionMatrix
from training.curves.history import Epoch, History
from training.report.reliability import Bin

Curve = Literal["loss", "accuracy"]

MOST_NAMED: Final = 40
"""A matrix of more labels is drawn without their names: they would be too small to read."""
MOST_WRITTEN: Final = 20
"""A matrix of more labels is drawn without its counts."""


@dataclass(frozen=True)
class Theme:
    """Colours, as matplotlib takes them."""

    ink: str
    soft: str
    """Of what is beside the point: ticks, frames."""
    line: str
    band: str
    """Of the background where a phase is told from another."""
    train: str
    validation: str
    paper: str


LIGHT: Final = Theme(
    ink="#1b1f24",
    soft="#59626d",
    line="#d9dce0",
    band="#e6ecf3",
    train="#8d97a3",
    validation="#1a5fb4",
    paper="#ffffff",
)
DARK: Final = Theme(
    ink="#eceef0",
    soft="#a5adb6",
    line="#3a4048",
    band="#282f38",
    train="#8b95a1",
    validation="#79b0f5",
    paper="#191c20",
)


@dataclass(frozen=True)
class CurveMarks:
    """What is pointed out on a learning curve."""

    kept: int | None
    """Number of the epoch whose weights are published."""
    baseline: float | None = None
    """Accuracy of always calling the most frequent label."""


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


def plot_reliability(axes: Axes, bins: Sequence[Bin], title: str, theme: Theme) -> None:
    """Draw how often the model is right against how sure it is; on the diagonal the two agree."""
    style(axes, theme)
    axes.plot([0, 1], [0, 1], color=theme.soft, linewidth=1, linestyle=(0, (4, 3)))
    confidence, accuracy = [one.confidence for one in bins], [one.accuracy for one in bins]
    most = max((one.images for one in bins), default=1)
    below, above = [one.accuracy - one.low for one in bins], [one.high - one.accuracy for one in bins]
    spread = np.clip([below, above], 0, None)  # rounding may put an end on the wrong side
    axes.errorbar(confidence, accuracy, yerr=spread, fmt="none", ecolor=theme.train, elinewidth=1.2)
    areas = [22 + 90 * one.images / most for one in bins]
    axes.scatter(
        confidence, accuracy, s=areas, color=theme.validation, edgecolors=theme.paper, linewidths=0.8, zorder=3
    )
    first = min([0.5, *confidence])
    axes.set(xlim=(max(0, first - 0.05), 1.03), ylim=(-0.03, 1.03), xlabel="probability given", ylabel="share right")
    axes.xaxis.set_major_formatter(PercentFormatter(1))
    axes.yaxis.set_major_formatter(PercentFormatter(1))
    axes.set_title(title, loc="left", color=theme.ink, fontweight="bold", fontsize="large", pad=8)


def plot_matrix(axes: Axes, matrix: ConfusionMatrix, theme: Theme) -> None:
    """Draw a confusion matrix: shares of each row as the shade and, for few labels, counts in the cells."""
    style(axes, theme)
    axes.grid(visible=False)
    counts = np.array(matrix.counts)
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    shades = LinearSegmentedColormap.from_list("shares", [theme.paper, theme.validation])
    axes.imshow(np.sqrt(shares), cmap=shades, vmin=0, vmax=1, interpolation="nearest")
    axes.tick_params(length=0)
    if max(counts.shape) <= MOST_NAMED:
        small = "medium" if max(counts.shape) <= MOST_WRITTEN else "x-small"
        axes.set_xticks(
            range(len(matrix.columns)),
            _short(matrix.columns),
            rotation=45,
            ha="right",
            fontsize=small,
            parse_math=False,
        )
        axes.set_yticks(range(len(matrix.rows)), _short(matrix.rows), fontsize=small, parse_math=False)
    else:
        axes.set(xticks=[], yticks=[])
    axes.set(xlabel="label called", ylabel="label given")
    if max(counts.shape) <= MOST_WRITTEN:
        _write_counts(axes, counts, np.sqrt(shares), theme)


def style(axes: Axes, theme: Theme) -> None:
    """Make axes quiet: two thin lines and a faint grid."""
    axes.set_facecolor("none")
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color(theme.line)
    axes.tick_params(colors=theme.soft, length=3, width=0.8, color=theme.line)
    axes.xaxis.label.set_color(theme.soft)
    axes.yaxis.label.set_color(theme.soft)
    axes.grid(axis="y", color=theme.line, linewidth=0.6)
    axes.set_axisbelow(True)


@contextmanager
def missing_letters_allowed() -> Iterator[None]:
    """Let a label in a script that the font lacks be drawn as boxes, without a warning per letter."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing from font", UserWarning)
        warnings.filterwarnings("ignore", "Matplotlib currently does not support", UserWarning)
        yield


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
    if baseline is None or baseline < bottom - (top - bottom):  # so far below that it would flatten the curves
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


def _short(labels: Sequence[str], most: int = 24) -> list[str]:
    return [label if len(label) <= most else f"{label[: most - 1]}…" for label in labels]


def _write_counts(axes: Axes, counts: npt.NDArray[np.int64], shades: npt.NDArray[np.float64], theme: Theme) -> None:
    size = "large" if len(counts) <= 5 else "small"
    for row, column in np.ndindex(counts.shape):
        colour = theme.paper if shades[row, column] > 0.6 else theme.ink
        axes.text(column, row, str(counts[row, column]), ha="center", va="center", color=colour, fontsize=size)
