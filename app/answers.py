"""From a prediction to the fields of a body: ranked labels and the decision. Bodies themselves are in `schemas`."""

from typing import Any

import numpy as np

from app.schemas import ImageFacts, LabelProbability
from app.service import Prediction
from model_store.manifest import Description


def predicted_fields(prediction: Prediction, description: Description, top_k: int | None) -> dict[str, Any]:
    """Return the fields of `schemas.PredictedImage`: the most probable `top_k` labels, highest first."""
    probabilities = prediction.probabilities
    labels = description.labels
    chosen = description.decision.index(probabilities)
    order = np.argsort(-probabilities, kind="stable")[:top_k]
    threshold = {} if description.threshold is None else {"threshold": description.threshold}
    return {
        "label": labels[chosen],
        "probability": float(probabilities[chosen]),
        **threshold,
        "predictions": [LabelProbability(label=labels[at], probability=float(probabilities[at])) for at in order],
        "image": ImageFacts(format=prediction.format, width=prediction.width, height=prediction.height),
    }
