import ast
import inspect
import math
from collections.abc import Callable
from dataclasses import replace
from typing import get_args

import numpy as np
import pytest

from training.curves import chance, collapse, course, impossibility, instability, preparation, rise, trust
from training.curves.diagnosis import ANSWERS, VERDICTS, Facts, Verdict, Worry, diagnose
from training.curves.history import Epoch, History, Phase

Shape = Callable[[float], float]
"""Position in the run, from 0 to 1, to a value."""


def still(value: float) -> Shape:
    return lambda _: value


def falling(start: float, end: float, speed: float) -> Shape:
    return lambda place: end + (start - end) * math.exp(-speed * place)


def history(loss: Shape, val_loss: Shape, val_accuracy: Shape, noise: float = 2e-3) -> History:
    """Draw curves with a little noise, the accuracy in steps of 158 images."""
    random = np.random.default_rng(0)
    places = np.linspace(0, 1, 60).tolist()
    return tuple(
        Epoch(
            number,
            loss(place) + random.normal(0, noise),
            val_loss(place) + random.normal(0, noise),
            accuracy=min(1.0, round(val_accuracy(place) * 430 + random.normal(0, 1)) / 430),
            val_accuracy=min(1.0, round(val_accuracy(place) * 158 + random.normal(0, 0.5)) / 158),
        )
        for number, place in enumerate(places)
    )


CONVERGED = history(falling(0.7, 0.3, 20), falling(0.7, 0.4, 20), falling(0.5, 0.8, 20))
SLOW = history(falling(0.7, 0.3, 2), falling(0.7, 0.4, 2), falling(0.5, 0.8, 20))
LEARNING = history(falling(0.7, 0.3, 1), falling(0.7, 0.4, 1), falling(0.5, 0.9, 1))
OVERFITTING = history(falling(0.7, 0.0, 4), lambda place: 0.5 + (place - 0.3) ** 2, falling(0.5, 0.8, 20))
LOSING = history(falling(0.7, 0.0, 4), lambda place: 0.5 + (place - 0.3) ** 2, lambda place: 0.9 - 0.15 * place)
HEALTHY = history(falling(0.7, 0.3, 5), falling(0.7, 0.4, 7), falling(0.5, 0.85, 6))
COLLAPSED = history(still(0.69), still(0.68), still(100 / 158))


def in_phase(epochs: History, phase: Phase, start: int = 0, better: float = 0.0) -> History:
    return tuple(
        replace(epoch, number=epoch.number + start, phase=phase, val_loss=(epoch.val_loss or 0.0) - better)
        for epoch in epochs
    )


@pytest.mark.parametrize(
    ("epochs", "verdict", "worry"),
    [
        (CONVERGED, "plateau-converged", "no"),
        (SLOW, "plateau-slow", "watch"),
        (LEARNING, "still-learning", "watch"),
        (OVERFITTING, "overfitting", "watch"),
        (LOSING, "overfitting", "yes"),
        (HEALTHY, "healthy", "no"),
        (COLLAPSED, "collapsed", "yes"),
    ],
)
def test_curves_of_a_known_shape_get_their_verdict(epochs: History, verdict: Verdict, worry: Worry) -> None:
    main = diagnose(epochs, Facts(validation_images=158, majority_share=100 / 158)).main
    assert (main.verdict, main.worry) == (verdict, worry)
    assert main.evidence
    assert main.advice


def test_every_verdict_has_a_meaning_and_every_worry_an_answer() -> None:
    assert set(VERDICTS) == set(get_args(Verdict))
    assert set(ANSWERS) == set(get_args(Worry))


_DETECTORS = (chance, collapse, course, impossibility, instability, preparation, rise, trust)


def test_every_verdict_is_given_somewhere() -> None:
    sources = "".join(inspect.getsource(module) for module in _DETECTORS)
    literals = {node.value for node in ast.walk(ast.parse(sources)) if isinstance(node, ast.Constant)}
    assert set(VERDICTS) <= literals


def test_the_same_curves_get_the_same_diagnosis() -> None:
    assert diagnose(SLOW) == diagnose(tuple(SLOW))


