"""Detects a validation loss that rises: overfitting if the training loss falls meanwhile, else getting worse."""

from typing import NamedTuple

import numpy as np

from training.curves import shape as limits
from training.curves.evidence import EARLY_STOPPING, accuracy_evidence
from training.curves.findings import Finding, Worry
from training.curves.onset import rise_since
from training.curves.shape import Curves
from training.curves.trend import Curve


def rising(curves: Curves) -> Finding | None:
    """Find a validation loss that has clearly risen from its lowest value."""
    rise = _rise(curves)
    return None if rise is None else _overfitting(curves, rise) or _worsening(curves, rise)


class _Rise(NamedTuple):
    """A validation loss that ends above its lowest."""

    epoch: int
    """Epoch of the lowest value, counted from 1."""
    since: int
    """Epoch from which the loss rises: the same one, unless the loss stays flat after it."""
    lowest: float
    """The value in that epoch."""
    end: float
    share: float
    """Rise from the lowest smoothed value to the end, as a share of it."""


def _rise(curves: Curves) -> _Rise | None:
    """Find a validation loss that has clearly risen from its lowest value.

    The rise is Prechelt's generalisation loss (1998, Early stopping - but when?), computed from smoothed curves.
    """
    curve = curves.val_loss
    if curve is None:
        return None
    place = int(np.argmin(curve.smoothed))
    lowest, end = float(curve.smoothed[place]), curve.end
    since = curve.since(place)
    share = end / lowest - 1 if lowest > 0 else 0.0
    is_sure = end - lowest > 2.5 * curve.noise and since.significance(curve.noise) > limits.SIGNIFICANT
    if share < limits.RISE or end - lowest < limits.MATERIAL_LOSS or not is_sure or since.slope <= 0:
        return None
    best, begin = curve.lowest_near(place), rise_since(curve, place)
    rises_from = curve.epochs[best if begin == place else begin]
    return _Rise(curve.epochs[best], rises_from, float(curve.values[best]), end, share)


def _overfitting(curves: Curves, rise: _Rise) -> Finding | None:
    """Find a training loss that fell while the validation loss rose."""
    train = _between(curves.loss, rise.epoch)
    first, last = float(train.smoothed[0]), float(train.smoothed[-1])
    has_memorised = max(first, last) <= limits.MATERIAL_LOSS
    if not has_memorised and first - last <= min(limits.MATERIAL_LOSS, limits.MATERIAL_SHARE * abs(first)):
        return None
    while_training = "the training loss is near zero" if has_memorised else "the training loss falls"
    accuracy, advice = _accuracy_meanwhile(curves, rise)
    return Finding(
        "overfitting",
        _overfitting_worry(curves, rise.share),
        rise.since,
        f"Overfitting since epoch {rise.since}: the validation loss rises while {while_training}{accuracy}.",
        (
            *_rise_evidence(curves, rise),
            f"Training loss over the same epochs: {train.values[0]:.3f} to {train.values[-1]:.3f}.",
            *accuracy_evidence(curves),
        ),
        f"{advice} For a better model get more images, augment more (`--augment strong`), raise dropout or weight "
        "decay, or train fewer layers.",
    )


def _accuracy_meanwhile(curves: Curves, rise: _Rise) -> tuple[str, str]:
    """Return how the validation accuracy does while the loss rises, and which weights to use."""
    best = f"the weights of epoch {rise.epoch}, as {EARLY_STOPPING} and `fullcount train` do."
    accuracy = curves.val_accuracy
    if accuracy is None or _has_lost(curves):
        return "", f"Use {best}"
    gain = accuracy.end - float(_between(accuracy, rise.epoch).smoothed[0])
    does = "still rises" if gain > curves.tolerance else "holds"
    advice = f"Labels are predicted as well as ever, but their probabilities are too sure. If those matter, use {best}"
    return f", but the accuracy {does}", f"{advice} If only labels matter, the last weights will do."


def _worsening(curves: Curves, rise: _Rise) -> Finding:
    """Describe a run whose validation loss rose and whose training loss did not fall: its steps are too large."""
    train = _between(curves.loss, rise.epoch)
    return Finding(
        "unstable",
        "no" if curves.facts.stopped_early else "yes",
        rise.since,
        f"Getting worse since epoch {rise.since}: the validation loss rises, and the training loss does not fall.",
        (
            *_rise_evidence(curves, rise),
            f"Training loss over the same epochs: {train.values[0]:.3f} to {train.values[-1]:.3f}.",
            *accuracy_evidence(curves),
        ),
        f"Use the weights of epoch {rise.epoch}, as {EARLY_STOPPING} and `fullcount train` do. Train again with a "
        "learning rate three to ten times lower, and warm it up if pretrained layers are trained.",
    )


def _rise_evidence(curves: Curves, rise: _Rise) -> tuple[str, str]:
    lowest, end = f"lowest {rise.lowest:.3f} in epoch {rise.epoch}", f"{rise.end:.3f} at the end"
    share = limits.share(rise.end - rise.lowest, rise.lowest)
    return (
        f"Validation loss: {lowest}, {end}{'' if share is None else f' ({share:+.0%})'}.",
        f"The noise per epoch is {curves.judged.noise:.2g}.",
    )


def _overfitting_worry(curves: Curves, rise: float) -> Worry:
    """Grade overfitting: early stopping kept the best weights; while accuracy holds, only probabilities suffer."""
    if curves.facts.stopped_early:
        return "no"
    is_unknown = curves.val_accuracy is None
    return "yes" if _has_lost(curves) or (is_unknown and rise > 4 * limits.RISE) else "watch"


def _has_lost(curves: Curves) -> bool:
    """Tell whether the validation accuracy ends below its best by more than chance."""
    accuracy = curves.val_accuracy
    return accuracy is not None and float(accuracy.smoothed.max()) - accuracy.end > curves.tolerance


def _between(curve: Curve, epoch: int) -> Curve:
    """Return the part of a curve that begins at an epoch, counted from 1."""
    return curve.since(min(int(np.searchsorted(curve.epochs, epoch)), len(curve) - 1))
