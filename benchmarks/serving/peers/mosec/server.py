"""Mosec as its image examples show it: decoding in processes of its own, then a stage with dynamic batching."""

import numpy as np
from classifier import BATCH_SIZE, DELAY_S, decode, load_model
from mosec import Server, Worker

DECODERS = 2


class Decode(Worker):
    """Takes the raw body."""

    def deserialize(self, data):
        """Leave the bytes as they are."""
        return data

    def forward(self, data):
        """Return the pixels."""
        return decode(data)


class Classify(Worker):
    """Takes batches."""

    def __init__(self) -> None:
        super().__init__()
        self.model = load_model("LATENCY")

    def forward(self, data):
        """Return an answer for each image."""
        return [{"probabilities": row} for row in self.model(np.stack(data)).tolist()]


if __name__ == "__main__":
    server = Server()
    server.append_worker(Decode, num=DECODERS, timeout=60)
    server.append_worker(Classify, max_batch_size=BATCH_SIZE, max_wait_time=round(DELAY_S * 1e3), timeout=60)
    server.run()
