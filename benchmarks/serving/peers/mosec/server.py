"""Mosec as in its image examples: decoding in separate processes, then a stage with dynamic batching."""

import numpy as np
from classifier import BATCH_SIZE, DELAY_S, decode, load_model
from mosec import Server, Worker

DECODERS = 2


class Decode(Worker):
    """The stage that decodes raw bodies."""

    def deserialize(self, data):
        """Return the bytes unchanged."""
        return data

    def forward(self, data):
        """Return the pixels."""
        return decode(data)


class Classify(Worker):
    """The stage that computes batches."""

    def __init__(self) -> None:
        super().__init__()
        self.model = load_model("LATENCY")

    def forward(self, data):
        """Return the probabilities of each image."""
        return [{"probabilities": row} for row in self.model(np.stack(data)).tolist()]


if __name__ == "__main__":
    server = Server()
    server.append_worker(Decode, num=DECODERS, timeout=60)
    server.append_worker(Classify, max_batch_size=BATCH_SIZE, max_wait_time=round(DELAY_S * 1e3), timeout=60)
    server.run()
