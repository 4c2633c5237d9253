"""From a prediction to the fields of a body: ranked labels and the decision. Bodies themselves are in `schemas`."""

from typing import Any

from app.schemas import ImageFacts, LabelProbability
from app.service import Prediction
from model_store.manifest import Description


def predicted_fields(prediction: Prediction, description: Description, top_k: int | None) -> dict[str, Any]:
    """Return the fields of `schemas.PredictedImage`: the most probable `top_k` labels, highest first."""
    labels, decoded = description.labels, prediction.decoded
    chosen = description.decision.index(prediction.probabilities)
    probabilities = prediction.probabilities.tolist()
    order = sorted(range(len(labels)), key=lambda at: -probabilities[at])[:top_k]  # equals stay in the labels' order
    threshold = {} if description.threshold is None else {"threshold": description.threshold}
    return {
        "label": labels[chosen],
        "probability": probabilities[chosen],
        **threshold,
        "predictions": [LabelProbability(label=labels[at], probability=probabilities[at]) for at in order],
        "image": ImageFacts(format=decoded.format, width=decoded.width, height=decoded.height),
    }
