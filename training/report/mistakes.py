"""The mistakes with the highest probabilities, each with a thumbnail to embed in a page."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from model_store.evaluation.report import Misclassified
from model_store.images.pixels import Pixels
from model_store.presentation.activation import tint
from model_store.presentation.thumbnails import data_address, embedded, thumbnail
from training.outcome import Outcome

MAX_MISTAKES: Final = 24


@dataclass(frozen=True, slots=True)
class Mistake:
    """A held-out image for which another label was predicted."""

    path: str
    actual: str
    predicted: str
    probability: float
    """Probability of the predicted label."""
    thumbnail: str
    tint: str | None
    """Colours of its class activation map, or None; like the thumbnail a `data:` address."""


def worst_mistakes(outcome: Outcome, most: int = MAX_MISTAKES) -> tuple[Mistake, ...]:
    """Return the mistakes of the headline split with the highest probabilities, highest first."""
    rows = mistake_rows(outcome, most)
    worst = outcome.headline_evaluation.misclassified[:most]
    return tuple(
        _mistake(mistake, outcome.dataset.pixels[rows[mistake.path]], outcome.maps.get(mistake.path))
        for mistake in worst
    )


def mistake_rows(outcome: Outcome, most: int = MAX_MISTAKES) -> dict[str, int]:
    """Return the worst mistakes as path to row of `dataset.pixels`."""
    rows = {file.path: file.row for file in outcome.dataset.used[outcome.headline_split]}
    worst = outcome.headline_evaluation.misclassified[:most]
    return {mistake.path: rows[mistake.path] for mistake in worst}


def _mistake(file: Misclassified, pixels: Pixels, activation: npt.NDArray[np.float32] | None) -> Mistake:
    colours = None if activation is None else data_address(tint(activation), "image/png")
    return Mistake(file.path, file.actual, file.predicted, file.probability, embedded(thumbnail(pixels)), colours)
