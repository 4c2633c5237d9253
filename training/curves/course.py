"""What course a run took: overfitting, still learning, one of two plateaus, or as it should be.

Exactly one of them is true of any run with enough epochs. Judged by the validation loss, which is finer than the
accuracy and falls or rises before it; by the training curves where there is no other.
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
    """Say what course a run took."""
    rise = _rise(curves)
    if rise is not None:
        return _overfitting(curves, rise) or _worsening(curves, rise)
    if is_learning(curves):
        return _slow(curves) if curves.still_since is not None else _still_learning(curves)
    return _flat(curves)


class _Rise(NamedTuple):
    """A validation loss that ends above its lowest."""

    epoch: int
    """Of the lowest."""
    lowest: float
    end: float
    share: float
    """By which it rose."""


def _rise(curves: Curves) -> _Rise | None:
    """Find a validation loss that has surely risen from its lowest.

    The amount is Prechelt's generalisation loss (1998, Early stopping - but when?), of smoothed curves.
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
    return _Rise(curve.epochs[place], lowest, end, share)


def _overfitting(curves: Curves, rise: _Rise) -> Finding | None:
    """Find that the training loss fell while the validation loss rose."""
    train = _between(curves.loss, rise.epoch)
    if train.smoothed[0] - train.smoothed[-1] <= limits.MATERIAL_LOSS:
        return None
    epoch = rise.epoch
    return Finding(
        "overfitting",
        _overfitting_worry(curves, rise.share),
        epoch,
        f"Overfitting since epoch {epoch}: the validation loss rises while the training loss falls.",
        (
            *_rise_evidence(curves, rise),
            f"Training loss over the same epochs: {train.values[0]:.3f} to {train.values[-1]:.3f}.",
            *_accuracy_evidence(curves),
        ),
        f"Use the weights of epoch {epoch}: {_EARLY_STOPPING} does, and so does `fullcount train`. For a better model "
        "get more images, augment more (`--augment strong`), raise dropout or weight decay, or let fewer layers learn.",
    )


def _worsening(curves: Curves, rise: _Rise) -> Finding:
    """The validation loss rose and the training loss did not fall: the steps lead away."""
    train = _between(curves.loss, rise.epoch)
    return Finding(
        "unstable",
        "no" if curves.facts.stopped_early else "yes",
        rise.epoch,
        f"It has got worse since epoch {rise.epoch}: the validation loss rises, and the training loss does not fall.",
        (
            *_rise_evidence(curves, rise),
            f"Training loss over the same epochs: {train.values[0]:.3f} to {train.values[-1]:.3f}.",
            *_accuracy_evidence(curves),
        ),
        f"Use the weights of epoch {rise.epoch}: {_EARLY_STOPPING} does, and so does `fullcount train`. Train again "
        "with a learning rate three to ten times lower, and warm it up where pretrained layers learn.",
    )


def _rise_evidence(curves: Curves, rise: _Rise) -> tuple[str, str]:
    lowest, end = f"lowest {rise.lowest:.3f} in epoch {rise.epoch}", f"{rise.end:.3f} at the end"
    return f"Validation loss: {lowest}, {end} ({rise.share:+.0%}).", f"One epoch's noise is {curves.judged.noise:.2g}."


def _overfitting_worry(curves: Curves, rise: float) -> Worry:
    """Stopped early, the best weights were kept; if labels stay right, only the probabilities suffer."""
    if curves.facts.stopped_early:
        return "no"
    accuracy = curves.val_accuracy
    has_lost = accuracy is not None and float(accuracy.smoothed.max()) - accuracy.end > curves.tolerance
    return "yes" if has_lost or rise > 4 * limits.RISE else "watch"


def _slow(curves: Curves) -> Finding:
    """The accuracy stands still and the loss still falls: what the person who asked had before them."""
    epoch = _still_epoch(curves)
    cause, advice = _cause(curves)
    return Finding(
        "plateau-slow",
        "watch",
        epoch,
        f"Plateau since epoch {epoch}: the accuracy stands still, but the loss still falls; {cause}.",
        (
            *_accuracy_evidence(curves),
            _moving(curves.judged, _name(curves)),
            *([_moving(curves.loss, "Training loss")] if curves.val_loss is not None else []),
            *_rate_evidence(curves),
        ),
        f"Nothing is broken and nothing has converged. {advice}",
    )


