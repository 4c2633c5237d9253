"""A run that has not moved since its first epoch is never answered with "no" if a guess could have its figures."""

from dataclasses import replace

from tests.support.curves import drawn, sampled, towards
from training.curves.diagnosis import diagnose


def test_an_uneven_guess_that_never_moves_is_one_to_worry_about() -> None:
    run = drawn(20, loss=1.61, val_loss=1.6, accuracy=sampled(0.42, 5000), val_accuracy=0.42, noise=2e-3)
    main = diagnose(run).main
    assert (main.verdict, main.worry) == ("never-learnt", "yes")
    assert main.sentence.startswith("Nothing has moved since the first epoch: ")


def test_one_validation_accuracy_in_every_epoch_is_enough_while_the_loss_moves_a_little() -> None:
    run = drawn(20, loss=towards(1.2, 1.1, 6), val_loss=1.09, accuracy=sampled(0.67, 2000), val_accuracy=0.67)
    assert (diagnose(run).main.verdict, diagnose(run).main.worry) == ("never-learnt", "yes")


def test_a_run_that_may_have_begun_with_a_trained_model_is_something_to_watch() -> None:
    run = drawn(
        40, loss=0.9, val_loss=0.92, accuracy=sampled(0.72, 3000), val_accuracy=sampled(0.71, 900, 1), noise=2e-3
    )
    main = diagnose(run).main
    assert (main.verdict, main.worry) == ("never-learnt", "watch")
    assert "trained model" in main.advice


def test_fine_tuning_begins_with_a_trained_model() -> None:
    run = drawn(40, loss=0.9, val_loss=0.92, accuracy=sampled(0.72, 3000), val_accuracy=sampled(0.71, 900, 1))
    tuned = tuple(replace(epoch, phase="fine-tune") for epoch in run)
    assert diagnose(tuned).main.verdict == "plateau-converged"


def test_one_answer_for_every_image_is_named_though_the_loss_falls() -> None:
    run = drawn(20, loss=towards(0.65, 0.32, 5), val_loss=towards(0.64, 0.49, 5), accuracy=0.688, val_accuracy=0.646)
    main = diagnose(run).main
    assert (main.verdict, main.worry) == ("never-learnt", "watch")
    assert "every image gets the same answer" in main.sentence
    assert "softmax over one output" in main.advice
    assert "class weights" in main.advice


def test_a_loss_that_one_answer_excludes_is_one_to_worry_about() -> None:
    run = drawn(20, loss=towards(0.65, 0.32, 5), val_loss=towards(0.64, 0.49, 5), accuracy=0.312, val_accuracy=0.354)
    main = diagnose(run).main
    assert (main.verdict, main.worry) == ("never-learnt", "yes")
    assert "with 31.2% right is not a cross-entropy of these labels" in main.sentence


def test_an_accuracy_that_moves_by_an_image_is_not_one_answer() -> None:
    run = drawn(20, loss=towards(0.65, 0.32, 5), val_loss=towards(0.64, 0.49, 5), accuracy=sampled(0.7, 3000))
    assert diagnose(run).main.verdict != "never-learnt"
