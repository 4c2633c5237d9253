import numpy as np
import pytest

from model_store.metrics import average_precision, expected_calibration_error, mean_of_defined, ratio, roc_auc

NOBODY = np.array([], dtype=np.int64)
NOTHING = np.empty((0, 2))


def test_a_bin_of_the_calibration_error_is_closed_above() -> None:
    probabilities = np.array([[0.6, 0.4], [0.65, 0.35]])  # 0.6 is the upper end of the ninth of fifteen bins
    assert expected_calibration_error(np.array([0, 1]), probabilities) == pytest.approx((0.4 + 0.65) / 2)


def test_within_a_bin_errors_of_both_signs_cancel() -> None:
    probabilities = np.array([[0.64, 0.36], [0.64, 0.36]])
    assert expected_calibration_error(np.array([0, 1]), probabilities) == pytest.approx(0.14)


def test_nothing_is_undefined_and_never_a_number() -> None:
    assert ratio(0, 0) is None
    assert mean_of_defined([None]) is None
    assert expected_calibration_error(NOBODY, NOTHING) is None
    assert roc_auc(NOBODY, NOTHING, None) is None


def test_equal_scores_are_worth_one_half() -> None:
    same = np.full((4, 2), 0.5)
    assert roc_auc(np.array([0, 1, 0, 1]), same, 1) == 0.5
    assert average_precision(np.array([0, 1, 0, 1]), same, 1) == 0.5


def test_the_positive_label_may_be_the_first() -> None:
    scores = np.array([[0.9, 0.1], [0.8, 0.2], [0.3, 0.7]])
    actual = np.array([0, 1, 0])
    assert average_precision(actual, scores, 0) == pytest.approx((1 + 2 / 3) / 2)
    assert average_precision(actual, scores, 1) == pytest.approx(1 / 2)
