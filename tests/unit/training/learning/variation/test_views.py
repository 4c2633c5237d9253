from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image
from scipy import stats
from statsmodels.stats.contingency_tables import mcnemar

from model_store.images.pixels import Pixels
from training.learning.variation.views import (
    FLIP_HORIZONTAL,
    FLIP_VERTICAL,
    IDENTITY,
    MAX_IMAGES,
    MIN_IMAGES,
    ROTATE_90,
    ROTATE_180,
    TRANSPOSE,
    VIEWS,
    View,
    choose_views,
    closure,
    few_views,
    sample_images,
    upper_tail,
)

PIXELS: Pixels = np.random.default_rng(0).integers(0, 256, (3, 5, 5, 3), dtype=np.uint8)
TARGETS = np.arange(100) % 2

PILLOW = {
    "flip-horizontal": Image.Transpose.FLIP_LEFT_RIGHT,
    "flip-vertical": Image.Transpose.FLIP_TOP_BOTTOM,
    "rotate-90": Image.Transpose.ROTATE_90,
    "rotate-180": Image.Transpose.ROTATE_180,
    "rotate-270": Image.Transpose.ROTATE_270,
    "transpose": Image.Transpose.TRANSPOSE,
    "transverse": Image.Transpose.TRANSVERSE,
}


def flags(wrong: int, count: int = 100) -> npt.NDArray[np.bool_]:
    """Predict the first images wrong and the others right."""
    return np.arange(count) >= wrong


def losing(**wrong: int) -> Callable[[View], npt.NDArray[np.bool_]]:
    """Make a head that predicts five images wrong, and more through the named views."""
    return lambda view: flags(wrong.get(view.name.replace("-", "_"), 5))


@pytest.mark.parametrize("view", VIEWS[1:], ids=lambda view: view.name)
def test_a_view_is_what_pillow_calls_by_its_name(view: View) -> None:
    expected = [np.asarray(Image.fromarray(one).transpose(PILLOW[view.name])) for one in PIXELS]
    assert np.array_equal(view.apply(PIXELS), np.stack(expected))


def test_the_identity_changes_nothing() -> None:
    assert np.array_equal(IDENTITY.apply(PIXELS), PIXELS)


@pytest.mark.parametrize("first", VIEWS, ids=lambda view: view.name)
@pytest.mark.parametrize("second", VIEWS, ids=lambda view: view.name)
def test_one_view_then_another_is_the_view_of_both(first: View, second: View) -> None:
    assert np.array_equal(first.then(second).apply(PIXELS), second.apply(first.apply(PIXELS)))


def test_the_closure_holds_whatever_the_generators_make() -> None:
    assert closure([FLIP_HORIZONTAL, FLIP_VERTICAL]) == (IDENTITY, FLIP_HORIZONTAL, FLIP_VERTICAL, ROTATE_180)
    assert closure([ROTATE_90]) == tuple(view for view in VIEWS if view.name == "identity" or "rot" in view.name)
    assert closure([FLIP_HORIZONTAL, TRANSPOSE]) == VIEWS
    assert closure([]) == (IDENTITY,)


def test_of_all_views_the_four_rotations_are_taken_first() -> None:
    assert [view.name for view in few_views(VIEWS)] == ["identity", "rotate-90", "rotate-180", "rotate-270"]
    assert few_views([FLIP_HORIZONTAL, IDENTITY]) == (IDENTITY, FLIP_HORIZONTAL)
    assert few_views(VIEWS, 1) == (IDENTITY,)


def test_views_that_cost_nothing_are_all_allowed() -> None:
    choice = choose_views(losing(), TARGETS)
    assert choice.allowed == VIEWS
    assert [one.lost for one in choice.evidence] == [0, 0, 0]


def test_a_view_that_loses_many_images_is_forbidden_and_the_numbers_are_said() -> None:
    choice = choose_views(losing(flip_horizontal=60, transpose=50), TARGETS)
    mirrored, upside_down, _ = choice.evidence
    assert choice.allowed == (IDENTITY, FLIP_VERTICAL)
    assert (mirrored.lost, mirrored.won, mirrored.after) == (55, 0, 0.4)
    assert "95.0% of 100 images right unchanged, 40.0% through it (55 lost, 0 won)" in mirrored.sentence
    assert upside_down.is_allowed


def test_losses_spread_thinly_over_many_labels_forbid_a_view_together() -> None:
    targets = np.arange(400) % 20
    choice = choose_views(lambda view: flags(12 if view == FLIP_VERTICAL else 0, 400), targets)
    assert [one.is_allowed for one in choice.evidence] == [True, False, True]
    assert choice.evidence[1].after == 0.97


def test_a_view_that_changes_one_label_of_many_is_forbidden_and_its_share_does_not_hide_it() -> None:
    targets = np.arange(400) % 25
    right = np.ones(400, dtype=bool)
    changed = right & (targets != 7)
    noise = np.arange(400) % 7 == 0  # wins and losses that hide the 16 images of one label among all images
    scores = {IDENTITY: right & ~noise, FLIP_HORIZONTAL: changed & ~np.roll(noise, 1)}
    choice = choose_views(lambda view: scores.get(view, scores[IDENTITY]), targets)
    assert choice.evidence[0].p_value > 0.05
    assert choice.evidence[0].before - choice.evidence[0].after < 0.05
    assert not choice.evidence[0].is_allowed


def test_a_drop_of_more_than_a_few_points_forbids_a_view_also_where_chance_could_explain_it() -> None:
    targets = np.arange(MIN_IMAGES) % 2
    choice = choose_views(lambda view: flags(4 if view == TRANSPOSE else 2, MIN_IMAGES), targets)
    assert choice.evidence[2].p_value > 0.05
    assert choice.allowed == closure([FLIP_HORIZONTAL, FLIP_VERTICAL])


def test_too_few_images_allow_nothing_and_it_is_said() -> None:
    choice = choose_views(lambda _: flags(0, MIN_IMAGES - 1), np.arange(MIN_IMAGES - 1) % 2)
    assert choice.allowed == (IDENTITY,)
    assert "29 validation images are too few" in choice.note


def test_a_head_that_knows_no_more_than_the_majority_allows_nothing() -> None:
    choice = choose_views(lambda _: flags(45), TARGETS)
    assert choice.allowed == (IDENTITY,)
    assert "55.0% of 100 validation images right, the majority label 50.0%" in choice.note


@pytest.mark.parametrize(("lost", "won"), [(0, 0), (3, 1), (9, 2), (20, 31), (200, 180)])
def test_the_test_of_losses_against_wins_is_the_exact_binomial_one(lost: int, won: int) -> None:
    if lost + won:
        assert upper_tail(lost, lost + won, 0.5) == pytest.approx(
            stats.binomtest(lost, lost + won, alternative="greater").pvalue
        )
    if lost > won:  # statsmodels has the two-sided one: twice the tail
        two_sided = mcnemar([[0, lost], [won, 0]], exact=True).pvalue
        assert 2 * upper_tail(lost, lost + won, 0.5) == pytest.approx(two_sided)


def test_the_images_asked_follow_from_the_seed_and_are_not_too_many() -> None:
    assert np.array_equal(sample_images(1000, 3), sample_images(1000, 3))
    assert not np.array_equal(sample_images(1000, 3), sample_images(1000, 4))
    assert len(np.unique(sample_images(1000, 3))) == MAX_IMAGES
    assert sample_images(3, 0).tolist() == [0, 1, 2]
