"""Sentences about curves that several findings of a run's course have as their evidence."""

from typing import Final

from training.curves import shape as limits
from training.curves.onset import accuracy_still_since
from training.curves.shape import Curves
from training.curves.trend import Curve

EARLY_STOPPING: Final = "`EarlyStopping('val_loss', patience=10, restore_best_weights=True)`"


def still_epoch(curves: Curves) -> int:
    """Return the epoch, counted from 1, since which the accuracy is flat; the first epoch if it is not known."""
    if curves.scored is None or curves.still_since is None:
        return curves.judged.epochs[0]
    return curves.scored.epochs[max(curves.still_since, accuracy_still_since(curves.scored))]


def moving(curve: Curve, name: str) -> str:
    """Return a sentence on how far a loss moved over the last third."""
    share = limits.share(curve.end - curve.start, curve.start)
    return (
        f"{name} over the last {len(curve.tail)} epochs: {curve.start:.3f} to {curve.end:.3f}"
        f"{'' if share is None else f' ({share:+.1%})'}; the noise per epoch is {curve.noise:.2g}."
    )


def accuracy_evidence(curves: Curves) -> list[str]:
    """Return sentences on the accuracy and since when it is flat."""
    scored = curves.scored
    if scored is None:
        return []
    name = "Validation accuracy" if scored is curves.val_accuracy else "Training accuracy"
    if curves.still_since is None:
        return [f"{name}: {scored.values[0]:.1%} in epoch {scored.epochs[0]}, {scored.end:.1%} at the end."]
    images = curves.validation_images
    step = f"; one image is {100 / images:.2g} points" if images and scored is curves.val_accuracy else ""
    since = still_epoch(curves)
    within = f"{curves.tolerance * 100:.1f} points of {scored.level:.1%}"
    return [f"{name} has stayed within {within} since epoch {since}{step}."]
