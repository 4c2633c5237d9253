"""Losses that no cross-entropy has are named, with their causes."""

import math
from typing import Any

import pytest

from tests.support.curves import drawn, towards
from training.curves.diagnosis import Facts, diagnose
from training.curves.history import History

LEARNS: dict[str, Any] = {"accuracy": towards(0.5, 0.95, 4), "val_accuracy": towards(0.5, 0.9, 4)}


@pytest.mark.parametrize(
    ("run", "epoch"),
    [
        (drawn(20, loss=lambda epoch: -5.0 * epoch - 1, val_loss=-3.0, accuracy=0.4, val_accuracy=0.4), 1),
        (drawn(30, loss=lambda epoch: 0.65 - 0.1 * epoch, val_loss=0.6, accuracy=0.3, val_accuracy=0.31), 8),
        (drawn(20, loss=towards(0.7, 0.2, 4), val_loss=lambda epoch: -0.5 * epoch, **LEARNS), 2),
        (drawn(12, loss=lambda epoch: -(2.0**epoch)), 1),
    ],
    ids=["from-the-first-epoch", "later", "validation", "without-accuracy"],
)
def test_a_negative_loss_is_named_with_its_epoch(run: History, epoch: int) -> None:
    main = diagnose(run).main
    assert (main.verdict, main.worry, main.epoch) == ("impossible-loss", "yes", epoch)
    assert main.sentence.startswith(f"The loss is negative since epoch {epoch}")
    assert "0 and 1" in main.advice


def test_a_loss_that_noise_takes_below_zero_is_not_negative() -> None:
    run = drawn(40, loss=towards(0.7, 0.0005, 3), val_loss=towards(0.7, 0.1, 4), **LEARNS, noise=2e-3)
    assert diagnose(run).main.verdict != "impossible-loss"


@pytest.mark.parametrize("gone", [math.nan, math.inf])
@pytest.mark.parametrize("since", [1, 7, 15])
def test_only_validation_is_lost_while_training_has_its_numbers(gone: float, since: int) -> None:
    run = drawn(15, loss=towards(0.7, 0.1, 4), val_loss=lambda epoch: 0.5 if epoch + 1 < since else gone, **LEARNS)
    main, *others = diagnose(run).findings
    assert (main.verdict, main.worry, main.epoch) == ("impossible-loss", "yes", since)
    assert "Only the validation loss" in main.sentence
    assert others, "the rest of the run is judged as well"


def test_weights_are_lost_if_training_loses_its_numbers_too() -> None:
    lost = drawn(
        15, loss=lambda epoch: 0.5 if epoch < 8 else math.nan, val_loss=lambda epoch: 0.5 / (epoch < 6 or math.nan)
    )
    main = diagnose(lost).main
    assert (main.verdict, main.epoch) == ("unstable", 7)
    assert "weights are lost" in main.sentence


@pytest.mark.parametrize("scale", [30, 400])
def test_a_loss_that_is_summed_and_not_averaged_is_out_of_scale(scale: float) -> None:
    run = drawn(30, loss=towards(0.7 * scale, 0.4 * scale, 6), val_loss=towards(0.7 * scale, 0.45 * scale, 6), **LEARNS)
    main = diagnose(run).main
    assert (main.verdict, main.worry) == ("impossible-loss", "yes")
    assert "on another scale" in main.sentence


def test_a_scale_that_many_labels_explain_is_possible() -> None:
    run = drawn(30, loss=towards(8.0, 4.0, 6), val_loss=towards(8.0, 4.2, 6), accuracy=towards(0.01, 0.4, 6))
    assert diagnose(run, Facts(labels=3000)).main.verdict != "impossible-loss"
    assert diagnose(run, Facts(labels=3)).main.verdict == "impossible-loss"
