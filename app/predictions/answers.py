"""The fields of a response body, made from a prediction: the decision and the ranked labels."""

from collections.abc import Iterable, Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from app.inference.engines.base import Maps
from app.inference.predictor import Prediction
from app.predictions.schemas import Explanation, ImageFacts, LabelProbability
from model_store.manifest import Description

DECIMALS: Final = 4
"""Decimals of a value of an activation map."""


def explanation(maps: Maps, predicted: str, listed: Iterable[str], labels: Sequence[str]) -> Explanation:
    """Return the class activation maps of one image for the predicted label and those listed.

    Args:
        maps: The maps of all labels, `(rows, columns, labels)`.
        predicted: The predicted label.
        listed: The labels in the answer.
        labels: All labels, in the order of the maps.
    """
    explained = dict.fromkeys([predicted, *listed])
    return Explanation(maps={label: rows_of(maps[..., labels.index(label)]) for label in explained})


def rows_of(activation: npt.NDArray[np.float32]) -> list[list[float]]:
    """Return a map, `(rows, columns)`, as numbers for JSON."""
    rows: list[list[float]] = np.round(activation.astype(np.float64), DECIMALS).tolist()
    return rows


def predicted_fields(prediction: Prediction, description: Description, top_k: int | None) -> dict[str, Any]:
    """Return the fields of `schemas.PredictedImage`: the most probable `top_k` labels, highest first."""
    labels, decoded = description.labels, prediction.decoded
    chosen = description.decision.index(prediction.probabilities)
    probabilities = prediction.probabilities.tolist()
    order = sorted(range(len(labels)), key=lambda at: -probabilities[at])[:top_k]  # equals stay in the labels' order
    threshold = {} if description.threshold is None else {"threshold": description.threshold}
    damaged = {"damaged": True} if decoded.is_damaged else {}
    return {
        "label": labels[chosen],
        "probability": probabilities[chosen],
        **threshold,
        "predictions": [LabelProbability(label=labels[at], probability=probabilities[at]) for at in order],
        "image": ImageFacts(format=decoded.format, width=decoded.width, height=decoded.height),
        **damaged,
    }
