"""Detects a loss that no cross-entropy of the labels has: below zero, not a number in validation only, or out of scale.

Such figures are not judged by their trend: another loss, or other targets, were trained than was meant.
"""

import math

import numpy as np

from training.curves import shape as limits
from training.curves.findings import Finding, in_order
from training.curves.shape import Curves
from training.curves.trend import Curve


def negative(curves: Curves) -> Finding | None:
    """Find a loss that is clearly below zero."""
    below = [(name, loss, place) for name, loss in curves.losses if (place := _first_below_zero(loss)) is not None]
    if not below:
        return None
    since = min(loss.epochs[place] for _, loss, place in below)
    return Finding(
        "impossible-loss",
        "yes",
        since,
        f"The loss is negative since epoch {since}, which no cross-entropy can be: loss and labels do not match.",
        tuple(_values(name, loss) for name, loss, _ in below),
        in_order(
            "targets are 0 and 1 for `binary_crossentropy`, not 1 and 2, -1 and 1, 0 and 255, or class numbers",
            "for more than two labels there is one output a label, with softmax and `sparse_categorical_crossentropy`",
            "targets were not normalised along with the pixels",
            then="If the loss is another one by design, such as cosine similarity, judge the run by its accuracy.",
        ),
    )


def _values(name: str, loss: Curve) -> str:
    return f"{name} loss: {loss.values[-1]:.3g} at the end, lowest {loss.values.min():.3g}."


def _first_below_zero(loss: Curve) -> int | None:
    below = np.flatnonzero(loss.smoothed < -max(limits.MATERIAL_LOSS, 4 * loss.swing))
    return int(below[0]) if len(below) else None


def validation_not_a_number(since: int, evidence: tuple[str, ...]) -> Finding:
    """Describe a validation loss that is lost while the training loss is not."""
    return Finding(
        "impossible-loss",
        "yes",
        since,
        f"Only the validation loss is not a number, from epoch {since} on: the weights are sound, as training shows.",
        evidence,
        in_order(
            "validation yields batches at all, each with its targets",
            "its labels lie between 0 and the number of outputs less 1, and are coded as in training",
            "its pixels are numbers: an image of one value, divided by its deviation, is not",
            "the loss takes the logarithm of 0: train with `from_logits=True`, and evaluate in float32",
        ),
    )


def out_of_scale(curves: Curves) -> Finding | None:
    """Find a training loss that has always been far above that of guessing: it is on another scale."""
    loss, labels = curves.loss, curves.facts.labels
    highest = 3 * math.log(labels) if labels and labels > 1 else limits.ABSURD_LOSS
    if len(loss) < limits.MIN_EPOCHS or min(loss.end, loss.level) <= highest:
        return None
    right = "" if curves.scored is None else f" with {curves.scored.level:.1%} right"
    first, last, lowest = (f"{value:.3g}" for value in (loss.values[0], loss.values[-1], loss.values.min()))
    among = f"among {labels} labels costs {math.log(labels):.3g}" if labels and labels > 1 else "costs at most 10"
    return Finding(
        "impossible-loss",
        "yes",
        loss.epochs[0],
        f"A loss of {loss.level:.3g}{right} is far above that of guessing: it is on another scale, or the first steps "
        "were too large.",
        (f"Training loss: {first} at first, {last} at the end, lowest {lowest}.", f"Guessing {among}."),
        in_order(
            "the loss is a mean over the images, not a sum over a batch or over outputs",
            "it is a cross-entropy of the labels, not a squared error of class numbers",
            "penalties on the weights are not most of it",
            "pixels are scaled once",
            "the learning rate: ten times lower, with clipped gradients (`clipnorm=1`)",
        ),
    )
