"""The curves of one run or phase, and the thresholds that judge them.

Thresholds that several verdicts share are here, each with its reason. `instability.py`, `collapse.py`, `trust.py` and
`course.py` draw the conclusions.
"""

import math
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

import numpy as np

from model_store.evaluation.metrics import wilson_interval
from training.curves.findings import Facts
from training.curves.history import Epoch, History
from training.curves.trend import Curve, grid

SIGNIFICANT: Final = 4.0
"""Standard errors from which a slope is not an accident: neighbouring epochs are alike, so 2 would be too few."""
MATERIAL_SHARE: Final = 0.015
"""Share of the loss by which it must fall over the last third of a run to count as still falling."""
MATERIAL_LOSS: Final = 0.002
"""The same in nats: a fall smaller than this, of a loss near zero, does not matter."""
SLIGHT_SHARE: Final = 0.005
"""Share of the validation loss that is enough if the training loss falls by `MATERIAL_SHARE` as well."""
RISE: Final = 0.05
"""Share by which the validation loss must end above its lowest: Prechelt's generalisation loss of 5 (1998)."""
SUPPORTED: Final = 2.5
"""Standard errors that are enough for the validation loss if the training loss clearly falls."""
WILD: Final = 0.15
"""Noise of the validation loss, as a share of it, from which a run is unstable; quiet runs have 0.002 to 0.08."""
WILD_LOSS: Final = 0.05
"""The same in nats, because a loss near zero may swing."""
NOISY: Final = 0.05
"""Noise of the training loss, as a share of it, from which steps are large enough; too low a rate has 0.01."""
ABSURD_LOSS: Final = 10.0
"""Loss in nats that is higher than guessing, which costs at most this among 22,000 labels."""
SURE_IMAGES: Final = 6
"""Images by which epochs must differ to be different: that all six go one way is a coin's 1 in 32 (McNemar 1947)."""
SMALLEST_POINTS: Final = 0.005
"""Smallest change of the accuracy that matters, whatever the number of images."""
WIDE: Final = 0.10
"""Half-width of the 95% interval of the accuracy from which a validation split is too small to tell anything."""
NARROW: Final = 0.025
"""Half-width below which the size of the split is not mentioned."""
SHORTEST_PLATEAU: Final = 10
"""Epochs for which metrics must be flat, and for a third of the run as well; the loss for two thirds of it."""
_LEARNT: Final = 0.7
"""Share of the loss of the first third below which the last third has learnt."""
_MORE_WRONG_THAN_RIGHT: Final = 0.5
_LESS: Final = 0.8
"""Share of the lowest loss for its accuracy below which a loss is not that of one label an image."""
MIN_EPOCHS: Final = 4
"""Epochs below which a curve does not have a trend."""
CONSTANT_EPOCHS: Final = 8
"""Epochs after which an accuracy that has never changed is not chance."""
STUCK: Final = 0.04
"""Largest range of such an accuracy, however few images it is of."""


@dataclass(frozen=True)
class Curves:
    """Finite curves and the facts about the data.

    Attributes:
        loss: Training loss as Keras reports it: the mean over an epoch while the weights change.
        val_loss: Validation loss; None if the history lacks it, as for the other optional curves.
        set_aside: An accuracy that is not judged, because images have several labels; None if there is not one.
    """

    facts: Facts
    loss: Curve
    val_loss: Curve | None
    accuracy: Curve | None
    val_accuracy: Curve | None
    learning_rate: Curve | None
    is_fine_tuning: bool = False
    set_aside: Curve | None = None

    @cached_property
    def validation_images(self) -> int | None:
        """Number of validation images, if known or inferred from the steps of the validation accuracy."""
        if self.facts.validation_images is not None or self.val_accuracy is None:
            return self.facts.validation_images
        return grid(self.val_accuracy.values.tolist())

    @cached_property
    def train_images(self) -> int | None:
        """Number of training images, if known or inferred from the steps of the training accuracy."""
        if self.facts.train_images is not None or self.accuracy is None:
            return self.facts.train_images
        return grid(self.accuracy.values.tolist())

    @cached_property
    def half_width(self) -> float | None:
        """Half-width of the 95% interval (Wilson 1927) of the final validation accuracy; None if it is not known."""
        if self.val_accuracy is None or not self.validation_images:
            return None
        right = round(min(1.0, max(0.0, self.val_accuracy.level)) * self.validation_images)
        low, high = wilson_interval(right, self.validation_images) or (0.0, 1.0)
        return (high - low) / 2

    @property
    def is_hopeless(self) -> bool:
        """True if the validation split is too small to tell anything."""
        return self.half_width is not None and self.half_width > WIDE

    @property
    def losses(self) -> tuple[tuple[str, Curve], ...]:
        """Names and curves of the losses that the history has."""
        named = (("Training", self.loss), ("Validation", self.val_loss))
        return tuple((name, loss) for name, loss in named if loss is not None)

    @property
    def accuracies(self) -> tuple[tuple[str, Curve], ...]:
        """Names and curves of the accuracies that the history has."""
        named = (("Training", self.accuracy), ("Validation", self.val_accuracy))
        return tuple((name, accuracy) for name, accuracy in named if accuracy is not None)

    @cached_property
    def is_stuck(self) -> bool:
        """True if the accuracies are the same in every epoch, the first one included, up to six images."""
        pairs = [(self.accuracy, self.train_images), (self.val_accuracy, self.validation_images)]
        return self.accuracy is not None and all(_is_stuck(curve, images) for curve, images in pairs if curve)

    @property
    def judged(self) -> Curve:
        """The loss that decides: the validation loss, or the training loss without validation."""
        return self.loss if self.val_loss is None else self.val_loss

    @property
    def scored(self) -> Curve | None:
        """The accuracy that decides, chosen in the same way."""
        return self.accuracy if self.val_loss is None and self.val_accuracy is None else self.val_accuracy

    @cached_property
    def tolerance(self) -> float:
        """Insignificant change of the accuracy: the largest of six images, twice its noise, and half a point."""
        if self.scored is None:
            return SMALLEST_POINTS
        images = self.validation_images if self.scored is self.val_accuracy else self.train_images
        step = SURE_IMAGES / images if images else 2 * SMALLEST_POINTS
        return max(step, 2 * self.scored.noise, SMALLEST_POINTS)

    @cached_property
    def still_since(self) -> int | None:
        """Index of the epoch since which the accuracy is flat; None if it has not been flat for long enough."""
        if self.scored is None or abs(self.scored.tail.change) > self.tolerance:
            return None
        since = self.scored.arrived(self.tolerance, upwards=True)
        enough = max(SHORTEST_PLATEAU, round(len(self.scored) / 3))
        return since if len(self.scored) - since >= enough else None


