"""Detects unstable losses: not a number, diverged, or swinging from epoch to epoch.

Each function reads the curves and returns a finding or None.
"""

import math
from collections.abc import Sequence
from typing import Final

import numpy as np

from training.curves import shape as limits
from training.curves.findings import Finding
from training.curves.history import History
from training.curves.impossibility import validation_not_a_number
from training.curves.shape import Curves
from training.curves.trend import Curve

_NAMED: Final = 5


def not_finite(history: History) -> Finding | None:
    """Find a loss that is not a number, from some epoch to the end or for a while."""
    columns = (
        ("Training", [(epoch.number + 1, epoch.loss) for epoch in history]),
        ("Validation", [(epoch.number + 1, epoch.val_loss) for epoch in history if epoch.val_loss is not None]),
    )
    bad = [(name, epoch, value) for name, column in columns for epoch, value in column if not math.isfinite(value)]
    if not bad:
        return None
    evidence = tuple(f"{name} loss of epoch {epoch}: {value}." for name, epoch, value in bad[:_NAMED])
    training, validation = (_lost_since(column) for _, column in columns)
    if training is not None:
        return _weights_lost(min(training, validation or training), evidence)
    if validation is not None:
        return validation_not_a_number(validation, evidence)
    first, count = min(epoch for _, epoch, _ in bad), len({epoch for _, epoch, _ in bad})
    where = f"In epoch {first}" if count == 1 else f"In {count} epochs, first in epoch {first},"
    return Finding(
        "unstable",
        "watch",
        first,
        f"{where} the loss was not a number; later it was a number again.",
        evidence,
        "The weights are not lost, and the diagnosis leaves those epochs out. Look for images or targets that are not "
        "numbers, or for a validation that ended without a batch.",
    )


def _weights_lost(since: int, evidence: tuple[str, ...]) -> Finding:
    return Finding(
        "unstable",
        "yes",
        since,
        f"From epoch {since} on, the loss is not a number: the weights are lost.",
        evidence,
        "Train again with a learning rate ten times lower, and clip gradients (`clipnorm=1`). If it happens again, "
        "look for pixels or targets that are not numbers. Weights from before that epoch are usable.",
    )


def _lost_since(column: Sequence[tuple[int, float]]) -> int | None:
    """Return the first epoch since which every value is NaN or infinite; None if the last value is finite."""
    since = None
    for epoch, value in reversed(column):
        if math.isfinite(value):
            break
        since = epoch
    return since


def diverged(curves: Curves) -> Finding | None:
    """Find a training loss that ends far above its lowest value."""
    loss = curves.loss
    ending = _ending(loss)
    above = ending - float(loss.values.min())
    has_risen = above >= ending / 2 and above > max(2 * limits.WILD_LOSS, 4 * loss.swing)
    if len(loss) < limits.MIN_EPOCHS or not has_risen:
        return None
    return _unstable(curves, "The training loss has diverged: the steps are too large.")


def _ending(loss: Curve) -> float:
    """Return the median of the last third, from the lowest value on: a loss that still falls ends at its lowest.

    It is the lower one of two medians, so that a single epoch does not decide.
    """
    third = max(2, round(len(loss) / 3))
    after = loss.since(max(int(np.argmin(loss.values)), len(loss) - third))
    return float(np.quantile(after.values, 0.5, method="lower"))


def swinging(curves: Curves) -> Finding | None:
    """Find a loss that swings from epoch to epoch.

    A swinging validation loss means nothing if the validation split is too small to tell anything.
    """
    wild = [name for name, loss in curves.losses if _is_wild(loss)]
    if not wild or len(curves.judged) < limits.MIN_EPOCHS or (curves.is_hopeless and wild == ["Validation"]):
        return None
    best = _best(curves)
    return _unstable(curves, f"The loss swings from epoch to epoch: it is luck that epoch {best} is the best.")


def _unstable(curves: Curves, sentence: str) -> Finding:
    return Finding(
        "unstable",
        "yes",
        _best(curves),
        sentence,
        tuple(_swing(name, loss) for name, loss in curves.losses),
        "Lower the learning rate by a factor of three to ten, let it decay, or use larger batches. If only the "
        "validation loss swings, the split is very small or BatchNorm is updating its statistics: keep it frozen.",
    )


def _best(curves: Curves) -> int:
    return curves.judged.epochs[int(np.argmin(curves.judged.values))]


def _is_wild(loss: Curve) -> bool:
    return loss.swing > limits.WILD * abs(loss.level) and loss.swing > limits.WILD_LOSS


def _swing(name: str, loss: Curve) -> str:
    tail = loss.tail
    share = limits.share(loss.swing, loss.level)
    of_loss = "" if share is None else f", {share:.0%} of the loss"
    return (
        f"{name} loss over the last {len(tail)} epochs: {tail.values.min():.3g} to {tail.values.max():.3g}, lowest "
        f"of all {loss.values.min():.3g}; the noise per epoch is {loss.swing:.2g}{of_loss}."
    )
