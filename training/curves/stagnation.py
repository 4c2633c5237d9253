"""Detects a run that has not moved since its first epoch, at figures that a constant guess can have.

It is weaker evidence than that of `chance.py`: a run that goes on with a trained model looks alike.
"""

from typing import Final

import numpy as np

from training.curves import shape as limits
from training.curves.chance import CAUSES, finding, is_flat, share_right
from training.curves.collapse import entropy
from training.curves.findings import Finding, Worry, in_order
from training.curves.shape import Curves
from training.curves.trend import Curve

_ALMOST: Final = 0.98
"""Tolerance below the lowest loss of a constant guess."""
_OF_SEVERAL: Final = 0.6
"""The same for several outputs: some labels are more frequent than others, so a constant guess has a lower loss."""
_ALIKE: Final = 0.1
"""Difference of the two accuracies up to which training has not learnt more than validation."""
_PLAUSIBLE_GUESS: Final = 0.6
"""Accuracy up to which a run that never moved is a guess; above it, the run may have begun with a trained model."""
_MOSTLY_RIGHT: Final = 0.9
"""Accuracy above which standing still is what a good model does."""

_ONE_LABEL: Final = in_order(
    "the last layer: a softmax over one output is always 1, so use a sigmoid, or one output a label",
    "the accuracy compares the same two things as the loss: class numbers, and probabilities rather than logits",
    "one label has most of the images: use class weights (`fullcount train --class-weights balanced`), or another "
    "threshold",
)


def stagnant(curves: Curves) -> Finding | None:
    """Find a run, or an accuracy, that has not moved since its first epoch.

    Fine-tuning begins with a trained model and is exempt.
    """
    return _stuck_at_one_label(curves) or _still(curves)


def _stuck_at_one_label(curves: Curves) -> Finding | None:
    """Find a model that knows something about single images, as its loss shows, but predicts one label for all."""
    share = share_right(curves)
    if share is None or share > _MOSTLY_RIGHT or not all(is_one_value(curve) for _, curve in curves.accuracies):
        return None
    if is_flat(curves.loss) or curves.loss.level >= _ALMOST * entropy(share):
        return None
    sentence = f"The accuracy is {share:.1%} in every epoch, though the loss learns: every image gets the same answer."
    return finding(curves, sentence, _ONE_LABEL, "watch")


def _still(curves: Curves) -> Finding | None:
    if len(curves.loss) < limits.MIN_EPOCHS or curves.is_fine_tuning or _has_moved(curves):
        return None
    if curves.set_aside is not None:
        return _undecided(curves, curves.set_aside)
    share = share_right(curves)
    if any(loss.level < _ALMOST * entropy(0.5 if share is None else share) for _, loss in curves.losses):
        return None
    if share is None:
        return _unmoved(curves, "watch", f"a loss of {curves.loss.level:.3f} is")
    levels = [curve.level for _, curve in curves.accuracies]
    if max(levels) - min(levels) > _ALIKE or share > _MOSTLY_RIGHT:
        return None
    worry: Worry = "yes" if share <= _PLAUSIBLE_GUESS or is_one_value(curves.val_accuracy) else "watch"
    return _unmoved(curves, worry, f"{share:.1%} right and a loss of {curves.loss.level:.3f} are")


def _undecided(curves: Curves, accuracy: Curve) -> Finding | None:
    """Find several outputs, each of which answers the same for every image."""
    if curves.loss.level < _OF_SEVERAL * entropy(accuracy.level):
        return None
    return _unmoved(curves, "yes", f"a loss of {curves.loss.level:.3f} and an accuracy of {accuracy.level:.1%} are")


def _has_moved(curves: Curves) -> bool:
    """Tell whether a loss or an accuracy has moved; a loss may, beside a validation accuracy that never does."""
    are_flat = all(is_flat(loss) for _, loss in curves.losses) or is_one_value(curves.val_accuracy)
    return not are_flat or not all(_stands_still(curve) for _, curve in curves.accuracies)


def _stands_still(accuracy: Curve) -> bool:
    """Tell whether an accuracy stays within its own noise, the first epoch included."""
    return bool(np.ptp(accuracy.smoothed) <= 4 * max(accuracy.noise, limits.SMALLEST_POINTS))


def is_one_value(accuracy: Curve | None) -> bool:
    """Tell whether an accuracy is the same to the image in every epoch, and there are enough of them."""
    return accuracy is not None and len(accuracy) >= limits.CONSTANT_EPOCHS and bool(np.ptp(accuracy.values) == 0)


def _unmoved(curves: Curves, worry: Worry, figures: str) -> Finding:
    advice = f"{CAUSES} If this run went on with a trained model, more epochs gain nothing."
    sentence = f"Nothing has moved since the first epoch: {figures} no better than a guess's."
    return finding(curves, sentence, advice, worry)