def _is_stuck(accuracy: Curve, images: int | None) -> bool:
    allowed = min(SURE_IMAGES / images, STUCK) if images else 0.0
    return len(accuracy) >= CONSTANT_EPOCHS and float(np.ptp(accuracy.values)) <= allowed


def material(curve: Curve) -> float:
    """Return the smallest change of a loss that matters."""
    return max(MATERIAL_SHARE * abs(curve.level), MATERIAL_LOSS)


def share(change: float, whole: float) -> float | None:
    """Return a change as a share of a loss; None if it is over ten times the loss, or the loss is near zero."""
    return change / whole if whole > max(MATERIAL_LOSS, abs(change) / 10) else None


def falls(curve: Curve, by: float, errors: float = SIGNIFICANT) -> bool:
    """Tell whether a loss falls over the last third by more than `by` and more than its noise."""
    tail = curve.tail
    return tail.change < -by and tail.significance(curve.noise) > errors


def is_learning(curves: Curves) -> bool:
    """Tell whether the loss still falls at the end.

    A smaller fall of the validation loss is enough if the training loss falls as well. A training loss that falls alone
    is memorising, not learning.
    """
    judged = curves.judged
    if falls(judged, material(judged)):
        return True
    return falls(curves.loss, material(curves.loss)) and falls(judged, SLIGHT_SHARE * abs(judged.level), SUPPORTED)


def curves(history: History, facts: Facts) -> Curves:
    """Split a history into curves; values that are missing or not finite are left out.

    If images have several labels, the loss alone is judged: accuracy is near 1 from the start, or never moves.
    """
    loss = _column(history, "loss")
    if loss is None:
        raise ValueError("The history has no finite training loss.")
    found = Curves(
        facts=facts,
        loss=loss,
        val_loss=_column(history, "val_loss"),
        accuracy=_column(history, "accuracy"),
        val_accuracy=_column(history, "val_accuracy"),
        learning_rate=_column(history, "learning_rate"),
        is_fine_tuning=all(epoch.phase == "fine-tune" for epoch in history),
    )
    accuracy = found.val_accuracy or found.accuracy
    if accuracy is None or not (facts.several_labels or _disagree(found)):
        return found
    return replace(found, accuracy=None, val_accuracy=None, set_aside=accuracy)


def _disagree(found: Curves) -> bool:
    """Tell whether the loss learns down to what the accuracy, which stays level, excludes for one label an image.

    A wrong image costs at least ln 2, unless the loss is a mean over several labels.
    """
    accuracy = found.accuracy
    if accuracy is None or len(accuracy) < MIN_EPOCHS or not SMALLEST_POINTS < accuracy.level < _MORE_WRONG_THAN_RIGHT:
        return False
    if found.is_stuck:
        return False
    is_level = float(np.ptp(accuracy.thirds)) <= 2 * max(2 * accuracy.noise, 2 * SMALLEST_POINTS)
    has_learnt = found.loss.level < _LEARNT * float(found.loss.thirds[0]) or falls(found.loss, material(found.loss))
    return is_level and has_learnt and found.loss.level < _LESS * (1 - accuracy.level) * math.log(2)


def _column(history: History, name: str) -> Curve | None:
    pairs = [(epoch.number + 1, value) for epoch in history if (value := _value(epoch, name)) is not None]
    if not pairs:
        return None
    numbers, values = zip(*pairs, strict=True)
    return Curve(np.array(values, dtype=np.float64), numbers)


def _value(epoch: Epoch, name: str) -> float | None:
    value: float | None = getattr(epoch, name)
    return value if value is not None and np.isfinite(value) else None
