"""What every peer's server calls: a JPEG to pixels, and pixels to probabilities. The rest of a server is its own.

Written as a user of those servers would: Pillow opens, converts and resizes, and the SavedModel's signature is called.
In the environment: SAVED_MODEL, IMAGE_SIZE, ENGINE (`tensorflow` or `openvino`, in f32) and DRAFT=1 for the project's
own decode, so that only the server differs.
"""

import io
import os
import threading
from collections.abc import Callable
from typing import Literal

import numpy as np
import numpy.typing as npt
from PIL import Image

Pixels = npt.NDArray[np.uint8]
Probabilities = npt.NDArray[np.float32]

SIZE = int(os.environ["IMAGE_SIZE"])
DRAFT = os.environ.get("DRAFT") == "1"
BATCH_SIZE = 16
"""Most images that a server is told to compute at once."""
DELAY_S = 0.005
"""How long a server is told to wait for them."""


def decode(data: bytes) -> Pixels:
    """Return the pixels of a JPEG, uint8 `(size, size, 3)`."""
    return shrink(Image.open(io.BytesIO(data)))


def shrink(image: Image.Image) -> Pixels:
    """Return the pixels of an image whose header was read."""
    if DRAFT:
        image.draft(None, (2 * SIZE, 2 * SIZE))
    return np.asarray(image.convert("RGB").resize((SIZE, SIZE), Image.Resampling.BILINEAR))


def load_model(hint: Literal["LATENCY", "THROUGHPUT"]) -> Callable[[Pixels], Probabilities]:
    """Load the SavedModel by the engine asked for.

    Args:
        hint: OpenVINO's, by its documentation: `LATENCY` where one thread computes batches, `THROUGHPUT` where many
            threads compute an image each.
    """
    return _openvino(hint) if os.environ["ENGINE"] == "openvino" else _tensorflow()


def _tensorflow() -> Callable[[Pixels], Probabilities]:
    import tensorflow as tf  # noqa: PLC0415  takes seconds; the other engine does without

    loaded = tf.saved_model.load(os.environ["SAVED_MODEL"])
    signature = loaded.signatures["serving_default"]

    def predict(pixels: Pixels) -> Probabilities:
        (probabilities,) = signature(tf.constant(pixels)).values()
        return np.asarray(probabilities.numpy(), np.float32)

    return predict


def _openvino(hint: str) -> Callable[[Pixels], Probabilities]:
    import openvino  # noqa: PLC0415  as above

    options = {"PERFORMANCE_HINT": hint, "INFERENCE_PRECISION_HINT": "f32"}
    compiled = openvino.Core().compile_model(os.environ["SAVED_MODEL"], "CPU", options)
    local = threading.local()  # a request is one thread's

    def predict(pixels: Pixels) -> Probabilities:
        if not hasattr(local, "request"):
            local.request = compiled.create_infer_request()
        return np.array(local.request.infer([pixels])[0], np.float32)

    return predict