def test_a_history_without_epochs_has_no_diagnosis() -> None:
    with pytest.raises(ValueError, match="without epochs"):
        diagnose(())


def test_a_plateau_is_named_by_its_epoch() -> None:
    main = diagnose(SLOW).main
    assert main.epoch == pytest.approx(9, abs=3)
    assert f"since epoch {main.epoch}" in main.sentence


@pytest.mark.parametrize("step", [1, 5])
def test_other_numbers_of_epochs_change_only_the_epoch_that_is_named(step: int) -> None:
    renamed = tuple(replace(epoch, number=100 + step * epoch.number) for epoch in OVERFITTING)
    before, after = diagnose(OVERFITTING).main, diagnose(renamed).main
    assert before.epoch is not None
    assert (after.verdict, after.epoch) == (before.verdict, 100 + step * (before.epoch - 1) + 1)


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_a_loss_that_is_not_a_number_is_named_with_its_epoch(value: float) -> None:
    main = diagnose((*SLOW[:7], *(replace(epoch, loss=value) for epoch in SLOW[7:]))).main
    assert (main.verdict, main.worry, main.epoch) == ("unstable", "yes", 8)


def test_without_validation_nothing_is_known_of_new_images() -> None:
    findings = diagnose(tuple(replace(epoch, val_loss=None, val_accuracy=None) for epoch in LEARNING)).findings
    assert [finding.verdict for finding in findings] == ["too-small-to-tell", "still-learning"]
    assert findings[0].worry == "yes"


def test_three_epochs_are_too_few() -> None:
    assert diagnose(SLOW[:3]).main.verdict == "too-small-to-tell"


def test_the_resolution_is_stated_when_the_number_of_images_is_inferred() -> None:
    small = diagnose(SLOW).findings[-1]
    assert small.verdict == "too-small-to-tell"
    assert "158 validation images (inferred from the steps of the accuracy): one is 0.63 points." in small.evidence


def test_ten_thousand_images_are_not_too_few() -> None:
    assert {finding.verdict for finding in diagnose(SLOW, Facts(validation_images=10_000)).findings} == {"plateau-slow"}


def test_twelve_images_are_too_few_for_anything() -> None:
    main = diagnose(SLOW, Facts(validation_images=12)).main
    assert (main.verdict, main.worry) == ("too-small-to-tell", "yes")


def test_early_stopping_makes_overfitting_harmless() -> None:
    assert diagnose(OVERFITTING, Facts(stopped_early=True)).main.worry == "no"


def test_early_stopping_makes_a_plateau_a_good_end() -> None:
    assert diagnose(CONVERGED, Facts(stopped_early=True)).main.verdict == "healthy"


def test_perfect_validation_from_the_first_epochs_is_doubted() -> None:
    perfect = history(falling(0.5, 0.1, 3), falling(0.5, 0.1, 3), still(1.0))
    assert (diagnose(perfect).main.verdict, diagnose(perfect).main.worry) == ("too-good", "watch")


def test_validation_far_better_than_training_is_doubted() -> None:
    better = tuple(replace(epoch, accuracy=0.6, loss=epoch.loss + 0.4) for epoch in HEALTHY)
    facts = Facts(train_images=430, validation_images=158)
    assert diagnose(better, facts).main.verdict == "too-good"
    tuned = in_phase(better, "fine-tune")
    assert diagnose(tuned, facts).main.verdict == "healthy", "fine-tuning augments its training images"


def test_how_often_a_label_is_predicted_decides_whether_a_model_has_collapsed() -> None:
    assert diagnose(SLOW, Facts(validation_images=158, predicted_share=1.0)).main.verdict == "collapsed"
    assert diagnose(COLLAPSED, Facts(validation_images=158, predicted_share=0.6)).main.verdict != "collapsed"


def test_the_phase_with_the_lowest_validation_loss_answers() -> None:
    head, tuned = in_phase(CONVERGED, "head"), in_phase(LEARNING, "fine-tune", 60, better=0.3)
    main, *_, other = diagnose(head + tuned).findings
    assert main.verdict == "still-learning"
    assert main.epoch == 120
    assert other.sentence.startswith("Head, epochs 1 to 60: Plateau since epoch")


