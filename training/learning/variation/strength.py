"""How much training images are varied while fine-tuning, and how much of it the data bears: told by the data.

Small turns and shifts are harmless to photographs of cats and ruin those that were taken in a fixed frame, such as
cells cut out along their edges. So the head is asked about validation images varied so, and what it does not bear is
made weaker or left out. Numbers only; the pixels are moved in `augment.py`.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import numpy.typing as npt

from training.config import Augmentation
from training.learning.variation.views import FEWEST, Targets, keeps_label

LADDER: Final = (1.0, 0.5, 0.25)
"""Shares of a strength, tried one after the other."""


@dataclass(frozen=True)
class Strength:
    """How much is varied, each way at most.

    Attributes:
        rotation_degrees: Around the middle.
        zoom: Share of the size.
        shift: Share of the height and of the width.
        brightness: In grey levels of 255.
        contrast: Share.
    """

    rotation_degrees: float = 0.0
    zoom: float = 0.0
    shift: float = 0.0
    brightness: float = 0.0
    contrast: float = 0.0

    def place(self, share: float) -> "Strength":
        """Return what moves pixels, weaker."""
        return Strength(self.rotation_degrees * share, self.zoom * share, self.shift * share)

    def light(self, share: float) -> "Strength":
        """Return what changes their values, weaker."""
        return Strength(brightness=self.brightness * share, contrast=self.contrast * share)


NOTHING: Final = Strength()
STRENGTHS: Final[dict[Augmentation, Strength]] = {
    "none": NOTHING,
    "auto": Strength(rotation_degrees=7, zoom=0.05, shift=0.03, brightness=15, contrast=0.15),
    "strong": Strength(rotation_degrees=20, zoom=0.2, shift=0.1, brightness=40, contrast=0.4),
}


@dataclass(frozen=True)
class StrengthChoice:
    """What the data bears.

    Attributes:
        strength: Of what fine-tuning varies.
        sentences: What was tried and with which result.
    """

    strength: Strength
    sentences: tuple[str, ...]


def choose_strength(
    wanted: Strength, score: Callable[[Strength], npt.NDArray[np.bool_]], targets: Targets
) -> StrengthChoice:
    """Find how much of a strength keeps the labels, of moves and of light separately.

    Args:
        wanted: The most.
        score: Tells for each image whether it is called right when varied so: bool `(n,)`.
        targets: The images' labels, int `(n,)`.
    """
    if wanted == NOTHING:
        return StrengthChoice(NOTHING, ())
    if len(targets) < FEWEST:
        return StrengthChoice(NOTHING, (f"{len(targets)} validation images cannot tell what variation they bear.",))
    before = score(NOTHING)
    place, told_place = _strongest("moved (rotation, zoom, shift)", wanted.place, score, before, targets)
    light, told_light = _strongest("lit otherwise (brightness, contrast)", wanted.light, score, before, targets)
    both = replace(place, brightness=light.brightness, contrast=light.contrast)
    return StrengthChoice(both, (told_place, told_light))


def _strongest(
    what: str,
    part: Callable[[float], Strength],
    score: Callable[[Strength], npt.NDArray[np.bool_]],
    before: npt.NDArray[np.bool_],
    targets: Targets,
) -> tuple[Strength, str]:
    """Go down the ladder to the first share that keeps the labels."""
    right = []
    for share in LADDER:
        after = score(part(share))
        right.append(f"{after.mean():.1%} at {share:.0%}")
        if keeps_label(before, after, targets):
            return part(share), f"Images {what}: {before.mean():.1%} right as they are, {', '.join(right)}: used so."
    return NOTHING, f"Images {what}: {before.mean():.1%} right as they are, {', '.join(right)}: not used."
