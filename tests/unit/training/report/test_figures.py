import base64
import xml.etree.ElementTree as ET
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from model_store.presentation.pictures import Picture, matrix_picture
from tests.support.outcomes import HOSTILE_NAMES, SMALL, SOLAR_CELLS, Recipe, make_outcome
from training.curves.history import Epoch
from training.outcome import Outcome
from training.report.figures import (
    calibration_error,
    curve_pictures,
    draw_curves,
    draw_matrix,
    draw_reliability,
    published_epoch,
    reliability_pictures,
)


def hostile_matrix() -> Picture:
    return matrix_picture(make_outcome(HOSTILE_NAMES).headline_evaluation.confusion_matrix)


def svg_of(address: str) -> ET.Element:
    kind, _, data = address.partition(",")
    assert kind == "data:image/svg+xml;base64"
    return ET.fromstring(base64.b64decode(data))  # noqa: S314  made by the project


def texts_of(address: str) -> list[str]:
    return [one.text or "" for one in svg_of(address).iter("{http://www.w3.org/2000/svg}text")]


@pytest.mark.parametrize("draw", [draw_curves, draw_matrix, draw_reliability])
@pytest.mark.parametrize("recipe", [SMALL, HOSTILE_NAMES], ids=["small", "hostile"])
def test_a_picture_is_written(draw: Callable[[Path, Outcome], None], recipe: Recipe, tmp_path: Path) -> None:
    draw(tmp_path / "picture.png", make_outcome(recipe))
    with Image.open(tmp_path / "picture.png") as picture:
        assert picture.format == "PNG"
        assert len(np.unique(np.asarray(picture.convert("L")))) > 10  # something is drawn


def test_the_curves_tell_phases_and_the_epoch_that_is_published() -> None:
    loss, accuracy = curve_pictures(make_outcome(SMALL))
    assert {"Loss", "training", "validation", "fine-tuning", "kept: 41"} <= set(texts_of(loss.light))
    assert {"Accuracy", "majority label"} <= set(texts_of(accuracy.light))


def test_a_picture_for_a_dark_page_differs_only_in_its_colours() -> None:
    loss, _ = curve_pictures(make_outcome(SMALL))
    assert loss.light != loss.dark
    assert texts_of(loss.light) == texts_of(loss.dark)


def test_a_picture_names_no_other_host_but_in_namespaces() -> None:
    for picture in (
        *curve_pictures(make_outcome(SMALL)),
        hostile_matrix(),
    ):
        for element in svg_of(picture.light).iter():
            assert not any("://" in value for value in element.attrib.values())
            assert "script" not in element.tag


def test_a_label_that_looks_like_a_formula_is_drawn_as_it_is() -> None:
    assert "| $\\frac{$ |" in texts_of(hostile_matrix().light)


def test_a_history_without_accuracy_and_with_a_diverged_loss_is_drawn(tmp_path: Path) -> None:
    history = tuple(Epoch(number, loss) for number, loss in enumerate((1.0, float("inf"), float("nan"))))
    draw_curves(tmp_path / "curves.png", replace(make_outcome(SMALL), history=history, phases=()))
    assert (tmp_path / "curves.png").stat().st_size > 1000


def test_the_published_epoch_is_the_last_kept_phases_best() -> None:
    outcome = make_outcome(SMALL)
    rejected = replace(outcome.phases[1], is_kept=False)
    assert published_epoch(outcome) == 40
    assert published_epoch(replace(outcome, phases=(outcome.phases[0], rejected))) == 30


def test_reliability_is_one_picture_where_the_temperature_is_1() -> None:
    outcome = make_outcome(SMALL)
    for temperature, pictures in ((1.0, 1), (1.7, 2)):
        calibrated = replace(outcome, calibration=replace(outcome.calibration, temperature=temperature))
        assert len(reliability_pictures(calibrated)) == pictures


def test_the_errors_shown_are_those_of_the_evaluation_and_of_a_temperature_of_1() -> None:
    outcome = make_outcome(SOLAR_CELLS)
    before, after = reliability_pictures(outcome)
    served = outcome.evaluations["test"].metrics.expected_calibration_error
    assert calibration_error(outcome, is_calibrated=True) == served
    assert f"Temperature {outcome.calibration.temperature:.3g}: error {served:.3f}" in texts_of(after.light)
    assert f"Temperature 1: error {calibration_error(outcome, is_calibrated=False):.3f}" in texts_of(before.light)
