"""The course of a run: overfitting, getting worse, still learning, one of two plateaus, or healthy.

Exactly one of them holds for any run with enough epochs. The validation loss decides, because it is finer than the
accuracy and moves before it. Without validation, the training loss decides.
"""

import math
from typing import NamedTuple

import numpy as np

from training.curves import shape as limits
from training.curves.findings import Finding, Worry
from training.curves.shape import Curves, is_learning
from training.curves.trend import Curve

_EARLY_STOPPING = "`EarlyStopping('val_loss', patience=10, restore_best_weights=True)`"


def course(curves: Curves) -> Finding:
    """Return the finding that names the course of a run."""
    rise = _rise(curves)
    if rise is not None:
        return _overfitting(curves, rise) or _worsening(curves, rise)
    if is_learning(curves):
        return _slow(curves) if curves.still_since is not None else _still_learning(curves)
    return _flat(curves)


class _Rise(NamedTuple):
    """A validation loss that ends above its lowest."""

    epoch: int
    """Epoch of the lowest value, counted from 1."""
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
    best = curve.lowest_near(place)
    return _Rise(curve.epochs[best], float(curve.values[best]), end, share)


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
        rise.epoch,
        f"Overfitting since epoch {rise.epoch}: the validation loss rises while {while_training}{accuracy}.",
        (
            *_rise_evidence(curves, rise),
            f"Training loss over the same epochs: {train.values[0]:.3f} to {train.values[-1]:.3f}.",
            *_accuracy_evidence(curves),
        ),
        f"{advice} For a better model get more images, augment more (`--augment strong`), raise dropout or weight "
        "decay, or train fewer layers.",
    )


def _accuracy_meanwhile(curves: Curves, rise: _Rise) -> tuple[str, str]:
    """Return how the validation accuracy does while the loss rises, and which weights to use."""
    best = f"the weights of epoch {rise.epoch}, as {_EARLY_STOPPING} and `fullcount train` do."
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
        rise.epoch,
        f"Getting worse since epoch {rise.epoch}: the validation loss rises, and the training loss does not fall.",
        (
            *_rise_evidence(curves, rise),
            f"Training loss over the same epochs: {train.values[0]:.3f} to {train.values[-1]:.3f}.",
            *_accuracy_evidence(curves),
        ),
        f"Use the weights of epoch {rise.epoch}, as {_EARLY_STOPPING} and `fullcount train` do. Train again with a "
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


def _slow(curves: Curves) -> Finding:
    """Describe a run whose accuracy is flat while its loss still falls."""
    epoch = _still_epoch(curves)
    cause, advice = _cause(curves)
    return Finding(
        "plateau-slow",
        "watch",
        epoch,
        f"Plateau since epoch {epoch}: the accuracy is flat, but the loss still falls; {cause}.",
        (
            *_accuracy_evidence(curves),
            _moving(curves.judged, _name(curves)),
            *([_moving(curves.loss, "Training loss")] if curves.val_loss is not None else []),
            *_rate_evidence(curves),
        ),
        f"Nothing is broken, but training has not converged. {advice}",
    )


def _cause(curves: Curves) -> tuple[str, str]:
    """Return why learning is slow, and the advice: a rate lowered too early, noise, or a rate that is too low."""
    rate = curves.learning_rate
    if rate is not None and rate.values[-1] < 0.1 * rate.values.max():
        advice = (
            "Lower the rate later, over more epochs (`fullcount train --fine-tune-epochs`, or a larger `--budget`)."
        )
        return "the learning rate was lowered before the loss had settled", advice
    if curves.loss.noise > limits.NOISY * abs(curves.loss.level):
        advice = f"Train for more epochs with {_EARLY_STOPPING}, and let the learning rate decay over them."
        return "its steps are large already, so it needs more of them", advice
    advice = (
        "More epochs at this rate would gain little. Train the head with a rate about ten times higher (Adam 1e-3 on "
        f"a frozen backbone) and {_EARLY_STOPPING}. When that is flat as well, unfreeze upper layers at a low rate. "
        "`fullcount train` does both: it chooses the head's rate by validation, then fine-tunes."
    )
    return "the learning rate is too low to make progress", advice


def _still_learning(curves: Curves) -> Finding:
    judged = curves.judged
    last = judged.epochs[-1]
    return Finding(
        "still-learning",
        "watch",
        last,
        f"Training stopped in epoch {last} while the model was still learning.",
        (
            _moving(judged, _name(curves)),
            *_accuracy_evidence(curves),
        ),
        f"Train for more epochs and let {_EARLY_STOPPING} end it (`fullcount train --epochs`, or a larger `--budget`).",
    )


