"""Any history gets an answer, whatever is in it."""

import math
import re
from dataclasses import replace
from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tests.support.curves import drawn, sampled, towards
from training.curves.diagnosis import VERDICTS, Facts, diagnose
from training.curves.history import Epoch, History

numbers = st.floats(width=32) | st.floats(0, 1)
shares = st.none() | st.floats(0, 1) | st.integers(0, 12).map(lambda right: right / 12)
phases = st.sampled_from(("head", "fine-tune", None))
rows = st.tuples(numbers, st.none() | numbers, shares, shares, phases, st.none() | st.floats(0, 1))
facts = st.builds(
    Facts,
    train_images=st.none() | st.integers(1, 10**6),
    validation_images=st.none() | st.integers(1, 10**6),
    labels=st.none() | st.integers(1, 1000),
    majority_share=shares,
    predicted_share=shares,
    stopped_early=st.none() | st.booleans(),
    head_stopped_early=st.none() | st.booleans(),
    kept=st.sampled_from(("head", "fine-tune", None)),
)


@st.composite
def histories(draw: st.DrawFn) -> History:
    return tuple(Epoch(number, *row) for number, row in enumerate(draw(st.lists(rows, min_size=1, max_size=40))))


@given(histories(), facts)
def test_every_history_gets_an_answer_with_evidence_and_advice(history: History, known: Facts) -> None:
    diagnosis = diagnose(history, known)
    assert diagnosis == diagnose(history, known)
    for finding in diagnosis.findings:
        assert finding.verdict in VERDICTS
        assert finding.evidence
        assert finding.sentence.endswith(".")
        assert finding.advice.endswith(".")
        assert finding.epoch is None or 1 <= finding.epoch <= len(history)


decays = st.sampled_from(("exponential", "linear", "power"))


@st.composite
def falling_losses(draw: st.DrawFn) -> list[float]:
    """A loss that falls from at most 8 nats to less than half, with up to 2% of noise, and falls in every epoch."""
    count, start, noise = draw(st.integers(5, 60)), draw(st.floats(0.05, 8)), draw(st.floats(0, 0.02))
    place = np.arange(count) / (count - 1)
    shape = {
        "exponential": np.exp(-draw(st.floats(1, 12)) * place),
        "linear": 1 - draw(st.floats(0.6, 0.999)) * place,
        "power": (1 + place * (count - 1)) ** -draw(st.floats(0.6, 4)),
    }[draw(decays)]
    random = np.random.default_rng(draw(st.integers(0, 1000)))
    noisy = start * shape * (1 + random.uniform(-noise, noise, count))
    return [float(value) for value in np.minimum.accumulate(noisy) - 1e-9 * place]


@st.composite
def validation_losses(draw: st.DrawFn, count: int) -> list[float]:
    """A validation loss that falls, or that overfits: it rises from its lowest on, with up to 2% of noise."""
    turn, rise, noise = draw(st.floats(0.1, 1)), draw(st.floats(0, 3)), draw(st.floats(0, 0.02))
    place = np.arange(count) / (count - 1)
    shape = 0.4 + 0.5 * np.exp(-8 * place) + rise * np.maximum(place - turn, 0) ** draw(st.sampled_from((1, 2)))
    random = np.random.default_rng(draw(st.integers(0, 1000)))
    return [float(value) for value in shape * (1 + random.uniform(-noise, noise, count))]


def run(loss: list[float], val_loss: list[float]) -> History:
    return tuple(Epoch(number, *pair) for number, pair in enumerate(zip(loss, val_loss, strict=True)))


@given(st.data(), falling_losses())
def test_a_training_loss_that_only_falls_is_not_unstable(data: st.DataObject, loss: list[float]) -> None:
    epochs = run(loss, data.draw(validation_losses(len(loss))))
    assert "unstable" not in {finding.verdict for finding in diagnose(epochs).findings}


