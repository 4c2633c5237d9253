"""BentoML as in its guide to adaptive batching: a batchable method of a list of images."""

import bentoml
import numpy as np
from classifier import BATCH_SIZE, load_model, shrink
from PIL.Image import Image


@bentoml.service(traffic={"timeout": 60})
class Classifier:
    """The service, which chooses how long to wait for a batch; `max_latency_ms` is only an upper bound."""

    def __init__(self) -> None:
        self.model = load_model("LATENCY")

    @bentoml.api(batchable=True, max_batch_size=BATCH_SIZE, max_latency_ms=10_000)
    def predict(self, images: list[Image]) -> list[list[float]]:
        """Return the probabilities of each image."""
        return self.model(np.stack([shrink(image) for image in images])).tolist()