def test_a_worse_second_phase_is_no_more_than_something_to_watch() -> None:
    head, tuned = in_phase(HEALTHY, "head", better=0.3), in_phase(COLLAPSED, "fine-tune", 60)
    main, *_, other = diagnose(head + tuned, Facts(validation_images=158)).findings
    assert main.verdict == "healthy"
    assert (other.verdict, other.worry) == ("collapsed", "watch")
    assert other.sentence.startswith("Fine-tuning, epochs 61 to 120:")


def test_a_rate_that_is_too_low_is_told_from_one_that_was_lowered() -> None:
    lowered = tuple(replace(epoch, learning_rate=1e-3 * 0.9**epoch.number) for epoch in SLOW)
    constant = tuple(replace(epoch, learning_rate=1e-4) for epoch in SLOW)
    assert "too low" in diagnose(constant).main.sentence
    assert "Learning rate at the end: 0.0001." in diagnose(constant).main.evidence
    assert "was lowered" in diagnose(lowered).main.sentence


def test_a_model_worse_than_a_constant_guess_has_collapsed_too() -> None:
    worse = tuple(replace(epoch, accuracy=0.5, val_accuracy=0.5) for epoch in COLLAPSED)
    assert diagnose(worse, Facts(validation_images=158, majority_share=100 / 158)).main.verdict == "collapsed"


def swinging(epochs: History, loss: float = 0.0, val_loss: float = 0.0) -> History:
    random = np.random.default_rng(1)
    return tuple(
        replace(
            epoch,
            loss=abs(epoch.loss + random.normal(0, loss)),
            val_loss=abs((epoch.val_loss or 0.0) + random.normal(0, val_loss)),
        )
        for epoch in epochs
    )


@pytest.mark.parametrize("noise", [{"loss": 0.2}, {"val_loss": 0.2}])
def test_a_loss_that_swings_is_unstable(noise: dict[str, float]) -> None:
    assert diagnose(swinging(CONVERGED, **noise)).main.verdict == "unstable"


def test_twelve_images_may_swing() -> None:
    epochs = swinging(CONVERGED, val_loss=0.2)
    assert diagnose(epochs, Facts(validation_images=12)).main.verdict == "too-small-to-tell"


def test_a_training_loss_that_rises_again_has_diverged() -> None:
    lost = history(lambda place: 0.3 + place**2, falling(0.7, 0.4, 5), falling(0.5, 0.8, 20))
    assert diagnose(lost).main.sentence.startswith("The training loss has diverged")


@pytest.mark.parametrize(
    ("loss", "labels", "verdict"), [(12, None, "impossible-loss"), (3, 2, "impossible-loss"), (3, 100, "healthy")]
)
def test_a_loss_far_above_guessing_is_out_of_scale(loss: float, labels: int | None, verdict: Verdict) -> None:
    lost = tuple(replace(epoch, loss=epoch.loss + loss) for epoch in HEALTHY)
    assert diagnose(lost, Facts(labels=labels)).main.verdict == verdict


def test_memorising_is_not_learning() -> None:
    memorising = history(falling(0.7, 0.1, 2), falling(0.7, 0.4, 20), falling(0.5, 0.8, 20))
    assert diagnose(memorising).main.verdict == "plateau-converged"


def test_less_is_enough_where_both_losses_fall() -> None:
    both = history(falling(0.7, 0.1, 2), lambda place: 0.4 - 0.012 * place, still(0.8))
    assert diagnose(both).main.verdict == "plateau-slow"
    validation_only = tuple(replace(epoch, loss=0.3) for epoch in both)
    assert diagnose(validation_only).main.verdict == "plateau-converged"


def test_four_images_more_are_not_progress() -> None:
    climbing = history(falling(0.7, 0.3, 2), falling(0.7, 0.4, 2), lambda place: 0.8 + place * 4 / 158)
    assert diagnose(climbing).main.verdict == "plateau-slow"
    assert diagnose(climbing, Facts(validation_images=15_800)).main.verdict == "still-learning"


def test_steps_that_are_large_already_are_not_to_be_made_larger() -> None:
    assert "steps are large already" in diagnose(swinging(SLOW, loss=0.03)).main.sentence