@given(st.data(), falling_losses())
def test_a_training_loss_at_twice_its_lowest_for_the_last_third_is_unstable(
    data: st.DataObject, loss: list[float]
) -> None:
    third = max(2, -(-len(loss) // 3))
    lowest = min(loss[:-third])
    level = max(data.draw(st.floats(2.05, 20)) * lowest, lowest + 0.15)
    factors = data.draw(st.lists(st.floats(1, 1.1), min_size=third, max_size=third))
    epochs = run([*loss[:-third], *(level * factor for factor in factors)], data.draw(validation_losses(len(loss))))
    assert diagnose(epochs).main.verdict == "unstable"


@given(st.data(), falling_losses())
def test_the_evidence_stays_within_what_losses_can_be(data: st.DataObject, loss: list[float]) -> None:
    near_zero = [value * data.draw(st.sampled_from((1.0, 1e-6))) for value in loss]
    for finding in diagnose(run(loss, near_zero)).findings:
        text = " ".join(finding.evidence)
        assert not re.search(r" -\d", text), text
        assert all(float(share) <= 1000 for share in re.findall(r"([\d.]+)%", text)), text


@given(st.integers(2, 1000), st.integers(4, 80), st.floats(0, 0.02), st.integers(0, 1000))
def test_chance_among_any_number_of_labels_never_learnt(labels: int, epochs: int, noise: float, seed: int) -> None:
    share = {"accuracy": sampled(1 / labels, 20_000, seed), "val_accuracy": sampled(1 / labels, 5_000, seed + 1)}
    guess = math.log(labels)
    main = diagnose(drawn(epochs, loss=guess, val_loss=guess, noise=noise * guess / 5, seed=seed, **share)).main
    assert (main.verdict, main.worry) == ("never-learnt", "yes")


@given(st.integers(2, 100), st.integers(8, 80), st.floats(0.4, 0.97), st.floats(1, 12), st.integers(0, 1000))
def test_a_run_that_learns_is_possible(labels: int, epochs: int, best: float, speed: float, seed: int) -> None:
    """A run that gets from chance most of the way to its best, with noise of 1%, and validation a little behind."""
    learning = min(speed, epochs / 4)
    right = {
        "accuracy": towards(1 / labels, max(best, 1.5 / labels), learning),
        "val_accuracy": towards(1 / labels, max(0.9 * best, 1.4 / labels), learning),
    }
    guess, wrong = math.log(labels), 1 - best
    ends = {
        "loss": towards(guess, wrong * 1.3, learning),
        "val_loss": towards(guess, (wrong + 0.1 * best) * 1.4, learning),
    }
    run = drawn(epochs, noise=0.01 * wrong, seed=seed, **right, **ends)
    verdicts = {finding.verdict for finding in diagnose(run, Facts(validation_images=1000)).findings}
    assert not verdicts & {"never-learnt", "impossible-loss", "not-prepared-alike"}


@given(st.integers(6, 60), st.floats(0.3, 30), st.integers(0, 1000))
def test_a_negative_loss_is_impossible_whatever_its_scale(epochs: int, scale: float, seed: int) -> None:
    run = drawn(epochs, loss=lambda epoch: 0.7 - scale * epoch, val_loss=0.7, noise=0.01, seed=seed)
    assert (diagnose(run).main.verdict, diagnose(run).main.worry) == ("impossible-loss", "yes")


POSSIBLE: dict[str, dict[str, Any]] = {
    "never-learnt": {"loss": math.log(5), "val_loss": math.log(5), "accuracy": 0.2, "val_accuracy": 0.2},
    "not-prepared-alike": {
        "loss": towards(0.7, 0.05, 4),
        "val_loss": lambda epoch: 0.8 + epoch / 9,
        "accuracy": towards(0.5, 0.97, 4),
        "val_accuracy": 0.5,
    },
    "impossible-loss": {"loss": lambda epoch: 0.6 - epoch / 5, "val_loss": 0.5, "accuracy": 0.4, "val_accuracy": 0.4},
    "overfitting": {
        "loss": towards(0.7, 0.05, 6),
        "val_loss": lambda epoch: 0.55 + max(0, epoch - 12) / 50,
        "accuracy": towards(0.6, 0.97, 6),
        "val_accuracy": towards(0.6, 0.78, 6),
    },
    "plateau-converged": {
        "loss": towards(0.7, 0.3, 4),
        "val_loss": towards(0.7, 0.4, 4),
        "accuracy": towards(0.55, 0.9, 4),
        "val_accuracy": towards(0.55, 0.83, 4),
    },
}


@given(st.sampled_from(sorted(POSSIBLE)), st.integers(0, 10_000))
def test_noise_that_does_not_matter_changes_no_verdict(verdict: str, seed: int) -> None:
    """Noise of 0.2% of each loss, and one of 500 images more or less."""
    random = np.random.default_rng(seed)
    run = drawn(40, noise=0.001, seed=seed, **POSSIBLE[verdict])
    shaken = tuple(
        replace(
            epoch,
            accuracy=float(np.clip((epoch.accuracy or 0) + random.integers(-1, 2) / 500, 0, 1)),
            val_accuracy=float(np.clip((epoch.val_accuracy or 0) + random.integers(-1, 2) / 500, 0, 1)),
        )
        for epoch in run
    )
    assert diagnose(run).main.verdict == diagnose(shaken).main.verdict == verdict
