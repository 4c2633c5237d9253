import numpy as np
import pytest
from statsmodels.stats.proportion import proportion_confint

from model_store.evaluation.metrics import (
    chosen_labels,
    expected_calibration_error,
    mean_of_defined,
    ratio,
    wilson_interval,
)
from model_store.evaluation.ranking import Ranking, average_precision, roc_auc

NOBODY = np.array([], dtype=np.int64)
NOTHING = np.empty((0, 2))


def test_a_bin_of_the_calibration_error_is_closed_above() -> None:
    probabilities = np.array([[0.6, 0.4], [0.65, 0.35]])  # 0.6 is the upper end of the ninth of fifteen bins
    assert expected_calibration_error(np.array([0, 1]), probabilities) == pytest.approx((0.4 + 0.65) / 2)


def test_within_a_bin_errors_of_both_signs_cancel() -> None:
    probabilities = np.array([[0.64, 0.36], [0.64, 0.36]])
    assert expected_calibration_error(np.array([0, 1]), probabilities) == pytest.approx(0.14)


@pytest.mark.parametrize("trials", [*range(1, 60), 158, 10_015])
def test_an_interval_contains_its_value_and_ends_exactly(trials: int) -> None:
    for successes in {*range(min(trials, 60) + 1), trials - 1, trials}:
        interval = wilson_interval(successes, trials)
        assert interval == pytest.approx(proportion_confint(successes, trials, method="wilson"), abs=1e-12)
        assert interval is not None
        low, high = interval
        assert 0 <= low <= successes / trials <= high <= 1
        assert (low == 0, high == 1) == (successes == 0, successes == trials)


def test_nothing_is_undefined_and_never_a_number() -> None:
    assert ratio(0, 0) is None
    assert mean_of_defined([None]) is None
    assert expected_calibration_error(NOBODY, NOTHING) is None


def test_without_files_of_a_kind_the_areas_are_not_numbers() -> None:
    for is_positive in (np.array([True, True]), np.array([False, False])):
        assert np.isnan(roc_auc(Ranking(is_positive, np.array([0.5, 0.4])).steps()))
    assert np.isnan(average_precision(Ranking(np.array([False]), np.array([0.5])).steps()))


def test_equal_scores_are_worth_one_half() -> None:
    steps = Ranking(np.array([False, True, False, True]), np.full(4, 0.5)).steps()
    assert roc_auc(steps) == 0.5
    assert average_precision(steps) == 0.5


def test_a_weight_counts_a_file_so_often() -> None:
    is_positive, score = np.array([True, False, True]), np.array([0.9, 0.8, 0.3])
    weighted = Ranking(is_positive, score).steps(np.array([[2.0, 0.0, 1.0], [1.0, 3.0, 1.0]]))
    assert np.isnan(roc_auc(weighted)[0])
    repeated = Ranking(is_positive[[0, 1, 1, 1, 2]], score[[0, 1, 1, 1, 2]]).steps()
    assert roc_auc(weighted)[1] == roc_auc(repeated)[0]
    assert average_precision(weighted)[1] == average_precision(repeated)[0]


def test_of_two_labels_the_positive_one_is_ranked_and_of_more_each() -> None:
    assert (chosen_labels(2, 0), chosen_labels(2, None), chosen_labels(3, None)) == ([0], [1], [0, 1, 2])
