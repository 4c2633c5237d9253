import numpy as np
import pytest

from model_store.evaluation.counting import reliability
from model_store.evaluation.metrics import expected_calibration_error
from model_store.evaluation.report import Estimate


def make_answers(images: int) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(3)
    return random.integers(0, 4, images), random.dirichlet((0.5,) * 4, images)


def test_the_mean_gap_of_the_bins_is_the_expected_calibration_error() -> None:
    targets, probabilities = make_answers(500)
    bins = reliability(targets, probabilities)
    gap = sum(one.files * abs(one.confidence - (one.accuracy.value or 0)) for one in bins) / 500
    assert gap == pytest.approx(expected_calibration_error(targets, probabilities))


def test_every_image_is_in_a_bin() -> None:
    bins = reliability(*make_answers(500))
    assert sum(one.files for one in bins) == 500
    assert [one.confidence for one in bins] == sorted(one.confidence for one in bins)


def test_an_interval_holds_what_it_is_of() -> None:
    for one in reliability(*make_answers(300)):
        assert one.accuracy == Estimate.of(round((one.accuracy.value or 0) * one.files), one.files)


def test_no_images_give_no_bins() -> None:
    assert reliability(np.zeros(0, np.int64), np.zeros((0, 2))) == []


def test_the_surest_images_share_a_bin_up_to_1() -> None:
    sure = np.array([[0.95, 0.05], [1.0, 0.0]])
    assert [one.files for one in reliability(np.zeros(2, np.int64), sure)] == [2]
