"""The verdicts on real training runs: the recipe of the question, and runs that go well or wrong in every way."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import keras
import numpy as np
import pytest

from tests.support.runs import TRAIN, VALIDATION, Cells, Recipe, fit, load_cells
from training.curves.diagnosis import Diagnosis, Facts, Verdict, diagnose
from training.curves.history import Epoch, History, read_history
from training.curves.shape import curves

# One run makes the very mistake that Keras warns of.
pytestmark = pytest.mark.filterwarnings("ignore:You are using a softmax over axis:UserWarning")

QUESTION = Recipe()
QUICK = replace(QUESTION, learning_rate=1e-3, batch_size=32)
RUNS: dict[str, tuple[Verdict, Recipe]] = {
    "question": ("plateau-slow", QUESTION),
    "question-fewer-images": ("plateau-slow", QUESTION),
    "converged": ("plateau-converged", replace(QUICK, weight_decay=0.05, epochs=80)),
    "collapsed": ("collapsed", replace(QUESTION, optimizer="sgd", learning_rate=1.0, hidden=32, epochs=20)),
    "overfitting": ("overfitting", replace(QUICK, hidden=64, flips=False, epochs=30)),
    "still-learning": ("still-learning", replace(QUESTION, learning_rate=3e-4, epochs=8)),
    "swinging": ("unstable", replace(QUESTION, learning_rate=0.3, epochs=24)),
    "not-a-number": ("unstable", replace(QUESTION, optimizer="sgd", learning_rate=1e38, hidden=8, epochs=3)),
    "twelve-images": ("too-small-to-tell", replace(QUICK, epochs=20)),
    "marked": ("too-good", replace(QUESTION, learning_rate=1e-2, epochs=12)),
    "classes-from-one": ("impossible-loss", replace(QUICK, is_one_output=True, first_class=1, epochs=15)),
    "softmax-of-one-output": ("never-learnt", replace(QUICK, is_one_output=True, activation="softmax", epochs=20)),
    "scaled-in-training-only": ("not-prepared-alike", replace(QUICK, hidden=64, flips=False, epochs=20)),
    "healthy": ("healthy", replace(QUICK, learning_rate=5e-4, dropout=0.2, epochs=80, patience=5)),
}
"""Name to the expected verdict and the recipe of its training."""


@dataclass(frozen=True)
class Run:
    history: History
    facts: Facts


@pytest.fixture(scope="module")
def cells() -> Cells:
    return load_cells()


@pytest.fixture(scope="module")
def run(cells: Cells, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Run]:
    """Train by name, once each, and read what Keras' own logger wrote."""
    folder = tmp_path_factory.mktemp("runs")
    runs: dict[str, Run] = {}

    def get(name: str) -> Run:
        if name not in runs:
            runs[name] = _train(name, cells, folder / f"{name}.csv")
        return runs[name]

    return get


def _train(name: str, cells: Cells, path: Path) -> Run:
    known = cells.marked() if name == "marked" else cells
    train = known.part(0, {"question-fewer-images": 100, "overfitting": 150}.get(name, TRAIN))
    validation = known.part(TRAIN, 12 if name == "twelve-images" else VALIDATION)
    if name == "scaled-in-training-only":
        validation = validation.scaled(1 / 255)
    fit(RUNS[name][1], train, validation, keras.callbacks.CSVLogger(path))
    share = float(np.bincount(validation.targets).max() / len(validation.targets))
    return Run(read_history(path), Facts(len(train.targets), len(validation.targets), 2, share))


def shaken(run: Run, seed: int) -> History:
    """Add meaningless noise: as much again as each loss has, and one image more or less predicted right."""
    random = np.random.default_rng(seed)
    found = curves(run.history, run.facts)
    images, train_images = run.facts.validation_images or 1, run.facts.train_images or 1
    noise = {"loss": found.loss.noise, "val_loss": found.val_loss.noise if found.val_loss else 0.0}

    def shake(epoch: Epoch, name: str) -> float:
        return float(getattr(epoch, name)) + random.normal(0, noise[name])

    def miscount(share: float | None, images: int) -> float:
        return min(images, max(0, round((share or 0.0) * images + random.normal(0, 1)))) / images

    return tuple(
        replace(
            epoch,
            loss=shake(epoch, "loss"),
            val_loss=shake(epoch, "val_loss"),
            accuracy=miscount(epoch.accuracy, train_images),
            val_accuracy=miscount(epoch.val_accuracy, images),
        )
        for epoch in run.history
    )


@pytest.mark.parametrize("name", RUNS)
def test_a_real_training_gets_its_verdict(run: Callable[[str], Run], name: str) -> None:
    main = diagnose(run(name).history, run(name).facts).main
    assert main.verdict == RUNS[name][0]
    assert main.evidence


@pytest.mark.parametrize("name", [name for name in RUNS if name != "twelve-images"])
def test_the_curves_alone_are_enough(run: Callable[[str], Run], name: str) -> None:
    assert diagnose(run(name).history).main.verdict == RUNS[name][0]


@pytest.mark.parametrize("name", [name for name in RUNS if name != "not-a-number"])
def test_noise_that_means_nothing_changes_no_verdict(run: Callable[[str], Run], name: str) -> None:
    histories = [shaken(run(name), seed) for seed in range(20)]
    assert {diagnose(history, run(name).facts).main.verdict for history in histories} == {RUNS[name][0]}


@pytest.fixture(scope="module")
def answer(run: Callable[[str], Run]) -> Diagnosis:
    return diagnose(run("question").history)


def test_the_question_is_told_that_it_is_a_plateau_and_since_when(answer: Diagnosis) -> None:
    assert answer.main.epoch is not None
    assert 2 <= answer.main.epoch <= 60
    assert answer.main.sentence.startswith(f"Plateau since epoch {answer.main.epoch}:")


def test_the_question_is_told_the_cause_and_the_remedy(answer: Diagnosis) -> None:
    assert "the learning rate is too low" in answer.main.sentence
    assert "ten times higher" in answer.main.advice
    assert "unfreeze" in answer.main.advice


def test_the_question_is_told_what_its_158_images_cannot_tell(answer: Diagnosis) -> None:
    caveat = answer.findings[-1]
    assert caveat.verdict == "too-small-to-tell"
    assert "one is 0.63 points" in caveat.evidence[0]


def test_the_remedy_helps(run: Callable[[str], Run]) -> None:
    lowest = partial(min, key=lambda epoch: epoch.val_loss)
    slow, quick = run("question").history, run("healthy").history
    assert (lowest(quick).val_loss or 0) < (slow[len(quick) - 1].val_loss or 0)
