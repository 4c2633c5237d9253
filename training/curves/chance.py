"""Detects a run that never learnt: from its first epoch to its last, its figures are those of a guess.

A guess among N labels is right once in N times and costs ln N. Cross-entropy and accuracy bound each other: an image
that is predicted wrong gives its label at most half of the probability, so it costs at least ln 2.
"""

import math
from collections.abc import Iterator
from typing import Final

import numpy as np

from training.curves import shape as limits
from training.curves.findings import Finding, Worry, in_order
from training.curves.shape import Curves
from training.curves.trend import Curve

_NO_BETTER: Final = 0.99
"""Share of a guess's loss below which a run has learnt something."""
_NO_WORSE: Final = 1.04
"""Multiple of a guess's loss above which it is not the guess of this many labels."""
_EXACT: Final = 0.003
"""The same, both ways, if there is no accuracy to agree with the loss."""
FEW_LABELS: Final = 20
"""Labels up to which a loss alone tells their number: ln 20 and ln 21 differ by 1.6%."""
_STILL_LOSS: Final = 0.03
"""Share of the loss within which it has not moved over a whole run."""
_SURE_ERRORS: Final = 4
"""Standard errors of a share by which it is another one."""
_LESS_THAN_A_COIN: Final = 0.4
_NOTHING_RIGHT: Final = 1e-4
"""Accuracy that is none: a guess among 10,000 labels is right as often."""
_CLIPPED: Final = 8.0
"""Loss in nats of each wrong image above which probabilities are 0 or 1. Keras clips such a loss at 16."""
_WRONG_OFTEN: Final = 0.75
"""Accuracy below which a loss of wrong images weighs more than a penalty on the weights could."""

CAUSES: Final = in_order(
    "the labels belong to their images and are shuffled together with them",
    "pixels are scaled once, as the backbone expects",
    "loss, targets and last layer fit: class numbers with `sparse_categorical_crossentropy`, one output a label, and "
    "softmax or `from_logits=True`",
    "the learning rate: ten times lower, then ten times higher",
    "some layers are trainable",
    then="A sound set-up learns 20 images by heart within some epochs.",
)
ONE_OUTPUT: Final = in_order(
    "the last layer: a softmax over one output is always 1, so use a sigmoid, or one output a label",
    "the loss fits it: `binary_crossentropy` for one output, `sparse_categorical_crossentropy` for several",
    "the targets are 0 and 1, or class numbers from 0",
    "the accuracy compares the same two things as the loss",
)
_UNLIKE_THINGS: Final = in_order(
    "the targets have the form that the accuracy expects: class numbers, or one-hot rows",
    "they lie between 0 and the number of outputs less 1",
    "the loss is a cross-entropy of the labels, not a regression",
    "the accuracy gets probabilities, not logits, if it compares them with 0.5",
)
_CLIPPED_LOSS: Final = in_order(
    "last layer and loss fit: a sigmoid over one output with `binary_crossentropy` and targets 0 and 1, or a softmax "
    "with one output a label",
    "the targets are not 1 and 2, -1 and 1, or 0 and 255",
    "pixels are scaled once",
    "the learning rate: a first step that is too large leaves probabilities of 0 and 1, so start again with one ten "
    "times lower",
)


def never_learnt(curves: Curves) -> Finding | None:
    """Find a run whose figures are those of a guess throughout, or that cannot learn at all."""
    is_still = all(np.ptp(curve.thirds) <= 2 * _tolerance(curves, curve) for _, curve in curves.accuracies)
    if len(curves.loss) < limits.MIN_EPOCHS or not is_still:
        return None
    return _none_right(curves) or _coin(curves) or _guess(curves) or _too_low(curves) or _clipped(curves)


def chance_of(curves: Curves, share: float, tolerance: float) -> int | None:
    """Return the number of labels among which a guess is right for this share; None if there is no such number."""
    if curves.facts.labels:
        return curves.facts.labels if abs(share - 1 / curves.facts.labels) <= tolerance else None
    labels = max(2, round(1 / share)) if share > 0 else 0
    return labels if labels and abs(share - 1 / labels) <= tolerance else None


def _none_right(curves: Curves) -> Finding | None:
    highest = [curve.smoothed.max() for _, curve in curves.accuracies]
    if not highest or max(highest) > _NOTHING_RIGHT:
        return None
    sentence = "No image is right in any epoch, which is worse than a guess: the accuracy does not match the labels."
    return finding(curves, sentence, _UNLIKE_THINGS)


def _guess(curves: Curves) -> Finding | None:
    """Find a loss of ln N and, if there is an accuracy, one of 1/N."""
    labels = _labels(curves)
    if labels is None or (curves.facts.majority_share or 0.0) > 1 / labels + curves.tolerance:
        return None
    share = share_right(curves)
    right = "" if share is None else f"{share:.1%} right and "
    about = "about " if labels > FEW_LABELS and labels != curves.facts.labels else ""
    sentence = f"{right}a loss of {curves.loss.level:.3f} is chance among {about}{labels} labels."
    return finding(curves, f"The model never began to learn: {sentence}", CAUSES)


