"""LitServe as in its guide to batching: decode a request, batch, predict, unbatch."""

import os

import litserve
import numpy as np
from classifier import BATCH_SIZE, DELAY_S, decode, load_model


class Classifier(litserve.LitAPI):
    """The API, whose requests are multipart forms with an image, as in the guide to images."""

    def setup(self, device: str) -> None:
        """Load the model in the worker."""
        self.model = load_model("LATENCY")

    def decode_request(self, request):
        """Return the pixels."""
        return decode(request["image"].file.read())

    def batch(self, inputs):
        """Make a batch."""
        return np.stack(inputs)

    def predict(self, pixels):
        """Compute a batch."""
        return self.model(pixels)

    def unbatch(self, output):
        """Split a batch."""
        return list(output)

    def encode_response(self, output):
        """Return the response to one request."""
        return {"probabilities": output.tolist()}


if __name__ == "__main__":
    api = Classifier(max_batch_size=BATCH_SIZE, batch_timeout=DELAY_S)
    server = litserve.LitServer(api, accelerator="cpu", timeout=60)
    server.run(host="127.0.0.1", port=int(os.environ["PORT"]), generate_client_file=False)
