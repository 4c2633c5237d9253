"""The mistakes that the model was surest of, each with a small picture that a page can hold."""

import io
from base64 import b64encode
from dataclasses import dataclass
from typing import Final

from PIL import Image

from model_store.pixels import Pixels
from model_store.report import Misclassified
from training.outcome import Outcome

MOST: Final = 24
SIDE: Final = 168
"""Longest side in pixels: sharp at half of it on a dense screen."""
QUALITY: Final = 78


@dataclass(frozen=True, slots=True)
class Mistake:
    """A held-out image that was called something else."""

    path: str
    actual: str
    predicted: str
    probability: float
    """That the model gave to the label it called."""
    thumbnail: str
    """A `data:` address of a JPEG file."""


def worst_mistakes(outcome: Outcome, most: int = MOST) -> tuple[Mistake, ...]:
    """Return the mistakes of the headline split with the highest probabilities, highest first."""
    rows = {file.path: file.row for file in outcome.dataset.used[outcome.headline_split]}
    worst = outcome.headline_evaluation.misclassified[:most]
    return tuple(_mistake(one, outcome.dataset.pixels[rows[one.path]]) for one in worst)


def thumbnail(pixels: Pixels) -> str:
    """Return an image as the `data:` address of a small JPEG file.

    Args:
        pixels: uint8 `(height, width, 3)`.
    """
    picture = Image.fromarray(pixels)
    picture.thumbnail((SIDE, SIDE), Image.Resampling.LANCZOS)
    file = io.BytesIO()
    picture.save(file, "JPEG", quality=QUALITY, optimize=True)
    return f"data:image/jpeg;base64,{b64encode(file.getvalue()).decode('ascii')}"


def _mistake(one: Misclassified, pixels: Pixels) -> Mistake:
    return Mistake(one.path, one.actual, one.predicted, one.probability, thumbnail(pixels))
