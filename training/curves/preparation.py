"""Detects validation that was not prepared like training: it stays at chance while training learns.

Overfitting lets validation learn at first. If it never does better than a guess, its images, its labels or the state of
its layers differ from those of training.
"""

import math
from typing import Final

from training.curves import shape as limits
from training.curves.chance import FEW_LABELS, chance_of
from training.curves.collapse import entropy
from training.curves.findings import Finding
from training.curves.shape import Curves
from training.curves.stagnation import is_one_value
from training.curves.trend import Curve

_LEARNT: Final = 0.2
"""Accuracy by which training must end above validation; half of it is enough if it is a multiple of validation's."""
_MULTIPLE: Final = 4
_LEARNT_LOSS: Final = 0.6
"""Share of a guess's loss below which training has learnt, if the losses decide."""
_MOST_FREQUENT: Final = 0.7
"""Share that the most frequent label may have; an accuracy above it that never changes is that of a good model."""
_EXACT: Final = 0.015
"""Share of a guess's loss within which a validation loss that never moves is that of a guess."""
_HARDLY_ANY: Final = 0.02
"""Validation accuracy that is no better than chance whatever the number of labels."""
_FIRST_LOSS: Final = 1.15
"""Multiple of a guess's loss above which the first epoch shows that there are more labels."""
_ADVICE: Final = (
    "Evaluate the training images with `model.evaluate`, then check in this order. If they are at chance as well: (1) "
    "BatchNorm and dropout, which act otherwise in training; keep BatchNorm frozen, or use larger batches. If not: (2) "
    "validation gets the same scaling and resizing (`rescale`, `preprocess_input`); (3) its labels have the same order "
    "and coding (`class_indices`); (4) its images are of the same kind. If all of that holds, the training images were "
    "learnt by heart, and their labels may be wrong."
)


def unlike_training(curves: Curves) -> Finding | None:
    """Find validation that stays at chance from the first epoch on while training learns."""
    if len(curves.judged) < limits.MIN_EPOCHS or curves.is_hopeless:
        return None
    train, validation = curves.accuracy, curves.val_accuracy
    if train is None or validation is None:
        return _by_loss(curves)
    enough = _LEARNT / 2 if train.level > _MULTIPLE * validation.level else _LEARNT
    if train.level - validation.level <= max(enough, curves.tolerance) or not _is_better(curves, train):
        return None
    if not (_is_at_chance(curves, validation) or _is_constant(curves, validation)):
        return _by_loss(curves)
    return Finding(
        "not-prepared-alike",
        "yes",
        validation.epochs[0],
        f"Validation is no better than chance in any epoch ({validation.level:.1%} right) while training learns "
        f"({train.level:.1%}): the two are not prepared alike.",
        tuple(_evidence(curves, train, validation)),
        _ADVICE,
    )


def _by_loss(curves: Curves) -> Finding | None:
    """Find a validation loss that stays at ln N while the training loss falls far below it."""
    loss = curves.val_loss
    labels = round(math.exp(min(loss.level, 12.0))) if loss is not None else 0
    if loss is None or not 2 <= labels <= (curves.facts.labels or FEW_LABELS):
        return None
    guess = math.log(labels)
    if abs(loss.thirds / guess - 1).max() > _EXACT or curves.loss.level > _LEARNT_LOSS * guess:
        return None
    return Finding(
        "not-prepared-alike",
        "yes",
        loss.epochs[0],
        f"The validation loss stays at {loss.level:.3f}, chance among {labels} labels, while the training loss falls "
        f"to {curves.loss.level:.3f}: the two are not prepared alike.",
        (f"Validation loss: between {loss.values.min():.3f} and {loss.values.max():.3f} in all epochs.",),
        _ADVICE,
    )


def _is_better(curves: Curves, train: Curve) -> bool:
    """Tell whether training knows more than a guess of the same accuracy, or has clearly become better."""
    return train.level - float(train.values[0]) > _LEARNT / 2 or curves.loss.level < 0.8 * entropy(train.level)


def _is_at_chance(curves: Curves, validation: Curve) -> bool:
    """Tell whether validation is never above chance, by the facts or by the nearest share 1/N."""
    highest = float(validation.thirds.max())
    if highest <= _HARDLY_ANY:
        return True
    majority = curves.facts.majority_share
    if majority is not None:
        return highest <= majority + curves.tolerance and not _knows_something(curves, majority)
    labels = chance_of(curves, validation.level, curves.tolerance)
    if labels is None or highest > 1 / labels + curves.tolerance:
        return False
    has_more = curves.facts.labels is None and curves.loss.values[0] > _FIRST_LOSS * math.log(labels)
    return not has_more and not _knows_something(curves, 1 / labels)


def _knows_something(curves: Curves, share: float) -> bool:
    """Tell whether the validation loss was ever clearly below the lowest of a guess that is right for this share."""
    loss = curves.val_loss
    return loss is not None and float(loss.smoothed.min()) + 2 * loss.noise < 0.95 * entropy(share)


def _is_constant(curves: Curves, validation: Curve) -> bool:
    """Tell whether the validation accuracy never changes, at a loss that knows nothing."""
    is_low = validation.level <= _MOST_FREQUENT
    return is_low and is_one_value(validation) and not _knows_something(curves, validation.level)


def _evidence(curves: Curves, train: Curve, validation: Curve) -> list[str]:
    evidence = [
        f"Validation accuracy: between {validation.values.min():.1%} and {validation.values.max():.1%} in all epochs.",
        f"Training accuracy: {train.values[0]:.1%} at first, {train.level:.1%} at the end.",
    ]
    if curves.val_loss is not None:
        first, last = curves.val_loss.values[0], curves.val_loss.values[-1]
        evidence.append(
            f"Validation loss: {first:.3f} at first, {last:.3f} at the end; a constant guess that is right for "
            f"{validation.level:.1%} has at least {entropy(validation.level):.3f}."
        )
    return evidence