def test_noise_about_a_level_is_not_overfitting() -> None:
    memorising = history(falling(0.7, 0.1, 2), still(0.4), still(0.8))
    verdicts = {diagnose(swinging(memorising, val_loss=noise)).main.verdict for noise in (0.01, 0.02, 0.03)}
    assert "overfitting" not in verdicts


def test_what_the_kept_model_predicts_says_nothing_about_the_other_phase() -> None:
    head, tuned = in_phase(HEALTHY, "head", better=0.3), in_phase(CONVERGED, "fine-tune", 60)
    findings = diagnose(head + tuned, Facts(validation_images=158, predicted_share=1.0)).findings
    assert [finding.verdict for finding in findings] == ["collapsed", "too-small-to-tell", "plateau-converged"]


def test_early_stopping_is_known_of_the_last_phase() -> None:
    head, tuned = in_phase(CONVERGED, "head"), in_phase(CONVERGED, "fine-tune", 60, better=0.1)
    findings = diagnose(head + tuned, Facts(validation_images=158, stopped_early=True)).findings
    assert [findings[0].verdict, findings[-1].verdict] == ["healthy", "plateau-converged"]


def test_two_images_predicted_alike_are_not_a_collapse() -> None:
    assert diagnose(SLOW, Facts(validation_images=3, predicted_share=1.0)).main.verdict == "too-small-to-tell"


def test_a_model_that_predicts_the_only_label_has_not_collapsed() -> None:
    alike = Facts(validation_images=158, predicted_share=1.0, majority_share=1.0)
    assert diagnose(HEALTHY, alike).main.verdict == "healthy"


def test_curves_alone_make_a_collapse_no_more_than_likely() -> None:
    main = diagnose(COLLAPSED).main
    assert (main.verdict, main.worry) == ("collapsed", "watch")
    assert "--majority-share" in main.evidence[0]


MAJORITY = Facts(validation_images=158, majority_share=100 / 158)


def steady(loss: float, val_loss: float, accuracy: float, val_accuracy: float) -> History:
    drawn = history(still(loss), still(val_loss), still(val_accuracy))
    return tuple(replace(epoch, accuracy=accuracy) for epoch in drawn)


def test_a_loss_that_knows_more_than_a_constant_guess_is_not_a_collapse() -> None:
    assert diagnose(steady(0.5, 0.5, 100 / 158, 100 / 158), MAJORITY).main.verdict != "collapsed"


@pytest.mark.parametrize(
    "epochs",
    [
        steady(0.07, 0.07, 0.99, 0.99),
        steady(2.0, 2.0, 0.65, 0.65),
        steady(0.45, 0.68, 0.85, 0.63),
    ],
    ids=["knows-nearly-everything", "is-wrong", "has-learnt-the-training-images"],
)
def test_curves_alone_do_not_take_other_models_for_collapsed(epochs: History) -> None:
    assert diagnose(epochs).main.verdict != "collapsed"


def test_twelve_of_twelve_is_not_too_good() -> None:
    assert diagnose(steady(0.1, 0.1, 1.0, 1.0), Facts(validation_images=12)).main.verdict == "too-small-to-tell"


def test_twelve_epochs_that_stand_still_are_not_yet_a_plateau() -> None:
    assert diagnose(CONVERGED[-12:]).main.verdict == "healthy"


def test_overfitting_is_found_where_the_training_loss_has_nothing_left_to_lose() -> None:
    memorised = history(falling(0.7, 0.0005, 30), lambda place: 0.3 + 0.4 * max(place - 0.1, 0), falling(0.5, 0.9, 40))
    assert diagnose(memorised).main.verdict == "overfitting"


