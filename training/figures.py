"""The pictures in the `training/` folder of a version. Matplotlib's objects only: no global figure, no window."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from model_store.report import ConfusionMatrix


def draw_curves(path: Path, history: list[dict[str, float]], best_epoch: int) -> None:
    """Draw loss and accuracy of every epoch, with the one whose weights were kept."""
    figure = Figure(figsize=(9, 3.6), layout="constrained")
    epochs = [row["epoch"] + 1 for row in history]
    for place, (name, title) in enumerate((("loss", "Loss"), ("accuracy", "Accuracy"))):
        axes = figure.add_subplot(1, 2, place + 1)
        axes.plot(epochs, [row[name] for row in history], label="train", marker=".")
        axes.plot(epochs, [row[f"val_{name}"] for row in history], label="validation", marker=".")
        axes.axvline(best_epoch + 1, color="grey", linestyle=":", label="kept")
        axes.set(title=title, xlabel="epoch")
        axes.legend()
    _save(figure, path)


def draw_matrix(path: Path, matrix: ConfusionMatrix) -> None:
    """Draw a confusion matrix: counts in the cells, shares of each row as the shade."""
    counts = np.array(matrix.counts)
    side = 1.8 + 0.7 * len(matrix.columns)
    figure = Figure(figsize=(side + 1, side), layout="constrained")
    axes = figure.add_subplot()
    axes.imshow(counts / np.maximum(counts.sum(axis=1, keepdims=True), 1), cmap="Blues", vmin=0, vmax=1)
    axes.set(xlabel="label predicted", ylabel="label given", title=f"{counts.sum()} files")
    axes.set_xticks(range(len(matrix.columns)), matrix.columns, rotation=45, ha="right")
    axes.set_yticks(range(len(matrix.rows)), matrix.rows)
    _write_counts(axes, counts)
    _save(figure, path)


def _write_counts(axes: Axes, counts: np.ndarray) -> None:
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    for row, column in np.ndindex(counts.shape):
        colour = "white" if shares[row, column] > 0.5 else "black"
        axes.text(column, row, str(counts[row, column]), ha="center", va="center", color=colour)


def _save(figure: Figure, path: Path) -> None:
    with _missing_letters_allowed():
        FigureCanvasAgg(figure)
        figure.savefig(path, format="png")


@contextmanager
def _missing_letters_allowed() -> Iterator[None]:
    """Let a label in a script that the font lacks be drawn as boxes, without a warning per letter."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing from font", UserWarning)
        warnings.filterwarnings("ignore", "Matplotlib currently does not support", UserWarning)
        yield
