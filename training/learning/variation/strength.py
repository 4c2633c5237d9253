"""The strength of augmentation in fine-tuning, and a test of how much of it the data tolerates.

Small turns and shifts are harmless to photographs of cats. They ruin images taken in a fixed frame, such as cells cut
out along their edges. So the head predicts varied validation images, and variations that cost accuracy are weakened or
left out. `augment.py` moves the pixels.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import numpy.typing as npt

from training.config import Augmentation
from training.learning.variation.views import MIN_IMAGES, Targets, keeps_label

LADDER: Final = (1.0, 0.5, 0.25)
"""Shares of a strength, tried one after the other until one keeps the labels."""


@dataclass(frozen=True)
class Strength:
    """The largest amount of each variation, in either direction.

    Attributes:
        rotation_degrees: Angle about the centre in degrees.
        zoom: Share of the size.
        shift: Share of the height and of the width.
        brightness: Grey levels out of 255.
        contrast: Share of the contrast.
    """

    rotation_degrees: float = 0.0
    zoom: float = 0.0
    shift: float = 0.0
    brightness: float = 0.0
    contrast: float = 0.0

    def place(self, share: float) -> "Strength":
        """Return a share of the variations that move pixels."""
        return Strength(self.rotation_degrees * share, self.zoom * share, self.shift * share)

    def light(self, share: float) -> "Strength":
        """Return a share of the variations that change pixel values."""
        return Strength(brightness=self.brightness * share, contrast=self.contrast * share)


NOTHING: Final = Strength()
STRENGTHS: Final[dict[Augmentation, Strength]] = {
    "none": NOTHING,
    "auto": Strength(rotation_degrees=7, zoom=0.05, shift=0.03, brightness=15, contrast=0.15),
    "strong": Strength(rotation_degrees=20, zoom=0.2, shift=0.1, brightness=40, contrast=0.4),
}


@dataclass(frozen=True)
class StrengthChoice:
    """The strength that the data tolerates.

    Attributes:
        strength: Strength for fine-tuning.
        sentences: Results of the tests, one sentence each.
    """

    strength: Strength
    sentences: tuple[str, ...]


def choose_strength(
    strongest: Strength, score: Callable[[Strength], npt.NDArray[np.bool_]], targets: Targets
) -> StrengthChoice:
    """Find the share of a strength that keeps the labels, for moves and for light separately.

    Args:
        strongest: Strength to start from.
        score: Function of a strength that returns whether each varied image is predicted right, bool `(n,)`.
        targets: Indices of the images' labels, int `(n,)`.
    """
    if strongest == NOTHING:
        return StrengthChoice(NOTHING, ())
    if len(targets) < MIN_IMAGES:
        return StrengthChoice(
            NOTHING, (f"No other variation: {len(targets)} validation images are too few to test it.",)
        )
    before = score(NOTHING)
    place, on_place = _strongest("moved (rotation, zoom, shift)", strongest.place, score, before, targets)
    light, on_light = _strongest("relit (brightness, contrast)", strongest.light, score, before, targets)
    both = replace(place, brightness=light.brightness, contrast=light.contrast)
    return StrengthChoice(both, (on_place, on_light))


def _strongest(
    what: str,
    part: Callable[[float], Strength],
    score: Callable[[Strength], npt.NDArray[np.bool_]],
    before: npt.NDArray[np.bool_],
    targets: Targets,
) -> tuple[Strength, str]:
    """Go down the ladder to the first share that keeps the labels; return it with a sentence on the results."""
    tested, right = f"Images {what}: {before.mean():.1%} right unchanged", []
    for share in LADDER:
        after = score(part(share))
        right.append(f"{after.mean():.1%} at {share:.0%}")
        if keeps_label(before, after, targets):
            return part(share), f"{tested}, {', '.join(right)}: used at {share:.0%}."
    return NOTHING, f"{tested}, {', '.join(right)}: not used."