@pytest.mark.parametrize("epochs", [12, 60])
def test_a_run_that_gets_worse_is_not_named_a_plateau(epochs: int) -> None:
    shapes = (lambda place: 0.3 + 0.2 * place, lambda place: 0.35 + 0.25 * place, lambda place: 0.85 - 0.2 * place)
    worse = history(*shapes)[:: 60 // epochs]
    main = diagnose(worse).main
    assert (main.verdict, main.worry) == ("unstable", "yes")
    assert main.sentence.startswith("Getting worse since epoch 1:")
    assert diagnose(worse, Facts(stopped_early=True)).main.worry == "no"


@pytest.mark.parametrize("gone", [float("nan"), float("inf")])
def test_one_epoch_without_a_number_is_a_caveat_and_the_rest_is_judged(gone: float) -> None:
    gap = tuple(replace(epoch, val_loss=gone) if epoch.number == 3 else epoch for epoch in CONVERGED)
    main, caveat = diagnose(gap).main, diagnose(gap).findings[-1]
    assert main.verdict == diagnose(CONVERGED).main.verdict
    assert (caveat.verdict, caveat.worry, caveat.epoch) == ("unstable", "watch", 4)


def test_a_loss_that_is_lost_is_lost_from_the_last_number_on() -> None:
    twice = tuple(replace(epoch, loss=float("nan")) if epoch.number in {3, 58, 59} else epoch for epoch in CONVERGED)
    main = diagnose(twice).main
    assert (main.worry, main.epoch, len(CONVERGED)) == ("yes", 59, 60)


def test_validating_now_and_then_is_not_taken_for_a_short_run() -> None:
    seldom = tuple(
        epoch if epoch.number in {9, 29, 59} else replace(epoch, val_loss=None, val_accuracy=None) for epoch in HEALTHY
    )
    assert diagnose(seldom).main.sentence.startswith("Validated in 3 of 60 epochs")


def test_the_phase_that_was_kept_answers_whatever_its_loss() -> None:
    both = (*in_phase(OVERFITTING, "head"), *in_phase(HEALTHY, "fine-tune", 100, better=0.2))
    kept = diagnose(both, Facts(kept="head", head_stopped_early=True, stopped_early=False))
    assert (kept.main.verdict, kept.main.worry) == ("overfitting", "no")
    assert diagnose(both, Facts(kept="fine-tune")).main.verdict == "healthy"


FALLS = (0.9, 0.6, 0.45, 0.3, 0.2, 0.1, 0.05, 0.02)
TURNS = (0.8, 0.62, 0.55, 0.56, 0.62, 0.74, 0.9, 1.1)


def run(loss: tuple[float, ...], val_loss: tuple[float, ...]) -> History:
    return tuple(Epoch(number, *pair) for number, pair in enumerate(zip(loss, val_loss, strict=True)))


@pytest.mark.parametrize("loss", [FALLS, (1.2, 0.7, 0.35, 0.15, 0.06, 0.02), (4, 2, 1, 0.5, 0.49, 0.5)])
def test_a_loss_that_falls_steeply_is_still_learning(loss: tuple[float, ...]) -> None:
    assert diagnose(run(loss, tuple(value + 0.1 for value in loss))).main.verdict == "still-learning"


@pytest.mark.parametrize("epochs", [7, 8])
def test_a_short_run_overfits_from_the_lowest_validation_loss_of_the_file(epochs: int) -> None:
    main = diagnose(run(FALLS[:epochs], TURNS[:epochs])).main
    assert (main.verdict, main.epoch) == ("overfitting", 3)
    assert main.evidence[0].startswith("Validation loss: lowest 0.550 in epoch 3, ")


def test_six_epochs_that_turn_are_not_unstable() -> None:
    assert diagnose(run(FALLS[:6], TURNS[:6])).main.verdict != "unstable"


def test_one_last_epoch_that_jumps_has_not_diverged() -> None:
    assert diagnose(run((*FALLS, 5.0), (*FALLS, 0.02))).main.verdict != "unstable"


def test_a_training_loss_near_zero_does_not_have_to_fall_for_overfitting() -> None:
    main = diagnose(run((0.5, *[0.0] * 13), (0.5, 0.4, 0.3, *(0.2 + 0.05 * place for place in range(11))))).main
    assert main.verdict == "overfitting"
    assert "the training loss is near zero" in main.sentence


def test_a_plateau_near_zero_is_described_by_its_values_and_not_by_shares_of_nothing() -> None:
    main = diagnose(run((0.5, 0.1, *[1e-6] * 20), (0.5, 0.2, *[1e-6, 1e-5] * 10))).main
    assert main.evidence[0] == "Validation loss since epoch 3: between 0.000 and 0.000."
    assert "%" not in " ".join(main.evidence)
