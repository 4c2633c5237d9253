"""Runs that never learnt are told so, whatever the number of labels."""

import math
from typing import Any

import pytest

from tests.support.curves import drawn, sampled, towards
from training.curves.diagnosis import Facts, diagnose
from training.curves.history import History

COIN = math.log(2)


@pytest.mark.parametrize("labels", [2, 3, 7, 12, 37, 100, 1000])
@pytest.mark.parametrize("epochs", [4, 20, 75])
def test_a_loss_of_ln_n_and_one_in_n_right_is_chance_among_n_labels(labels: int, epochs: int) -> None:
    loss, share = math.log(labels), 1 / labels
    right: dict[str, Any] = {"accuracy": sampled(share, 100_000), "val_accuracy": share}
    main = diagnose(drawn(epochs, loss=loss, val_loss=loss, **right, noise=2e-4)).main
    assert (main.verdict, main.worry, main.epoch) == ("never-learnt", "yes", 1)
    assert main.sentence.endswith(f" {labels} labels.")


def test_the_number_of_labels_need_not_be_guessed_if_it_is_known() -> None:
    run = drawn(12, loss=math.log(90), val_loss=math.log(90), accuracy=1 / 90, val_accuracy=1 / 90, noise=0.01)
    assert "chance among 90 labels" in diagnose(run, Facts(labels=90)).main.sentence


def test_a_loss_of_ln_n_is_enough_without_an_accuracy() -> None:
    assert "chance among 5 labels" in diagnose(drawn(9, loss=1.6094, val_loss=1.6095, noise=1e-4)).main.sentence


def test_a_validation_accuracy_is_enough_without_that_of_training() -> None:
    main = diagnose(drawn(9, loss=2.079, val_loss=2.0795, val_accuracy=0.125)).main
    assert "12.5% right and a loss of 2.079 is chance among 8 labels" in main.sentence


def test_a_run_without_validation_is_told_as_well() -> None:
    findings = diagnose(drawn(9, loss=1.3863, accuracy=sampled(0.25, 5000))).findings
    assert [finding.verdict for finding in findings] == ["never-learnt", "too-small-to-tell"]


def test_a_first_epoch_that_is_worse_than_a_guess_changes_nothing() -> None:
    run = drawn(15, loss=towards(2.4, math.log(6), 1.5), val_loss=math.log(6), accuracy=1 / 6, val_accuracy=1 / 6)
    assert diagnose(run).main.verdict == "never-learnt"


@pytest.mark.parametrize(
    ("run", "says"),
    [
        (drawn(10, loss=0.0, val_loss=0.0, accuracy=0.5, val_accuracy=0.5), "A loss of 0 with 50.0% right"),
        (drawn(10, loss=1.2e-7, val_loss=1.2e-7, accuracy=0.2, val_accuracy=0.2), "with 20.0% right is not a cross-"),
        (drawn(25, loss=7.71, val_loss=7.71, accuracy=0.5, val_accuracy=0.5), "a loss of 7.71 with 50.0% right is far"),
        (drawn(18, loss=14.5, val_loss=14.4, accuracy=0.1, val_accuracy=0.11, noise=0.05), "a loss of 14.5 with 10.0%"),
        (drawn(18, loss=612.0, val_loss=610.0, accuracy=0.4, val_accuracy=0.41), "a loss of 612 with 40.0% right"),
        (drawn(18, loss=11.9, val_loss=11.9), "The loss has stayed at 11.9 since the first epoch"),
        (drawn(30, loss=towards(0.04, 0.01, 9), val_loss=0.01, accuracy=0.0, val_accuracy=0.0), "No image is right"),
        (drawn(8, loss=2.31, val_loss=2.3, accuracy=0.0, val_accuracy=0.0), "No image is right in any epoch"),
        (drawn(20, loss=0.695, val_loss=0.694, accuracy=0.06, val_accuracy=0.05, noise=1e-3), "a coin for each of sev"),
    ],
    ids=["one-output", "one-output-five-labels", "clipped", "clipped-ten", "huge", "alone", "zero", "none", "several"],
)
def test_figures_that_no_learning_run_has_are_named(run: History, says: str) -> None:
    main = diagnose(run).main
    assert (main.verdict, main.worry) == ("never-learnt", "yes")
    assert says in main.sentence
    assert main.advice.startswith("Check in this order: (1) ")


def test_a_majority_that_explains_the_figures_is_a_collapse() -> None:
    run = drawn(20, loss=COIN, val_loss=COIN, accuracy=0.5, val_accuracy=0.5, noise=1e-3)
    assert diagnose(run, Facts(majority_share=0.65)).main.verdict == "collapsed"
    assert diagnose(run, Facts(majority_share=0.5)).main.verdict == "never-learnt"


@pytest.mark.parametrize(
    "run",
    [
        drawn(20, loss=towards(2.3, 0.4, 4), val_loss=towards(2.3, 0.5, 4), accuracy=towards(0.1, 0.9, 4)),
        drawn(30, loss=towards(4.6, 3.9, 12), val_loss=towards(4.6, 4.0, 12), accuracy=towards(0.01, 0.12, 12)),
        drawn(20, loss=0.3, val_loss=0.35, accuracy=0.9, val_accuracy=0.88, noise=2e-3),
    ],
    ids=["learns", "learns-a-little", "goes-on-with-a-trained-model"],
)
def test_a_run_that_knows_something_is_not_told_so(run: History) -> None:
    assert diagnose(run).main.verdict != "never-learnt"
