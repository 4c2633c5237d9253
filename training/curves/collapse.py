"""Detects a collapsed model, which does no better than predicting the same label for every image.

The loss gives it away. A constant guess cannot have a lower loss than the entropy of its accuracy (Gibbs'
inequality). A model that knows something about single images has a lower one.
"""

import math
from typing import Final

import numpy as np

from training.curves import shape as limits
from training.curves.findings import Finding
from training.curves.shape import Curves
from training.curves.trend import Curve

_ALMOST: Final = 0.98
"""Tolerance below the bound of a constant guess: an epoch's mean loss, or a count one image off, may be under it."""
_FAR: Final = 1.3
"""Multiple of that bound above which curves alone show a model that is wrong, not one that says nothing."""
_ALMOST_ALL: Final = 0.98
"""Accuracy above which curves alone cannot tell a model that knows everything from one that knows nothing."""
_STILL: Final = 0.03
"""Largest range of the smoothed accuracy of a collapsed model."""


def collapsed(curves: Curves) -> Finding | None:
    """Find a model that does no better than predicting the most frequent label for every image."""
    accuracy = curves.val_accuracy
    if accuracy is None or len(accuracy) < limits.MIN_EPOCHS or curves.is_hopeless or not _is_collapsed(curves):
        return None
    majority = curves.facts.majority_share
    away = np.flatnonzero(np.abs(accuracy.smoothed - accuracy.level) > curves.tolerance)
    since = accuracy.epochs[min(int(away[-1]) + 1, len(accuracy) - 1) if len(away) else 0]
    return Finding(
        "collapsed",
        "watch" if majority is None and curves.facts.predicted_share is None else "yes",
        since,
        f"Since epoch {since} the model does no better than predicting the same label for every image.",
        tuple(_evidence(curves, accuracy, accuracy.level if majority is None else majority)),
        "Start again with a learning rate ten times lower: a first step that is too large kills a network's units. If "
        "it happens again, check that pixels are scaled once and as the backbone expects, that labels match their "
        "images, and that images are shuffled. Try class weights (`fullcount train --class-weights balanced`).",
    )


def _is_collapsed(curves: Curves) -> bool:
    """Decide by the model's predictions, else by the most frequent label's share, else by the curves alone."""
    facts, accuracy = curves.facts, curves.val_accuracy
    if accuracy is None:
        return False
    if facts.predicted_share is not None:
        nearly_all = 1 - 0.5 / (curves.validation_images or math.inf)
        return facts.predicted_share > nearly_all and (facts.majority_share or 0.0) <= nearly_all
    if facts.majority_share is not None:
        no_better = accuracy.level <= facts.majority_share + curves.tolerance
        return no_better and _knows_nothing(curves.val_loss, facts.majority_share) and _agree(curves)
    return _looks_collapsed(curves)


def _knows_nothing(loss: Curve | None, share: float) -> bool:
    """Tell whether a loss is not clearly below the lowest of a constant guess that is right for this share (Gibbs)."""
    return loss is None or loss.level + 2 * loss.uncertainty >= _ALMOST * entropy(share)


def _agree(curves: Curves) -> bool:
    """Tell whether the training accuracy is close to the validation accuracy."""
    train, validation = curves.accuracy, curves.val_accuracy
    return train is None or validation is None or abs(train.level - validation.level) < 0.1


def _looks_collapsed(curves: Curves) -> bool:
    """Decide without facts: both accuracies are flat and alike, and both losses are those of a constant guess."""
    train, validation = curves.accuracy, curves.val_accuracy
    if train is None or validation is None or validation.level > _ALMOST_ALL:
        return False
    pairs = [(curves.loss, train), *([] if curves.val_loss is None else [(curves.val_loss, validation)])]
    return (
        bool(np.ptp(validation.tail.smoothed) <= _STILL and np.ptp(train.tail.smoothed) <= 2 * _STILL)
        and _agree(curves)
        and all(_knows_nothing(loss, accuracy.level) for loss, accuracy in pairs)
        and all(loss.level <= _FAR * entropy(accuracy.level) for loss, accuracy in pairs)
        and not limits.falls(curves.loss, limits.material(curves.loss))
    )


def entropy(share: float) -> float:
    """Return the lowest loss, in nats, of a constant guess whose label is right for this share of the images."""
    inside = min(max(share, 1e-9), 1 - 1e-9)
    return -inside * math.log(inside) - (1 - inside) * math.log(1 - inside)


def _evidence(curves: Curves, accuracy: Curve, share: float) -> list[str]:
    evidence = [
        f"Validation accuracy is {accuracy.level:.1%}; "
        + (
            f"the most frequent label has {share:.1%} of the images."
            if curves.facts.majority_share
            else "if one label has that share of the images, the model has collapsed (set `--majority-share`)."
        )
    ]
    if curves.facts.predicted_share is not None:
        evidence.append(
            f"At the end one label is predicted for {curves.facts.predicted_share:.1%} of the validation images."
        )
    if curves.val_loss is not None:
        evidence.append(
            f"Validation loss is {curves.val_loss.level:.3f}; a constant guess that is right for {share:.1%} has at "
            f"least {entropy(share):.3f}."
        )
    return evidence
