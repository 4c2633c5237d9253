import numpy as np
import pytest

from training.curves.trend import Curve, grid, isotonic


def curve(values: "np.typing.ArrayLike") -> Curve:
    array = np.asarray(values, dtype=np.float64)
    return Curve(array, tuple(range(1, len(array) + 1)))


def normal(count: int, scale: float, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(0, scale, count)


def test_the_noise_of_a_line_is_the_noise_that_was_added() -> None:
    assert curve(np.linspace(5, 1, 400) + normal(400, 0.02)).noise == pytest.approx(0.02, rel=0.15)


def test_a_line_without_noise_has_none() -> None:
    assert curve(np.linspace(5, 1, 30)).noise == pytest.approx(0, abs=1e-12)


def test_one_odd_epoch_does_not_turn_a_slope() -> None:
    values = np.linspace(1, 0.8, 21)
    values[-3] = 40
    assert curve(values).slope == pytest.approx(-0.01)


def test_a_slope_stands_out_and_noise_does_not() -> None:
    noise = normal(40, 0.01)
    assert curve(np.linspace(1, 0.9, 40) + noise).significance(0.01) > 4
    assert curve(noise).significance(0.01) < 4


def test_a_curve_of_one_epoch_has_no_trend() -> None:
    one = curve([0.5])
    assert (one.slope, one.change, one.noise, one.significance(0.1)) == (0, 0, 0, 0)
    assert one.end == one.level == 0.5


def test_the_nearest_rising_curve_pools_what_falls() -> None:
    assert isotonic(np.array([1.0, 3.0, 2.0, 4.0])).tolist() == [1, 2.5, 2.5, 4]


def test_a_curve_arrives_where_it_comes_within_the_tolerance() -> None:
    values = [*np.linspace(1, 0.5, 11), *([0.5] * 20)]
    assert curve(values).arrived(0.049, upwards=False) == 10
    assert curve([-value for value in values]).arrived(0.151, upwards=True) == 7


def test_where_a_curve_arrives_does_not_depend_on_single_epochs() -> None:
    values = np.array([*np.linspace(1, 0.5, 11), *([0.5] * 40)])
    places = [curve(values + normal(51, 0.01, seed)).arrived(0.03, upwards=False) for seed in range(50)]
    assert max(places) - min(places) <= 3


@pytest.mark.parametrize("images", [12, 158, 200, 1000, 2624])
def test_the_steps_of_an_accuracy_give_away_how_many_images_there_are(images: int) -> None:
    counts = np.random.default_rng(images).integers(images // 2, images, 25)
    assert grid((counts / images).astype(np.float32).tolist()) == images


def test_four_digits_are_enough_for_158_images() -> None:
    counts = np.random.default_rng(0).integers(80, 150, 25)
    assert grid((counts / 158).round(4).tolist()) == 158


def test_a_grid_that_any_values_would_fit_is_no_evidence() -> None:
    assert grid([0.4306, 0.5868, 0.7378]) is None


@pytest.mark.parametrize("shares", [[], [0.5, 0.5, 0.75], [0.0, 1.0], np.random.default_rng(0).random(9).tolist()])
def test_nothing_is_inferred_from_too_little_or_from_no_counts(shares: list[float]) -> None:
    assert grid(shares) is None


def test_three_digits_are_not_taken_for_a_thousand_images() -> None:
    counts = np.random.default_rng(0).integers(1000, 2000, 25)
    assert grid((counts / 2624).round(3).tolist()) is None


@pytest.mark.parametrize("values", [0.5 ** np.arange(8), -(0.5 ** np.arange(8)), [0.9, 0.5, 0.8, 1.6, 2.7]])
def test_a_curve_that_turns_at_most_once_does_not_swing(values: "np.typing.ArrayLike") -> None:
    assert curve(values).swing == 0


def test_a_level_with_noise_swings_by_its_noise() -> None:
    assert curve(normal(800, 0.02)).swing == pytest.approx(0.02, rel=0.15)


def test_a_steep_trend_ends_within_the_values_it_was_read_from() -> None:
    steep = curve([0.9, 0.5, 0.279, 0.1, 0.03, 0.001])
    assert 0.001 <= steep.end < steep.start <= 0.9
