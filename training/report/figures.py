"""The pictures of a run: PNG files for the `training/` folder, and pictures inside the report.

`plots.py` draws learning curves; `model_store.presentation` draws the plots of any evaluation.
"""

import functools
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from model_store.evaluation.counting import reliability
from model_store.evaluation.metrics import expected_calibration_error
from model_store.presentation.pictures import PANEL, Picture, picture, save_matrix, save_png
from model_store.presentation.plots import Theme, plot_reliability
from model_store.text import number
from training.outcome import Outcome, Probabilities
from training.report.plots import CurveMarks, plot_curve


def draw_curves(path: Path, outcome: Outcome) -> None:
    """Draw loss and accuracy side by side, with the phases and the epoch whose weights are published."""
    save_png(path, (9.4, 3.2), lambda figure, theme: _curves(figure, outcome, theme))


def draw_matrix(path: Path, outcome: Outcome) -> None:
    """Draw the confusion matrix of the headline split."""
    evaluation = outcome.headline_evaluation
    save_matrix(path, evaluation.confusion_matrix, evaluation.accounting.sentence())


def draw_reliability(path: Path, outcome: Outcome) -> None:
    """Draw the reliability of the headline split before and after calibration."""

    def paint(figure: Figure, theme: Theme) -> None:
        _reliability(figure, theme, outcome=outcome, is_calibrated=False, place=(1, 2))
        _reliability(figure, theme, outcome=outcome, is_calibrated=True, place=(2, 2))

    save_png(path, (9.4, 3.4), paint)


def curve_pictures(outcome: Outcome) -> tuple[Picture, Picture]:
    """Return loss and accuracy as pictures for the report."""
    alt = f"of {len(outcome.history)} epochs on training and validation images; the values are in history.csv."
    marks = _marks(outcome)
    return (
        picture(
            PANEL,
            lambda figure, theme: plot_curve(figure.add_subplot(), outcome.history, "loss", marks, theme),
            alt=f"Loss {alt}",
        ),
        picture(
            PANEL,
            lambda figure, theme: plot_curve(figure.add_subplot(), outcome.history, "accuracy", marks, theme),
            alt=f"Accuracy {alt}",
        ),
    )


def reliability_pictures(outcome: Outcome) -> tuple[Picture, ...]:
    """Return pictures of the reliability before and after the temperature; one picture if the temperature is 1."""
    kinds = {True: "After"} if outcome.calibration.temperature == 1 else {False: "Before", True: "After"}
    return tuple(
        picture(
            PANEL,
            functools.partial(_reliability, outcome=outcome, is_calibrated=is_calibrated),
            alt=f"{name} the temperature: accuracy by predicted probability; expected calibration error "
            f"{number(calibration_error(outcome, is_calibrated=is_calibrated))}.",
        )
        for is_calibrated, name in kinds.items()
    )


def calibration_error(outcome: Outcome, *, is_calibrated: bool) -> float | None:
    """Return the expected calibration error of the headline split, as served or at a temperature of 1."""
    targets = outcome.dataset.targets(outcome.headline_split)
    return expected_calibration_error(targets, _answers(outcome, is_calibrated=is_calibrated).astype(np.float64))


def published_epoch(outcome: Outcome) -> int | None:
    """Return the number of the epoch whose weights are published: the best one of the last phase that was kept."""
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
    bins = reliability(targets, _answers(outcome, is_calibrated=is_calibrated).astype(np.float64))
    temperature = outcome.calibration.temperature if is_calibrated else 1
    error = number(calibration_error(outcome, is_calibrated=is_calibrated))
    column, columns = place
    plot_reliability(
        figure.add_subplot(1, columns, column), bins, f"Temperature {temperature:.3g}: error {error}", theme
    )


def _answers(outcome: Outcome, *, is_calibrated: bool) -> Probabilities:
    return (outcome.probabilities if is_calibrated else outcome.uncalibrated)[outcome.headline_split]
