"""The pictures of a run: PNG files for the `training/` folder, and pictures inside the report, in light and in dark.

What is drawn is in `plots.py`. A picture inside the report is an SVG in a `data:` address: letters stay letters, and
nothing in it can reach the page around it.
"""

import functools
import io
from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import matplotlib as mpl
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from model_store.metrics import expected_calibration_error
from training.outcome import Outcome, Probabilities
from training.report.plots import (
    DARK,
    LIGHT,
    MOST_NAMED,
    CurveMarks,
    Theme,
    missing_letters_allowed,
    plot_curve,
    plot_matrix,
    plot_reliability,
)
from training.report.reliability import reliability
from training.report.wording import number

Paint = Callable[[Figure, Theme], None]

DOTS_PER_INCH: Final = 144
_PANEL: Final = (4.0, 2.8)
_SETTINGS: Final[dict[Any, Any]] = {"font.size": 9.0, "svg.fonttype": "none", "svg.hashsalt": "fullcount"}
"""Letters stay text in an SVG; names inside it do not differ from run to run."""
_FONTS: Final = "'DejaVu Sans', 'Bitstream Vera Sans'"
_SYSTEM_FONTS: Final = "system-ui, -apple-system, 'Segoe UI', Roboto, 'DejaVu Sans'"
_NO_METADATA: Final = dict.fromkeys(("Creator", "Date", "Format", "Type"))
"""Neither a time, which would make two equal runs differ, nor addresses of other hosts."""


@dataclass(frozen=True)
class Picture:
    """A picture for the report, twice: for a light page and for a dark one."""

    light: str
    """A `data:` address."""
    dark: str
    width: int
    """In CSS pixels, at its natural size."""
    height: int
    alt: str


def draw_curves(path: Path, outcome: Outcome) -> None:
    """Draw loss and accuracy side by side: the phases, and the epoch whose weights are published."""
    _save_png(path, (9.4, 3.2), lambda figure, theme: _curves(figure, outcome, theme))


def draw_matrix(path: Path, outcome: Outcome) -> None:
    """Draw the confusion matrix of the headline split."""
    side = _matrix_side(outcome)

    def paint(figure: Figure, theme: Theme) -> None:
        _matrix(figure, outcome, theme)
        figure.suptitle(outcome.headline_evaluation.accounting.sentence(), color=theme.soft, fontsize="medium")

    _save_png(path, (side + 0.6, side), paint)


def draw_reliability(path: Path, outcome: Outcome) -> None:
    """Draw the reliability of the headline split before and after the temperature."""

    def paint(figure: Figure, theme: Theme) -> None:
        _reliability(figure, theme, outcome=outcome, is_calibrated=False, place=(1, 2))
        _reliability(figure, theme, outcome=outcome, is_calibrated=True, place=(2, 2))

    _save_png(path, (9.4, 3.4), paint)


def curve_pictures(outcome: Outcome) -> tuple[Picture, Picture]:
    """Return loss and accuracy as pictures for the report."""
    alt = f"of {len(outcome.history)} epochs on training and validation images; the values are in history.csv."
    marks = _marks(outcome)
    return (
        _picture(
            _PANEL,
            lambda figure, theme: plot_curve(figure.add_subplot(), outcome.history, "loss", marks, theme),
            alt=f"Loss {alt}",
        ),
        _picture(
            _PANEL,
            lambda figure, theme: plot_curve(figure.add_subplot(), outcome.history, "accuracy", marks, theme),
            alt=f"Accuracy {alt}",
        ),
    )


def reliability_pictures(outcome: Outcome) -> tuple[Picture, ...]:
    """Return the reliability before and after the temperature as pictures for the report; one where nothing changed."""
    kinds = {True: "After"} if outcome.calibration.temperature == 1 else {False: "Before", True: "After"}
    return tuple(
        _picture(
            _PANEL,
            functools.partial(_reliability, outcome=outcome, is_calibrated=is_calibrated),
            alt=f"{name} the temperature: share right against probability given; expected calibration error "
            f"{number(calibration_error(outcome, is_calibrated=is_calibrated))}.",
        )
        for is_calibrated, name in kinds.items()
    )


