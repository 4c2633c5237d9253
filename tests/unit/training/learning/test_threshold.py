import numpy as np
import numpy.typing as npt
import pytest
from sklearn import metrics

from model_store.decision import Decision
from training.errors import ThresholdInvalid
from training.learning.threshold import Policy, choose_threshold, parse_policy

Scores = npt.NDArray[np.float32]
Flags = npt.NDArray[np.bool_]


def drawn(seed: int, count: int = 80, decimals: int = 8) -> tuple[Scores, Flags]:
    """Draw overlapping scores; scores with few decimals have ties."""
    random = np.random.default_rng(seed)
    is_positive = random.random(count) < 0.3
    scores = np.clip(random.normal(0.4 + 0.2 * is_positive, 0.15), 0.01, 0.99).round(decimals)
    return scores.astype(np.float32), is_positive


DATA = [pytest.param(*drawn(seed, decimals=decimals)) for seed in range(4) for decimals in (8, 1)]


@pytest.mark.parametrize(
    ("text", "policy"),
    [
        ("0.5", Policy("fixed", 0.5)),
        (" .25 ", Policy("fixed", 0.25)),
        ("best-f1", Policy("best-f1")),
        ("youden", Policy("youden")),
        ("recall>=0.95", Policy("recall", 0.95)),
        ("recall >= 1", Policy("recall", 1.0)),
        ("precision>=0.9", Policy("precision", 0.9)),
    ],
)
def test_a_policy_is_read(text: str, policy: Policy) -> None:
    assert parse_policy(text) == policy
    assert parse_policy(str(policy)) == policy


@pytest.mark.parametrize(
    "text", ["", "0", "1", "-0.5", "nan", "inf", "best", "recall>=0", "recall>=1.1", "recall>0.9", "precision>=x", "f1"]
)
def test_a_text_that_is_no_policy_is_an_error_with_the_ones_there_are(text: str) -> None:
    with pytest.raises(ThresholdInvalid) as error:
        parse_policy(text)
    assert repr(text) in str(error.value)
    assert "recall>=0.95" in str(error.value.hint)


@pytest.mark.parametrize(("scores", "is_positive"), DATA)
def test_best_f1_is_the_highest_on_scikit_learns_curve(scores: Scores, is_positive: Flags) -> None:
    threshold = choose_threshold(Policy("best-f1"), scores, is_positive)
    precision, recall, _ = metrics.precision_recall_curve(is_positive, scores)
    highest = np.nanmax(2 * precision[:-1] * recall[:-1] / np.maximum(precision[:-1] + recall[:-1], 1e-12))
    assert metrics.f1_score(is_positive, scores >= threshold.value) == pytest.approx(highest)


@pytest.mark.parametrize(("scores", "is_positive"), DATA)
def test_youdens_index_is_the_highest_on_scikit_learns_curve(scores: Scores, is_positive: Flags) -> None:
    threshold = choose_threshold(Policy("youden"), scores, is_positive)
    false_rate, true_rate, _ = metrics.roc_curve(is_positive, scores)
    is_predicted = scores >= threshold.value
    index = is_predicted[is_positive].mean() - is_predicted[~is_positive].mean()
    assert index == pytest.approx((true_rate - false_rate).max())


@pytest.mark.parametrize("bound", [0.5, 0.95, 1.0])
@pytest.mark.parametrize(("scores", "is_positive"), DATA)
def test_a_bound_on_recall_gets_the_highest_precision_that_has_it(
    scores: Scores, is_positive: Flags, bound: float
) -> None:
    threshold = choose_threshold(Policy("recall", bound), scores, is_positive)
    precision, recall, _ = metrics.precision_recall_curve(is_positive, scores)
    assert threshold.recall is not None
    assert threshold.recall >= bound
    assert threshold.precision == pytest.approx(precision[:-1][recall[:-1] >= bound].max())


@pytest.mark.parametrize("bound", [0.3, 0.5, 0.6])
@pytest.mark.parametrize(("scores", "is_positive"), DATA)
def test_a_bound_on_precision_gets_the_highest_recall_that_has_it(
    scores: Scores, is_positive: Flags, bound: float
) -> None:
    threshold = choose_threshold(Policy("precision", bound), scores, is_positive)
    precision, recall, _ = metrics.precision_recall_curve(is_positive, scores)
    assert threshold.precision is not None
    assert threshold.precision >= bound
    assert threshold.recall == pytest.approx(recall[:-1][precision[:-1] >= bound].max())


