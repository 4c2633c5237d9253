"""Plots as pictures: PNG files, and SVG pictures for a page, in light and dark. `plots` draws their content.

A picture in a page is an SVG in a `data:` URL: its text stays text, and nothing in it can reach the surrounding page.
"""

import io
from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Final

import matplotlib as mpl
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from model_store.evaluation.report import ConfusionMatrix
from model_store.presentation.plots import DARK, LIGHT, MAX_NAMED, Theme, missing_letters_allowed, plot_matrix

Paint = Callable[[Figure, Theme], None]

PANEL: Final = (4.0, 2.8)
"""Width and height of a small plot, in inches."""
DOTS_PER_INCH: Final = 144
_SETTINGS: Final[dict[Any, Any]] = {"font.size": 9.0, "svg.fonttype": "none", "svg.hashsalt": "fullcount"}
"""Keep text as text in an SVG, and make the names inside it the same in every run."""
_FONTS: Final = "'DejaVu Sans', 'Bitstream Vera Sans'"
_SYSTEM_FONTS: Final = "system-ui, -apple-system, 'Segoe UI', Roboto, 'DejaVu Sans'"
_NO_METADATA: Final = dict.fromkeys(("Creator", "Date", "Format", "Type"))
"""Leave out the time, which would make two equal runs differ, and the URLs of other hosts."""


@dataclass(frozen=True)
class Picture:
    """A picture for a page, in a light and a dark variant."""

    light: str
    """`data:` URL of the light variant."""
    dark: str
    """`data:` URL of the dark variant."""
    width: int
    """Natural width in CSS pixels."""
    height: int
    """Natural height in CSS pixels."""
    alt: str


def picture(size: tuple[float, float], paint: Paint, *, alt: str) -> Picture:
    """Draw a picture for a page.

    Args:
        size: Width and height in inches.
        paint: Draws on a figure in a theme's colours.
        alt: Description of the picture.
    """
    width, height = (round(inches * 96) for inches in size)
    return Picture(_svg(size, paint, LIGHT), _svg(size, paint, DARK), width, height, alt)


def save_png(file: Path | BinaryIO, size: tuple[float, float], paint: Paint) -> None:
    """Draw and save a PNG file; `size` is its width and height in inches."""
    with mpl.rc_context(_SETTINGS), missing_letters_allowed():
        figure = Figure(figsize=size, layout="constrained", facecolor=LIGHT.paper)
        FigureCanvasAgg(figure)
        paint(figure, LIGHT)
        figure.set_layout_engine("constrained", w_pad=0.12, h_pad=0.12)  # inches: a margin around everything
        figure.savefig(file, format="png", dpi=DOTS_PER_INCH)


def matrix_picture(matrix: ConfusionMatrix) -> Picture:
    """Draw a confusion matrix for a page."""
    side = min(matrix_side(matrix), 6.4)
    labels = len(matrix.columns) - 1
    return picture(
        (side + 0.6, side),
        lambda figure, theme: plot_matrix(figure.add_subplot(), matrix, theme),
        alt=f"Confusion matrix of {labels} labels; the darker a cell, the larger its share of its row.",
    )


def save_matrix(file: Path | BinaryIO, matrix: ConfusionMatrix, sentence: str) -> None:
    """Draw and save a confusion matrix as a PNG file, below a sentence."""
    side = matrix_side(matrix)

    def paint(figure: Figure, theme: Theme) -> None:
        plot_matrix(figure.add_subplot(), matrix, theme)
        figure.suptitle(sentence, color=theme.soft, fontsize="medium")

    save_png(file, (side + 0.6, side), paint)


def matrix_side(matrix: ConfusionMatrix) -> float:
    """Return the side of a confusion matrix in inches; cells are large enough for their text if they have any."""
    columns = len(matrix.columns)
    return 1.8 + (0.7 * columns if columns <= 12 else 0.3 * min(columns, MAX_NAMED))


def _svg(size: tuple[float, float], paint: Paint, theme: Theme) -> str:
    buffer = io.BytesIO()
    with mpl.rc_context(_SETTINGS), missing_letters_allowed():
        figure = Figure(figsize=size, layout="constrained")
        paint(figure, theme)
        figure.savefig(buffer, format="svg", transparent=True, metadata=_NO_METADATA)
    text = buffer.getvalue().decode()
    drawing = text[text.index("<svg") :].replace(_FONTS, _SYSTEM_FONTS)  # no document type: it names another host
    return f"data:image/svg+xml;base64,{b64encode(drawing.encode()).decode('ascii')}"
