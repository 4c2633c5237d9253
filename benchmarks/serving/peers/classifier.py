"""The code that all peers' servers share: from a JPEG to pixels, and from pixels to probabilities.

It is written as a user of those servers would write it. Pillow opens, converts and resizes, and the SavedModel's
signature is called. The environment sets SAVED_MODEL, IMAGE_SIZE, ENGINE (`tensorflow` or `openvino`, in f32), and
DRAFT=1 for the project's own decode, so that only the server differs.
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
"""Configured maximum number of images in a batch."""
DELAY_S = 0.005
"""Configured maximum time to wait for a batch, in seconds."""


def decode(data: bytes) -> Pixels:
    """Return the pixels of a JPEG, uint8 `(size, size, 3)`."""
    return shrink(Image.open(io.BytesIO(data)))


def shrink(image: Image.Image) -> Pixels:
    """Return the pixels of an opened image, uint8 `(size, size, 3)`."""
    if DRAFT:
        image.draft(None, (2 * SIZE, 2 * SIZE))
    return np.asarray(image.convert("RGB").resize((SIZE, SIZE), Image.Resampling.BILINEAR))


def load_model(hint: Literal["LATENCY", "THROUGHPUT"]) -> Callable[[Pixels], Probabilities]:
    """Load the SavedModel with the engine that ENGINE names.

    Args:
        hint: OpenVINO's performance hint. By its documentation, `LATENCY` is for one thread that computes batches and
            `THROUGHPUT` for many threads that compute one image each.
    """
    return _openvino(hint) if os.environ["ENGINE"] == "openvino" else _tensorflow()


def _tensorflow() -> Callable[[Pixels], Probabilities]:
    import tensorflow as tf  # noqa: PLC0415  takes seconds and is not needed by the other engine

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
    local = threading.local()  # each thread has a request of its own

    def predict(pixels: Pixels) -> Probabilities:
        if not hasattr(local, "request"):
            local.request = compiled.create_infer_request()
        return np.array(local.request.infer([pixels])[0], np.float32)

    return predict