def _labels(curves: Curves) -> int | None:
    """Return the number of labels among which both losses and both accuracies are chance."""
    guesses = math.exp(min([12.0, *(loss.level for _, loss in curves.losses)]))
    by_loss = round(guesses)
    known = [curve for _, curve in curves.accuracies]
    if not known:
        is_few = 2 <= by_loss <= (curves.facts.labels or FEW_LABELS)
        is_exact = is_few and all(abs(loss.level / math.log(by_loss) - 1) <= _EXACT for _, loss in curves.losses)
        return by_loss if is_exact and all(is_flat(loss) for _, loss in curves.losses) else None
    by_share = chance_of(curves, known[0].level, _tolerance(curves, known[0]))
    is_near = abs(guesses - by_loss) <= 0.02 * by_loss
    candidates = (by_loss, by_share) if is_near else (by_share, by_loss)
    if curves.facts.labels:
        candidates = (curves.facts.labels, None)
    return next((labels for labels in candidates if labels and _is_chance(curves, labels)), None)


def _is_chance(curves: Curves, labels: int) -> bool:
    if labels < 2 or not all(_is_level(curve, 1 / labels, _tolerance(curves, curve)) for _, curve in curves.accuracies):
        return False
    lowest, highest = _NO_BETTER * math.log(labels), _NO_WORSE * math.log(labels)
    return all(
        loss.thirds.min() + loss.uncertainty >= lowest and loss.level - loss.uncertainty <= highest
        for _, loss in curves.losses
    )


def _coin(curves: Curves) -> Finding | None:
    """Find a loss of ln 2 with an accuracy that is not a coin's: several outputs, each of which is undecided."""
    share = share_right(curves)
    is_coin = all(_is_level(loss, math.log(2), 0.015 + loss.noise) for _, loss in curves.losses)
    is_several = curves.set_aside is not None or (share is not None and share <= _LESS_THAN_A_COIN)
    if not is_coin or not is_several:
        return None
    right = "" if share is None else f"; {share:.1%} are right"
    sentence = f"a loss of {curves.loss.level:.3f} is ln 2, a coin for each of several outputs{right}."
    return finding(curves, f"The model never began to learn: {sentence}", CAUSES)


def _too_low(curves: Curves) -> Finding | None:
    """Find a loss that is lower than its accuracy allows, at an accuracy that never moves."""
    share = share_right(curves)
    if share is None or curves.loss.level >= 0.98 * (1 - share) * math.log(2):
        return None
    sentence = f"A loss of {curves.loss.level:.3g} with {share:.1%} right is not a cross-entropy of these labels"
    if is_flat(curves.loss):
        return finding(curves, f"{sentence}, and nothing moves: the model cannot learn.", ONE_OUTPUT)
    if curves.is_stuck:
        return finding(curves, f"{sentence}: it falls, but every image gets the same answer.", ONE_OUTPUT)
    return None


def _clipped(curves: Curves) -> Finding | None:
    """Find a loss that never moves and is so high that the model is sure of wrong labels."""
    share, loss = share_right(curves), curves.loss
    if not is_flat(loss):
        return None
    if share is None:
        is_high = loss.level > limits.ABSURD_LOSS / 2
        sentence = f"The loss has stayed at {loss.level:.3g} since the first epoch, which is far above a guess."
        return finding(curves, sentence, _CLIPPED_LOSS) if is_high else None
    if share > _WRONG_OFTEN or loss.level / (1 - share) < _CLIPPED:
        return None
    sentence = f"The model never began to learn: a loss of {loss.level:.3g} with {share:.1%} right is far above a guess"
    return finding(curves, f"{sentence}, so its probabilities are 0 or 1.", _CLIPPED_LOSS)


def finding(curves: Curves, sentence: str, advice: str, worry: Worry = "yes") -> Finding:
    """Return a finding about all epochs of a run, with the figures that it rests on."""
    return Finding("never-learnt", worry, curves.loss.epochs[0], sentence, tuple(_evidence(curves)), advice)


def _evidence(curves: Curves) -> Iterator[str]:
    for name, curve in curves.accuracies:
        yield f"{name} accuracy: between {curve.values.min():.1%} and {curve.values.max():.1%} in all epochs."
    for name, curve in curves.losses:
        yield f"{name} loss: {curve.values[0]:.3f} at first, {curve.values[-1]:.3f} at the end."


def share_right(curves: Curves) -> float | None:
    """Return the level of the training accuracy, else of the validation accuracy; None without either."""
    return next((curve.level for _, curve in curves.accuracies), None)


def _tolerance(curves: Curves, accuracy: Curve) -> float:
    """Return the change of an accuracy that says nothing: its noise, or what sampling its images would change.

    It is at most a tenth, and at most half of the accuracy: one of a hundred labels is not two.
    """
    images = curves.validation_images if accuracy is curves.val_accuracy else curves.train_images
    share = min(max(accuracy.level, 0.0), 1.0)
    by_images = _SURE_ERRORS * math.sqrt(share * (1 - share) / images) if images else 4 * limits.SMALLEST_POINTS
    noise = max(by_images, 2 * accuracy.noise, limits.SMALLEST_POINTS)
    return min(noise, 0.1, max(limits.SMALLEST_POINTS, share / 2))


def _is_level(curve: Curve, value: float, tolerance: float) -> bool:
    return bool(np.all(np.abs(curve.thirds - value) <= tolerance))


def is_flat(loss: Curve) -> bool:
    """Tell whether a loss is the same in all epochs, the first one excepted."""
    noise = min(loss.swing, limits.NOISY * abs(loss.level))
    allowed = max(_STILL_LOSS * abs(loss.level), limits.MATERIAL_LOSS) + 3 * noise
    return bool(np.ptp(loss.smoothed[1:]) <= allowed) and not limits.falls(loss, limits.material(loss))