def calibration_error(outcome: Outcome, *, is_calibrated: bool) -> float | None:
    """Return the expected calibration error of the headline split, as served or with a temperature of 1."""
    targets = outcome.dataset.targets(outcome.headline_split)
    return expected_calibration_error(targets, _answers(outcome, is_calibrated=is_calibrated).astype(np.float64))


def matrix_picture(outcome: Outcome) -> Picture:
    """Return the confusion matrix as a picture for the report."""
    side = min(_matrix_side(outcome), 6.4)
    labels = len(outcome.decision.labels)
    return _picture(
        (side + 0.6, side),
        lambda figure, theme: _matrix(figure, outcome, theme),
        alt=f"Confusion matrix of {labels} labels; the darker a cell, the larger its share of its row.",
    )


def published_epoch(outcome: Outcome) -> int | None:
    """Return the number of the epoch whose weights are published: the best of the last phase that was kept."""
    kept = [phase.best for phase in outcome.phases if phase.is_kept and phase.best is not None]
    return kept[-1] if kept else None


def _marks(outcome: Outcome) -> CurveMarks:
    return CurveMarks(published_epoch(outcome), outcome.evaluations["validation"].metrics.majority_baseline)


def _curves(figure: Figure, outcome: Outcome, theme: Theme) -> None:
    marks = _marks(outcome)
    plot_curve(figure.add_subplot(1, 2, 1), outcome.history, "loss", marks, theme)
    plot_curve(figure.add_subplot(1, 2, 2), outcome.history, "accuracy", marks, theme)


def _reliability(
    figure: Figure, theme: Theme, *, outcome: Outcome, is_calibrated: bool, place: tuple[int, int] = (1, 1)
) -> None:
    targets = outcome.dataset.targets(outcome.headline_split)
    bins = reliability(targets, _answers(outcome, is_calibrated=is_calibrated))
    temperature = outcome.calibration.temperature if is_calibrated else 1
    error = number(calibration_error(outcome, is_calibrated=is_calibrated))
    column, columns = place
    plot_reliability(
        figure.add_subplot(1, columns, column), bins, f"Temperature {temperature:.3g}: error {error}", theme
    )


def _answers(outcome: Outcome, *, is_calibrated: bool) -> Probabilities:
    return (outcome.probabilities if is_calibrated else outcome.uncalibrated)[outcome.headline_split]


def _matrix(figure: Figure, outcome: Outcome, theme: Theme) -> None:
    plot_matrix(figure.add_subplot(), outcome.headline_evaluation.confusion_matrix, theme)


def _matrix_side(outcome: Outcome) -> float:
    """Return a length in inches: cells as large as what is written in them, while something is."""
    columns = len(outcome.headline_evaluation.confusion_matrix.columns)
    return 1.8 + (0.7 * columns if columns <= 12 else 0.3 * min(columns, MOST_NAMED))


def _picture(size: tuple[float, float], paint: Paint, *, alt: str) -> Picture:
    width, height = (round(inches * 96) for inches in size)
    return Picture(_svg(size, paint, LIGHT), _svg(size, paint, DARK), width, height, alt)


def _svg(size: tuple[float, float], paint: Paint, theme: Theme) -> str:
    buffer = io.BytesIO()
    with mpl.rc_context(_SETTINGS), missing_letters_allowed():
        figure = Figure(figsize=size, layout="constrained")
        paint(figure, theme)
        figure.savefig(buffer, format="svg", transparent=True, metadata=_NO_METADATA)
    text = buffer.getvalue().decode()
    drawing = text[text.index("<svg") :].replace(_FONTS, _SYSTEM_FONTS)  # no document type: it names another host
    return f"data:image/svg+xml;base64,{b64encode(drawing.encode()).decode('ascii')}"


def _save_png(path: Path, size: tuple[float, float], paint: Paint) -> None:
    with mpl.rc_context(_SETTINGS), missing_letters_allowed():
        figure = Figure(figsize=size, layout="constrained", facecolor=LIGHT.paper)
        FigureCanvasAgg(figure)
        paint(figure, LIGHT)
        figure.set_layout_engine("constrained", w_pad=0.12, h_pad=0.12)  # inches: a margin around everything
        figure.savefig(path, format="png", dpi=DOTS_PER_INCH)
