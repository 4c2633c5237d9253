"""MLServer as in its guide to custom runtimes: arguments decoded by their types, adaptive batching."""

from typing import List  # noqa: UP035  mlserver knows no list[bytes]

import numpy as np
from classifier import decode, load_model
from mlserver import MLModel
from mlserver.codecs import decode_args


class Classifier(MLModel):
    """The runtime; model-settings.json configures its batching."""

    async def load(self) -> bool:
        """Load the model in the worker."""
        self._model = load_model("LATENCY")
        return True

    @decode_args
    async def predict(self, image: List[bytes]) -> np.ndarray:  # noqa: UP006  as above
        """Return the probabilities of a batch of JPEGs."""
        return self._model(np.stack([decode(data) for data in image]))
