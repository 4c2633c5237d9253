"""The cost of a precision, compared with scikit-learn."""

import numpy as np
import numpy.typing as npt
import pytest
from sklearn.metrics import accuracy_score

from model_store.decision import Decision
from model_store.precision import ACCURACY_MARGIN
from training.variants.held_out import HeldOut

LABELS = ("broken", "whole")


def held_out(images: int = 200, decision: Decision | None = None) -> HeldOut:
    random = np.random.default_rng(0)
    answers = random.dirichlet([1, 1], images).astype(np.float32)
    targets = (random.random(images) < answers[:, 1]).astype(np.int64)
    pixels = np.repeat(np.arange(images, dtype=np.uint8)[:, None, None, None], 3, axis=3)
    return HeldOut(pixels, np.arange(images), targets, answers, decision or Decision(LABELS))


def shifted(one: HeldOut) -> npt.NDArray[np.float32]:
    logits = np.log(one.answers) + np.random.default_rng(1).normal(0, 0.4, one.answers.shape)
    shares = np.exp(logits)
    answers: npt.NDArray[np.float32] = (shares / shares.sum(axis=1, keepdims=True)).astype(np.float32)
    return answers


def test_the_same_answers_cost_nothing() -> None:
    one = held_out()
    measured = one.judge(one.answers, "an engine")
    assert (measured.agreement, measured.largest_difference, measured.images) == (1, 0, 200)
    assert measured.accuracy == measured.accuracy_f32
    assert measured.room == pytest.approx(ACCURACY_MARGIN)


def test_accuracy_and_agreement_are_those_of_scikit_learn() -> None:
    one = held_out()
    answers = shifted(one)
    measured = one.judge(answers, "an engine")
    assert measured.accuracy == pytest.approx(accuracy_score(one.targets, answers.argmax(axis=1)))
    assert measured.accuracy_f32 == pytest.approx(accuracy_score(one.targets, one.answers.argmax(axis=1)))
    assert measured.agreement == pytest.approx(accuracy_score(one.answers.argmax(axis=1), answers.argmax(axis=1)))
    assert measured.largest_difference == pytest.approx(np.abs(answers - one.answers).max())


def test_labels_are_predicted_by_the_versions_own_threshold() -> None:
    one = held_out(decision=Decision(LABELS, "broken", 0.8))
    answers = shifted(one)
    predicted = np.where(answers[:, 0] >= np.float32(0.8), 0, 1)
    assert one.judge(answers, "an engine").accuracy == pytest.approx(accuracy_score(one.targets, predicted))
    assert not (predicted == answers.argmax(axis=1)).all()


def test_some_of_them_are_judged_as_those_alone() -> None:
    one = held_out()
    some = one.only([5, 3, 150])
    assert some.rows.tolist() == [5, 3, 150]
    assert some.judge(one.answers[[5, 3, 150]], "an engine").largest_difference == 0


def test_a_model_is_asked_about_each_image_in_order() -> None:
    one = held_out()
    answers = shifted(one)
    room = one.room_of(lambda pixels: answers[pixels[0, 0, 0, :1]])
    assert room == pytest.approx(one.judge(answers, "an engine").room)
