"""BentoML as its guide to adaptive batching shows it: a batchable method of a list of images."""

import bentoml
import numpy as np
from classifier import BATCH_SIZE, load_model, shrink
from PIL.Image import Image


@bentoml.service(traffic={"timeout": 60})
class Classifier:
    """The service. How long it waits for a batch is its own decision; `max_latency_ms` only bounds it."""

    def __init__(self) -> None:
        self.model = load_model("LATENCY")

    @bentoml.api(batchable=True, max_batch_size=BATCH_SIZE, max_latency_ms=10_000)
    def predict(self, images: list[Image]) -> list[list[float]]:
        """Answer the probabilities of each image."""
        return self.model(np.stack([shrink(image) for image in images])).tolist()