def _flat(curves: Curves) -> Finding:
    """Describe a run whose loss neither falls nor rises: a long plateau, or a run that ended in time."""
    judged = curves.judged
    since = judged.arrived(limits.material(judged), upwards=False)
    enough = max(limits.material(judged), 2 * math.sqrt(2) * judged.uncertainty)
    is_long = len(judged) >= 1.5 * limits.SHORTEST_PLATEAU and abs(judged.middle - judged.level) <= enough
    if is_long and not curves.facts.stopped_early:
        return _converged(curves, since)
    return _healthy(curves, since)


def _converged(curves: Curves, since: int) -> Finding:
    judged = curves.judged
    epoch = judged.epochs[since]
    lowest, highest = judged.smoothed[since:].min(), judged.smoothed[since:].max()
    return Finding(
        "plateau-converged",
        "no",
        epoch,
        f"Plateau since epoch {epoch}: metrics and loss are flat; the layers in training have learnt what they can.",
        (
            f"{_name(curves)} since epoch {epoch}: between {lowest:.3f} and {highest:.3f}.",
            _moving(curves.loss, "Training loss"),
            *_accuracy_evidence(curves),
        ),
        f"More epochs gain nothing; stop about epoch {epoch + limits.SHORTEST_PLATEAU} ({_EARLY_STOPPING}). A better "
        "model needs something else: upper layers unfrozen at a low rate (`fullcount train` fine-tunes by itself, "
        "`--budget` bounds its time), a larger backbone or input, or more or cleaner images.",
    )


def _healthy(curves: Curves, since: int) -> Finding:
    judged = curves.judged
    best = int(np.argmin(judged.values))
    epoch = judged.epochs[best]
    stopped = " Early stopping ended the run." if curves.facts.stopped_early else ""
    return Finding(
        "healthy",
        "no",
        epoch,
        f"The model learnt, and training ended close to its best epoch, {epoch} of {judged.epochs[-1]}.{stopped}",
        (
            f"{_name(curves)}: {judged.values[0]:.3f} at first, {judged.values[best]:.3f} at best.",
            f"At the end: {judged.end:.3f}, nearly so since epoch {judged.epochs[since]}; noise {judged.noise:.2g}.",
            *_accuracy_evidence(curves),
        ),
        "You need not do anything. For a better model, fine-tune or get more images.",
    )


def _name(curves: Curves) -> str:
    return "Training loss" if curves.val_loss is None else "Validation loss"


def _between(curve: Curve, epoch: int) -> Curve:
    """Return the part of a curve that begins at an epoch, counted from 1."""
    return curve.since(min(int(np.searchsorted(curve.epochs, epoch)), len(curve) - 1))


def _still_epoch(curves: Curves) -> int:
    """Return the epoch, counted from 1, since which the accuracy is flat; the first epoch if accuracy is missing."""
    if curves.scored is None or curves.still_since is None:
        return curves.judged.epochs[0]
    return curves.scored.epochs[curves.still_since]


def _rate_evidence(curves: Curves) -> list[str]:
    rates = curves.learning_rate
    if rates is None:
        return []
    ended = float(rates.values[-1])
    highest = "" if ended == rates.values.max() else f", {rates.values.max():.2g} at its highest"
    return [f"Learning rate at the end: {ended:.2g}{highest}."]


def _moving(curve: Curve, name: str) -> str:
    """Return a sentence on how far a loss moved over the last third."""
    share = limits.share(curve.end - curve.start, curve.start)
    return (
        f"{name} over the last {len(curve.tail)} epochs: {curve.start:.3f} to {curve.end:.3f}"
        f"{'' if share is None else f' ({share:+.1%})'}; the noise per epoch is {curve.noise:.2g}."
    )


def _accuracy_evidence(curves: Curves) -> list[str]:
    """Return sentences on the accuracy and since when it is flat."""
    scored = curves.scored
    if scored is None:
        return []
    name = "Validation accuracy" if scored is curves.val_accuracy else "Training accuracy"
    if curves.still_since is None:
        return [f"{name}: {scored.values[0]:.1%} in epoch {scored.epochs[0]}, {scored.end:.1%} at the end."]
    images = curves.validation_images
    step = f"; one image is {100 / images:.2g} points" if images and scored is curves.val_accuracy else ""
    since = scored.epochs[curves.still_since]
    within = f"{curves.tolerance * 100:.1f} points of {scored.level:.1%}"
    return [f"{name} has stayed within {within} since epoch {since}{step}."]
