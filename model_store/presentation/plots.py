"""Plots of an evaluation, drawn on matplotlib axes in a theme's colours. `pictures` makes files of them.

Uses only matplotlib's objects: no global figure, no window. Untrusted text is never parsed as math.
"""

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.ticker import PercentFormatter

from model_store.evaluation.report import ConfusionMatrix, ReliabilityBin

MAX_NAMED: Final = 40
"""Largest number of labels whose names are drawn; more would be too small to read."""
MAX_WRITTEN: Final = 20
"""Largest number of labels whose counts are drawn."""


@dataclass(frozen=True)
class Theme:
    """Colours in a form that matplotlib accepts."""

    ink: str
    soft: str
    """Colour of minor elements, such as ticks and frames."""
    line: str
    band: str
    """Background colour that marks every other phase."""
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


def plot_reliability(axes: Axes, bins: Sequence[ReliabilityBin], title: str, theme: Theme) -> None:
    """Draw the share of right predictions against their probability; on the diagonal the two agree."""
    style(axes, theme)
    axes.plot([0, 1], [0, 1], color=theme.soft, linewidth=1, linestyle=(0, (4, 3)))
    confidence, most = [bin_.confidence for bin_ in bins], max((bin_.files for bin_ in bins), default=1)
    accuracy, low, high = (
        np.array([[bin_.accuracy.value, bin_.accuracy.low, bin_.accuracy.high] for bin_ in bins], np.float64)
        .reshape(-1, 3)
        .T
    )
    spread = np.clip([accuracy - low, high - accuracy], 0, None)  # rounding may make a difference negative
    axes.errorbar(confidence, accuracy, yerr=spread, fmt="none", ecolor=theme.train, elinewidth=1.2)
    areas = [22 + 90 * bin_.files / most for bin_ in bins]
    axes.scatter(
        confidence, accuracy, s=areas, color=theme.validation, edgecolors=theme.paper, linewidths=0.8, zorder=3
    )
    first = min([0.5, *confidence])
    axes.set(xlim=(max(0, first - 0.05), 1.03), ylim=(-0.03, 1.03), xlabel="probability given", ylabel="share right")
    axes.xaxis.set_major_formatter(PercentFormatter(1))
    axes.yaxis.set_major_formatter(PercentFormatter(1))
    axes.set_title(title, loc="left", color=theme.ink, fontweight="bold", fontsize="large", pad=8)


def plot_matrix(axes: Axes, matrix: ConfusionMatrix, theme: Theme) -> None:
    """Draw a confusion matrix: each cell's share of its row as a shade and, for few labels, its count."""
    style(axes, theme)
    axes.grid(visible=False)
    counts = np.array(matrix.counts)
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    shades = LinearSegmentedColormap.from_list("shares", [theme.paper, theme.validation])
    axes.imshow(np.sqrt(shares), cmap=shades, vmin=0, vmax=1, interpolation="nearest")
    axes.tick_params(length=0)
    if max(counts.shape) <= MAX_NAMED:
        small = "medium" if max(counts.shape) <= MAX_WRITTEN else "x-small"
        columns, rows = ([short(label) for label in labels] for labels in (matrix.columns, matrix.rows))
        axes.set_xticks(range(len(columns)), columns, rotation=45, ha="right", fontsize=small, parse_math=False)
        axes.set_yticks(range(len(rows)), rows, fontsize=small, parse_math=False)
    else:
        axes.set(xticks=[], yticks=[])
    axes.set(xlabel="predicted label", ylabel="given label")
    if max(counts.shape) <= MAX_WRITTEN:
        _write_counts(axes, counts, np.sqrt(shares), theme)


def style(axes: Axes, theme: Theme) -> None:
    """Style axes plainly: two thin lines and a faint grid."""
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
    """Draw a label in a script that the font lacks as boxes, without a warning per letter."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing from font", UserWarning)
        warnings.filterwarnings("ignore", "Matplotlib currently does not support", UserWarning)
        yield


def short(label: str, most: int = 24) -> str:
    """Shorten a label so that it fits beside a plot."""
    return label if len(label) <= most else f"{label[: most - 1]}…"


def _write_counts(axes: Axes, counts: npt.NDArray[np.int64], shades: npt.NDArray[np.float64], theme: Theme) -> None:
    size = "large" if len(counts) <= 5 else "small"
    for row, column in np.ndindex(counts.shape):
        colour = theme.paper if shades[row, column] > 0.6 else theme.ink
        axes.text(column, row, str(counts[row, column]), ha="center", va="center", color=colour, fontsize=size)
