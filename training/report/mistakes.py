"""The mistakes that the model was surest of, each with a small picture that a page can hold."""

from dataclasses import dataclass
from typing import Final

from model_store.pixels import Pixels
from model_store.presentation.thumbnails import embedded, thumbnail
from model_store.report import Misclassified
from training.outcome import Outcome

MOST: Final = 24


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


def _mistake(one: Misclassified, pixels: Pixels) -> Mistake:
    return Mistake(one.path, one.actual, one.predicted, one.probability, embedded(thumbnail(pixels)))
