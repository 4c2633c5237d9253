import numpy as np
import pytest

from model_store.metrics import expected_calibration_error
from training.report.reliability import reliability


def make_answers(images: int) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(3)
    return random.integers(0, 4, images), random.dirichlet((0.5,) * 4, images).astype(np.float32)


def test_the_mean_gap_of_the_bins_is_the_expected_calibration_error() -> None:
    targets, probabilities = make_answers(500)
    bins = reliability(targets, probabilities)
    gap = sum(one.images * abs(one.confidence - one.accuracy) for one in bins) / 500
    assert gap == pytest.approx(expected_calibration_error(targets, probabilities.astype(np.float64)))


def test_every_image_is_in_a_bin() -> None:
    bins = reliability(*make_answers(500))
    assert sum(one.images for one in bins) == 500
    assert [one.confidence for one in bins] == sorted(one.confidence for one in bins)


def test_an_interval_holds_what_it_is_of() -> None:
    assert all(one.low <= one.accuracy <= one.high for one in reliability(*make_answers(300)))


def test_no_images_give_no_bins() -> None:
    assert reliability(np.zeros(0, np.int64), np.zeros((0, 2), np.float32)) == ()


def test_the_surest_images_share_a_bin_up_to_1() -> None:
    sure = np.array([[0.95, 0.05], [1.0, 0.0]], np.float32)
    assert [one.images for one in reliability(np.zeros(2, np.int64), sure)] == [2]
