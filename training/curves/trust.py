"""Detects validation figures that cannot be trusted: too good to be true, or measured on too few images.

Each function reads the curves and returns a finding or None.
"""

import math
from typing import Final

import numpy as np

from training.curves import shape as limits
from training.curves.findings import Finding
from training.curves.shape import Curves

_NEARLY_ALL: Final = 0.99
_BETTER: Final = 0.8
"""Validation loss as a share of the training loss; an epoch's mean lags behind, so slightly below 1 is usual."""
_FIRST_EPOCHS: Final = 3


def too_good(curves: Curves) -> Finding | None:
    """Find signs that the model has seen validation images or their labels in training."""
    # Twelve of twelve right is not evidence.
    evidence = [] if curves.is_hopeless else [*_perfect_at_once(curves), *_better_than_training(curves)]
    if not evidence:
        return None
    return Finding(
        "too-good",
        "watch",
        None,
        "The validation figures are better than learning explains, or the task is very easy.",
        tuple(evidence),
        "Look for the same image, object or series on both sides of the split (`fullcount audit`, `--group-by`), and "
        "for a mark that gives the label away. Dropout and augmentation make training look worse, which is harmless.",
    )


def _perfect_at_once(curves: Curves) -> list[str]:
    accuracy = curves.val_accuracy
    if accuracy is None or len(accuracy) < limits.MIN_EPOCHS or accuracy.level < _NEARLY_ALL:
        return []
    early = max(_FIRST_EPOCHS, round(len(accuracy) / 10))
    first = np.flatnonzero(accuracy.values >= _NEARLY_ALL - curves.tolerance / 2)
    if not len(first) or first[0] >= early:
        return []
    return [f"Validation accuracy is already {accuracy.values[first[0]]:.1%} in epoch {accuracy.epochs[first[0]]}."]


def _better_than_training(curves: Curves) -> list[str]:
    """Compare the final figures; fine-tuning is exempt, because it augments its images and smooths their labels."""
    train, validation, val_loss = curves.accuracy, curves.val_accuracy, curves.val_loss
    if curves.is_fine_tuning or train is None or validation is None or val_loss is None or not curves.validation_images:
        return []
    variance = max(*(curve.level * (1 - curve.level) for curve in (train, validation)), 1 / curves.validation_images)
    error = math.sqrt(variance * (1 / curves.validation_images + 1 / (curves.train_images or math.inf)))
    gap = validation.level - train.level
    if gap <= limits.SIGNIFICANT * error or val_loss.level > _BETTER * curves.loss.level:
        return []
    errors = f"{gap / error:.1f} standard errors"
    return [
        f"Validation accuracy, {validation.level:.1%}, is above training accuracy, {train.level:.1%}, by {errors}.",
        f"Validation loss, {val_loss.level:.3f}, is below training loss, {curves.loss.level:.3f}.",
    ]


def without_validation(curves: Curves) -> Finding | None:
    """Find a history without validation."""
    if curves.val_loss is not None or curves.val_accuracy is not None:
        return None
    return Finding(
        "too-small-to-tell",
        "yes",
        None,
        "Validation is missing: nothing here shows how the model does on images it has not seen.",
        ("The history has neither val_loss nor val_accuracy.",),
        "Hold out a fifth of the images for `fit(validation_data=...)`; `fullcount train` holds out images by itself.",
    )


def too_short(curves: Curves) -> Finding | None:
    """Find a history with too few epochs for a trend."""
    if len(curves.judged) >= limits.MIN_EPOCHS:
        return None
    epochs, validated = len(curves.loss), len(curves.judged)
    needs = f"A trend needs at least {limits.MIN_EPOCHS} epochs."
    if epochs >= limits.MIN_EPOCHS:
        return Finding(
            "too-small-to-tell",
            "watch",
            None,
            f"Validated in {validated} of {epochs} epochs: too rarely for the curves to mean anything.",
            (needs,),
            "Validate after every epoch (`validation_freq=1`), with early stopping on the validation loss.",
        )
    return Finding(
        "too-small-to-tell",
        "watch",
        None,
        f"{_count(epochs, 'epoch')}: too short for the curves to mean anything.",
        (needs,),
        "Train for at least ten epochs, with early stopping on the validation loss.",
    )


def too_small(curves: Curves) -> Finding | None:
    """Find a validation split that is too small to tell anything, or to tell one epoch from another."""
    images, half_width, accuracy = curves.validation_images, curves.half_width, curves.val_accuracy
    if images is None or half_width is None or accuracy is None or half_width < limits.NARROW:
        return None
    is_hopeless = curves.is_hopeless
    known = "" if curves.facts.validation_images else " (inferred from the steps of the accuracy)"
    sure = limits.SURE_IMAGES / images
    evidence = [
        f"{_count(images, 'validation image')}{known}: one is {100 / images:.2g} points.",
        f"Accuracy {accuracy.level:.1%} has a 95% interval of ±{half_width * 100:.1f} points.",
    ]
    if sure < 1:
        evidence.append(f"Epochs differ by more than chance from {limits.SURE_IMAGES} images, {sure * 100:.1f} points.")
    majority = curves.facts.majority_share
    if is_hopeless and majority is not None and abs(accuracy.level - majority) < half_width:
        evidence.append(f"Always predicting the most frequent label gives {majority:.1%}, inside that interval.")
    return Finding(
        "too-small-to-tell",
        "yes" if is_hopeless else "no",
        None,
        f"{_count(images, 'validation image')} cannot tell how good the model is."
        if is_hopeless
        else f"Changes under {sure * 100:.1f} points mean nothing with {_count(images, 'validation image')}.",
        tuple(evidence),
        "Do not decide anything by these figures. Label more images, hold out a larger share of them "
        "(`--val-fraction`), or use cross-validation, which validates on every image once."
        if is_hopeless
        else "Compare runs by the validation loss, which is finer than the accuracy, and state intervals.",
    )


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
