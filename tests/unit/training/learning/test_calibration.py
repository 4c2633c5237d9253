import numpy as np
import numpy.typing as npt
import pytest
from scipy import optimize, special
from sklearn import metrics

from training.learning.calibration import MIN_IMAGES, best_temperature, fit_temperature, losses, softmax

Logits = npt.NDArray[np.float64]
Targets = npt.NDArray[np.int64]


def drawn(count: int, temperature: float, seed: int = 0, labels: int = 3) -> tuple[Logits, Targets]:
    """Draw labels from the logits' own probabilities, then make the logits too certain by a factor."""
    random = np.random.default_rng(seed)
    logits = random.normal(0, 1.5, (count, labels))
    targets = np.array([random.choice(labels, p=row) for row in special.softmax(logits, axis=1)])
    return logits * temperature, targets


@pytest.mark.parametrize(("temperature", "labels"), [(0.4, 2), (1.0, 3), (3.0, 2), (8.0, 10)])
def test_the_temperature_is_the_one_scipy_finds(temperature: float, labels: int) -> None:
    logits, targets = drawn(300, temperature, labels=labels)

    def loss(log_temperature: float) -> float:
        log_probabilities = special.log_softmax(logits / np.exp(log_temperature), axis=1)
        return float(-log_probabilities[np.arange(300), targets].mean())

    found = optimize.minimize_scalar(loss, bounds=(np.log(0.05), np.log(20)), method="bounded", options={"xatol": 1e-9})
    assert best_temperature(logits, targets) == pytest.approx(np.exp(found.x), rel=1e-5)


def test_too_certain_logits_get_a_temperature_and_a_lower_calibration_error() -> None:
    calibration = fit_temperature(*drawn(500, 3.0))
    assert calibration.temperature == pytest.approx(3.0, rel=0.25)
    assert calibration.log_loss_after < calibration.log_loss_before
    assert calibration.ece_after < calibration.ece_before / 2
    assert calibration.note.startswith(f"Temperature {calibration.temperature:.2f}, fitted on 500 validation images")


def test_the_log_losses_are_those_of_scikit_learn() -> None:
    logits, targets = drawn(200, 3.0)
    calibration = fit_temperature(logits, targets)
    before = metrics.log_loss(targets, special.softmax(logits, axis=1))
    after = metrics.log_loss(targets, special.softmax(logits / calibration.temperature, axis=1))
    assert calibration.log_loss_before == pytest.approx(before)
    assert calibration.log_loss_after == pytest.approx(after)


def test_logits_that_are_right_as_they_are_keep_a_temperature_of_1() -> None:
    kept = [fit_temperature(*drawn(200, 1.0, seed)) for seed in range(40)]
    assert sum(one.temperature != 1 for one in kept) <= 2
    assert "within chance" in kept[0].note
    assert kept[0].log_loss_after == kept[0].log_loss_before


def test_where_every_image_is_called_right_no_certainty_is_made_up() -> None:
    logits, _ = drawn(100, 1.0)
    calibration = fit_temperature(logits, logits.argmax(axis=1))
    assert calibration.temperature == 1
    assert "does not have a minimum" in calibration.note


@pytest.mark.parametrize("count", [1, 3, MIN_IMAGES - 1])
def test_a_handful_of_images_fits_no_temperature(count: int) -> None:
    calibration = fit_temperature(*drawn(count, 5.0))
    assert calibration.temperature == 1
    assert f"{count} validation images are too few" in calibration.note


def test_a_temperature_that_raises_the_calibration_error_is_not_used() -> None:
    # Most are right nine times in ten at 0.9, as they should be; the others are at 0.999 and wrong one time in five.
    logits = np.array([[np.log(9), 0.0]] * 800 + [[np.log(999), 0.0]] * 160)
    targets = np.array(([0] * 9 + [1]) * 80 + ([0] * 4 + [1]) * 32)
    calibration = fit_temperature(logits, targets)
    assert calibration.temperature == 1
    assert "and raise the calibration error from 0.0" in calibration.note
    assert calibration.ece_after == calibration.ece_before


def test_losses_and_probabilities_of_huge_logits_are_finite() -> None:
    logits = np.array([[1e4, -1e4], [-1e4, 1e4]])
    assert losses(logits, np.array([0, 0])).tolist() == [0, 2e4]
    assert softmax(logits).tolist() == [[1, 0], [0, 1]]
    assert softmax(logits).dtype == np.float32


def test_probabilities_are_scipys() -> None:
    logits, _ = drawn(50, 2.0, labels=5)
    assert np.allclose(softmax(logits), special.softmax(logits, axis=1), atol=1e-7)
