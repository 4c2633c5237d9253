"""The mistakes that the model was surest of, each with a small picture that a page can hold."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from model_store.evaluation.report import Misclassified
from model_store.images.pixels import Pixels
from model_store.presentation.activation import tint
from model_store.presentation.thumbnails import data_address, embedded, thumbnail
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
    tint: str | None
    """Its class activation map's colours, where there are some; both are `data:` addresses."""


def worst_mistakes(outcome: Outcome, most: int = MOST) -> tuple[Mistake, ...]:
    """Return the mistakes of the headline split with the highest probabilities, highest first."""
    rows = mistake_rows(outcome, most)
    worst = outcome.headline_evaluation.misclassified[:most]
    return tuple(_mistake(one, outcome.dataset.pixels[rows[one.path]], outcome.maps.get(one.path)) for one in worst)


def mistake_rows(outcome: Outcome, most: int = MOST) -> dict[str, int]:
    """Return where their pixels are, by path: rows of `dataset.pixels`."""
    rows = {file.path: file.row for file in outcome.dataset.used[outcome.headline_split]}
    return {one.path: rows[one.path] for one in outcome.headline_evaluation.misclassified[:most]}


def _mistake(one: Misclassified, pixels: Pixels, activation: npt.NDArray[np.float32] | None) -> Mistake:
    colours = None if activation is None else data_address(tint(activation), "image/png")
    return Mistake(one.path, one.actual, one.predicted, one.probability, embedded(thumbnail(pixels)), colours)