@pytest.mark.parametrize(("scores", "is_positive"), DATA)
def test_the_figures_are_those_of_the_rule_that_is_served(scores: Scores, is_positive: Flags) -> None:
    threshold = choose_threshold(Policy("best-f1"), scores, is_positive)
    decision = Decision(("no", "yes"), "yes", threshold.value)
    predicted = np.array([decision.index(np.array([1 - score, score], np.float32)) for score in scores])
    assert threshold.precision == pytest.approx(metrics.precision_score(is_positive, predicted))
    assert threshold.recall == pytest.approx(metrics.recall_score(is_positive, predicted))


def test_a_threshold_lies_half_way_between_the_scores_it_parts() -> None:
    threshold = choose_threshold(Policy("best-f1"), np.array([0.1, 0.2, 0.6, 0.9]), np.array([0, 0, 1, 1], dtype=bool))
    assert threshold.value == pytest.approx(0.4)
    assert threshold.note.startswith("Threshold 0.4 (best-f1), on validation images: precision 1.000 of 2")


@pytest.mark.parametrize("low", [np.float32(0.7), np.nextafter(np.float32(0.7), np.float32(1))])
def test_neighbours_with_nothing_between_them_are_parted_by_the_upper_one(low: np.float32) -> None:
    high = np.nextafter(low, np.float32(1))
    threshold = choose_threshold(Policy("best-f1"), np.array([low, high]), np.array([False, True]))
    decision = Decision(("no", "yes"), "yes", threshold.value)
    assert decision.index(np.array([1 - low, low], np.float32)) == 0
    assert decision.index(np.array([1 - high, high], np.float32)) == 1


def test_of_equal_thresholds_the_one_nearest_to_a_half_is_taken() -> None:
    scores, is_positive = np.array([0.1, 0.3, 0.6, 0.9]), np.array([False, True, False, True])
    assert choose_threshold(Policy("youden"), scores, is_positive).value == pytest.approx(0.75)  # as good as 0.2
    assert choose_threshold(Policy("youden"), 1 - scores, ~is_positive).value == pytest.approx(0.25)


def test_the_bound_itself_is_reached_before_the_other_measure_counts() -> None:
    scores, is_positive = np.array([0.1, 0.3, 0.45, 0.9]), np.array([True, False, False, True])
    assert choose_threshold(Policy("recall", 0.5), scores, is_positive).value == pytest.approx(0.675)
    assert choose_threshold(Policy("recall", 1.0), scores, is_positive).value == pytest.approx(0.05)


def test_a_number_is_taken_as_it_is() -> None:
    threshold = choose_threshold(parse_policy("0.3"), np.array([0.2, 0.4]), np.array([False, True]))
    assert (threshold.value, threshold.policy, threshold.precision, threshold.recall) == (0.3, "0.3", 1.0, 1.0)


@pytest.mark.parametrize("value", [False, True])
def test_with_one_label_alone_there_is_nothing_to_choose_by_and_it_is_said(*, value: bool) -> None:
    threshold = choose_threshold(Policy("youden"), np.array([0.2, 0.4, 0.7]), np.full(3, value))
    assert threshold.value == 0.5
    assert threshold.note.startswith(f"youden cannot be followed: {3 * value} of 3 validation images are positive")


def test_scores_that_are_all_0_leave_a_half() -> None:
    threshold = choose_threshold(Policy("best-f1"), np.zeros(4, np.float32), np.array([True, False, False, True]))
    assert threshold.value == 0.5
    assert threshold.precision is None
    assert "0 usable values" in threshold.note


def test_a_precision_out_of_reach_gets_the_nearest_and_it_is_said() -> None:
    scores, is_positive = np.array([0.2, 0.4, 0.9]), np.array([False, True, False])
    threshold = choose_threshold(Policy("precision", 0.9), scores, is_positive)
    assert threshold.precision == 0.5
    assert threshold.note.startswith("No threshold reaches a precision of 0.9 on the validation images")


def test_many_images_take_no_square_of_memory() -> None:
    scores, is_positive = drawn(0, count=100_000)
    threshold = choose_threshold(Policy("recall", 0.95), scores, is_positive)
    assert threshold.recall == pytest.approx(0.95, abs=1e-3)
