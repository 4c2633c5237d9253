"""Headlines name the epoch at which a person would say that a curve stands still, or begins to rise."""

import math
import re

import numpy as np
import pytest

from tests.support.curves import drawn, towards
from training.curves.diagnosis import diagnose
from training.curves.history import History
from training.curves.onset import accuracy_still_since, loss_still_since, rise_since
from training.curves.trend import Curve

EPOCHS = np.arange(100)


def curve(values: np.ndarray) -> Curve:
    return Curve(np.asarray(values, dtype=np.float64), tuple(range(1, len(values) + 1)))


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("begins", [12, 25, 40])
def test_a_ramp_stands_still_where_it_ends(begins: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    way = np.minimum(EPOCHS / begins, 1)
    assert loss_still_since(curve(0.7 - 0.25 * way + random.normal(0, 0.004, 100))) == pytest.approx(begins, abs=4)
    accuracy = np.round((0.55 + 0.2 * way + random.normal(0, 0.008, 100)) * 158) / 158
    assert accuracy_still_since(curve(accuracy)) == pytest.approx(begins, abs=6)


def test_a_slow_drift_does_not_put_off_the_plateau_of_a_loss() -> None:
    decay = 0.4 + 0.3 * np.exp(-EPOCHS / 8)
    assert loss_still_since(curve(decay)) == pytest.approx(24, abs=2)
    assert loss_still_since(curve(decay - 0.0003 * EPOCHS)) == pytest.approx(24, abs=4)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("flat", [0, 9, 30])
def test_a_rise_begins_after_the_flat_part(flat: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    loss = 0.5 + 0.02 * np.maximum(0, EPOCHS[:60] - flat) + random.normal(0, 0.005, 60)
    lowest = int(np.argmin(curve(loss).smoothed))
    assert rise_since(curve(loss), lowest) == pytest.approx(flat, abs=3)


@pytest.mark.parametrize("values", [[1.0], [1.0, 2.0], [1.0, 1.0, 1.0]])
def test_a_few_values_have_onsets_too(values: list[float]) -> None:
    few = curve(np.array(values))
    assert 0 <= rise_since(few, 0) < len(few)
    assert 0 <= loss_still_since(few) < len(few)


def frozen_backbone(seed: int) -> tuple[History, float]:
    """Draw 100 epochs of a head on a frozen backbone, and the epoch at which 5% of its way is left."""
    random = np.random.default_rng(seed)
    speed, images = random.uniform(6, 12), int(random.choice([158, 400, 1000]))
    drift = float(random.choice([0, 1e-4, 2e-4]))

    def share(start: float, end: float, images: int) -> object:
        return lambda epoch: round((towards(start, end, speed)(epoch) + random.normal(0, 0.008)) * images) / images

    run = drawn(
        100,
        loss=towards(0.7, 0.25, 1.5 * speed),
        val_loss=lambda epoch: towards(0.69, 0.47, speed)(epoch) - drift * epoch,
        accuracy=share(0.6, 0.9, 500),  # type: ignore[arg-type]
        val_accuracy=share(0.59, float(random.uniform(0.72, 0.9)), images),  # type: ignore[arg-type]
        noise=0.004,
        seed=seed,
    )
    return run, -math.log(0.05) * speed


def test_the_headline_of_a_plateau_names_its_epoch() -> None:
    distances = []
    for seed in range(40):
        run, epoch = frozen_backbone(seed)
        main = diagnose(run).main
        named = re.match(r"Plateau since epoch (\d+)", main.sentence)
        assert named, main.sentence
        distances.append(abs(int(named[1]) - epoch))
    assert np.median(distances) <= 3
    assert np.quantile(distances, 0.9) <= 6


def test_a_run_that_ended_in_time_says_since_when_little_has_changed() -> None:
    run = drawn(40, loss=towards(0.7, 0.3, 5), val_loss=towards(0.7, 0.4, 6), noise=1e-3)
    assert re.search(r"little has changed since epoch (1[3-9]|2\d)\b", diagnose(run).main.sentence)


def test_overfitting_begins_where_the_flat_part_ends_but_the_weights_are_those_of_the_lowest_loss() -> None:
    flat = (0.004, 0.012, 0.0, 0.014, 0.006, 0.013, 0.003, 0.011, 0.005)
    run = drawn(
        30,
        loss=towards(0.6, 0.02, 6),
        val_loss=lambda epoch: 0.56 + (flat[epoch] if epoch < 9 else 0.03 * (epoch - 8)),
        accuracy=towards(0.7, 0.98, 6),
        val_accuracy=0.72,
    )
    main = diagnose(run).main
    assert (main.verdict, main.epoch) == ("overfitting", 9)
    assert main.sentence.startswith("Overfitting since epoch 9:")
    assert "the weights of epoch 3," in main.advice


@pytest.mark.parametrize(
    ("val_accuracy", "worry", "says"),
    [
        (towards(0.6, 0.75, 15), "watch", "but the accuracy still rises."),
        (lambda epoch: 0.7 + 0.002 * (epoch % 2), "watch", "but the accuracy holds."),
        (lambda epoch: 0.75 - 0.004 * epoch, "yes", "while the training loss falls."),
        (None, "yes", "while the training loss falls."),
    ],
    ids=["rises", "holds", "falls", "missing"],
)
def test_the_accuracy_grades_overfitting(val_accuracy: object, worry: str, says: str) -> None:
    run = drawn(
        40,
        loss=towards(0.9, 0.02, 8),
        val_loss=lambda epoch: 0.65 + 0.05 * abs(epoch - 5),
        accuracy=towards(0.6, 0.95, 8),
        val_accuracy=val_accuracy,  # type: ignore[arg-type]
    )
    main = diagnose(run).main
    assert (main.verdict, main.worry) == ("overfitting", worry)
    assert main.sentence.endswith(says)
