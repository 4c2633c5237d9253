"""Validation that stays at chance while training learns is not taken for overfitting."""

import math

import pytest

from tests.support.curves import drawn, sampled, towards
from training.curves.diagnosis import Facts, diagnose
from training.curves.history import History

QUICK = towards(0.3, 0.97, 3)
FALLS = towards(1.0, 0.05, 3)


@pytest.mark.parametrize(
    "run",
    [
        drawn(25, loss=towards(0.7, 0.05, 3), accuracy=towards(0.5, 0.99, 3), val_loss=0.6931, val_accuracy=0.5),
        drawn(
            30,
            loss=towards(1.1, 0.1, 4),
            accuracy=towards(0.33, 0.95, 4),
            val_loss=lambda epoch: 1.1 + 9 * (epoch % 3),
            val_accuracy=sampled(1 / 3, 900),
        ),
        drawn(
            20,
            loss=towards(2.3, 0.3, 4),
            accuracy=towards(0.1, 0.9, 4),
            val_loss=lambda epoch: 2.4 + epoch / 3,
            val_accuracy=sampled(0.1, 600),
        ),
        drawn(15, loss=FALLS, accuracy=QUICK, val_loss=lambda epoch: 1 + epoch / 3, val_accuracy=0.0),
        drawn(20, loss=FALLS, accuracy=towards(0.67, 0.95, 4), val_loss=1.15, val_accuracy=0.6712),
    ],
    ids=["one-label-of-two", "three-labels-swinging", "ten-labels", "none-right", "most-frequent-label"],
)
def test_validation_at_chance_while_training_learns_is_named(run: History) -> None:
    main = diagnose(run).main
    assert (main.verdict, main.worry) == ("not-prepared-alike", "yes")
    assert "no better than chance" in main.sentence
    assert "check in this order" in main.advice


def test_the_losses_are_enough() -> None:
    run = drawn(20, loss=towards(1.4, 0.05, 3), val_loss=lambda epoch: math.log(4) + 1e-4 * (epoch % 3))
    assert diagnose(run).main.sentence.startswith("The validation loss stays at 1.386, chance among 4 labels")


def test_a_validation_loss_that_stays_at_chance_is_enough_whatever_its_accuracy() -> None:
    """As when pixels are scaled twice in validation: all answers are near one half, yet often on the right side."""
    right = {"accuracy": towards(0.72, 0.97, 4), "val_accuracy": towards(0.66, 0.7, 4)}
    run = drawn(20, loss=towards(0.54, 0.12, 4), val_loss=towards(0.6902, 0.685, 9), **right)  # type: ignore[arg-type]
    assert diagnose(run).main.verdict == "not-prepared-alike"


def test_known_facts_decide_what_chance_is() -> None:
    run = drawn(25, loss=FALLS, accuracy=QUICK, val_loss=lambda epoch: 1.2 + epoch / 9, val_accuracy=sampled(0.5, 900))
    assert diagnose(run, Facts(labels=2)).main.verdict == "not-prepared-alike"
    assert diagnose(run, Facts(majority_share=0.5)).main.verdict == "not-prepared-alike"
    assert diagnose(run, Facts(labels=6)).main.verdict == "overfitting"
    assert diagnose(run, Facts(majority_share=0.25)).main.verdict == "overfitting"


@pytest.mark.parametrize(
    "val_loss",
    [towards(1.0, 0.6, 3), lambda epoch: 0.5 + 0.02 * epoch],
    ids=["falls", "rises"],
)
def test_validation_that_has_learnt_something_is_prepared_alike(val_loss: object) -> None:
    right = {"accuracy": towards(0.5, 0.99, 3), "val_accuracy": sampled(0.81, 900)}
    run = drawn(25, loss=towards(0.7, 0.02, 3), val_loss=val_loss, **right)  # type: ignore[arg-type]
    assert diagnose(run).main.verdict != "not-prepared-alike"


def test_a_few_images_show_nothing() -> None:
    run = drawn(25, loss=FALLS, accuracy=QUICK, val_loss=0.6931, val_accuracy=0.5)
    assert diagnose(run, Facts(validation_images=10)).main.verdict == "too-small-to-tell"