def _cause(curves: Curves) -> tuple[str, str]:
    """Say why it is slow, and what helps: a rate that was lowered, noise, or a rate that is too low throughout."""
    rate = curves.learning_rate
    if rate is not None and rate.values[-1] < 0.1 * rate.values.max():
        advice = (
            "Let the rate fall later, over more epochs (`fullcount train --fine-tune-epochs`, or a larger `--budget`)."
        )
        return "the learning rate was lowered before the loss had settled", advice
    if curves.loss.noise > limits.NOISY * abs(curves.loss.level):
        advice = f"Give it more epochs with {_EARLY_STOPPING}, and let the learning rate decay over them."
        return "its steps are large already, it needs more of them", advice
    advice = (
        "More epochs at this rate would bring little, slowly. Train the head with a rate about ten times higher (Adam "
        f"1e-3 on a frozen backbone) and {_EARLY_STOPPING}. When that stands still as well, unfreeze upper layers "
        "at a low rate. `fullcount train` does both: it chooses the head's rate by validation, then fine-tunes."
    )
    return "the learning rate is too low to get on", advice


def _still_learning(curves: Curves) -> Finding:
    judged = curves.judged
    last = judged.epochs[-1]
    return Finding(
        "still-learning",
        "watch",
        last,
        f"Stopped in epoch {last} while it was still learning.",
        (
            _moving(judged, _name(curves)),
            *_accuracy_evidence(curves),
        ),
        f"Give it more epochs and let {_EARLY_STOPPING} end it (`fullcount train --epochs`, or a larger `--budget`).",
    )


def _flat(curves: Curves) -> Finding:
    """The loss neither falls nor rises: a long plateau, or a run that ended when it should."""
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
    spread = float(np.abs(judged.smoothed[since:] / judged.level - 1).max()) if judged.level else 0.0
    return Finding(
        "plateau-converged",
        "no",
        epoch,
        f"Plateau since epoch {epoch}: the loss stands still as well, so what learns has learnt what it can.",
        (
            f"{_name(curves)} since epoch {epoch}: {judged.level:.3f}, give or take {max(spread, 0.001):.1%}.",
            _moving(curves.loss, "Training loss"),
            *_accuracy_evidence(curves),
        ),
        f"More epochs bring nothing; stop about epoch {epoch + limits.SHORTEST_PLATEAU} ({_EARLY_STOPPING}). A better "
        "model takes something else: unfreeze upper layers at a low rate (`fullcount train` fine-tunes by itself, "
        "`--budget` bounds its time), a larger backbone or input, more or cleaner images.",
    )


def _healthy(curves: Curves, since: int) -> Finding:
    judged = curves.judged
    best = int(np.argmin(judged.values))
    epoch = judged.epochs[best]
    stopped = " Early stopping ended it." if curves.facts.stopped_early else ""
    return Finding(
        "healthy",
        "no",
        epoch,
        f"It learnt and ended about where it was at its best: epoch {epoch} of {judged.epochs[-1]}.{stopped}",
        (
            f"{_name(curves)}: {judged.values[0]:.3f} at first, {judged.values[best]:.3f} at best.",
            f"At the end: {judged.end:.3f}, near it since epoch {judged.epochs[since]}; noise {judged.noise:.2g}.",
            *_accuracy_evidence(curves),
        ),
        "Nothing need be done. For a better model: fine-tune, or get more images.",
    )


def _name(curves: Curves) -> str:
    return "Training loss" if curves.val_loss is None else "Validation loss"


def _between(curve: Curve, epoch: int) -> Curve:
    """The part of a curve from an epoch, counted from 1, on."""
    return curve.since(min(int(np.searchsorted(curve.epochs, epoch)), len(curve) - 1))


def _still_epoch(curves: Curves) -> int:
    """The epoch, from 1, from which the accuracy stands still; the first if there is no accuracy."""
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
    """Say how far a loss moved over the last third."""
    tail = curve.tail
    start = curve.end - tail.change
    part = tail.change / start if start else 0.0
    return (
        f"{name} over the last {len(tail)} epochs: {start:.3f} to {curve.end:.3f} ({part:+.1%}); one epoch's noise is "
        f"{curve.noise:.2g}."
    )


def _accuracy_evidence(curves: Curves) -> list[str]:
    """Say where the accuracy is and since when it has stood there."""
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
