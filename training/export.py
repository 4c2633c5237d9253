"""Turns a trained network into a SavedModel, and does not believe it before it has answered.

What is exported: uint8 `pixels` → cast → scaling and backbone → pooling → head → temperature → softmax → float32
`probabilities`. The answers of the Keras model are the reference; the SavedModel is loaded again and compared with
them. Nothing here knows of data sets or of the store.
"""

from pathlib import Path
from typing import Any, Final

import keras
import numpy as np
import numpy.typing as npt
import tensorflow as tf

from model_store.manifest import Signature, TensorSpec
from model_store.pixels import Pixels
from training.errors import ExportMismatch

TOLERANCE: Final = 1e-5
"""Largest difference between a probability of the SavedModel and of the Keras model."""

ENDPOINT: Final = "serving_default"


def logits_model(backbone: keras.Model, head: keras.Model) -> keras.Model:
    """Put backbone and head into one model, which shares their weights.

    Args:
        backbone: uint8 pixels → features.
        head: Features → logits.

    Returns:
        uint8 `pixels` `(n, height, width, 3)` → float32 logits `(n, labels)`.
    """
    pixels = keras.Input(backbone.input_shape[1:], dtype="uint8", name="pixels")
    logits = keras.layers.Activation("linear", dtype="float32", name="float32")(head(backbone(pixels)))
    return keras.Model(pixels, logits, name="logits")


def assemble(backbone: keras.Model, head: keras.Model, temperature: float = 1.0) -> keras.Model:
    """Put backbone, head, temperature and softmax into one model.

    Args:
        backbone: uint8 pixels → features.
        head: Features → logits.
        temperature: By which the logits are divided.

    Returns:
        uint8 `pixels` `(n, height, width, 3)` → float32 `probabilities` `(n, labels)`.
    """
    pixels = keras.Input(backbone.input_shape[1:], dtype="uint8", name="pixels")
    logits = head(backbone(pixels))
    if temperature != 1:
        logits = keras.layers.Rescaling(1 / temperature, name="temperature", dtype="float32")(logits)
    return keras.Model(pixels, keras.layers.Softmax(name="probabilities", dtype="float32")(logits), name="classifier")


def export(model: keras.Model, directory: Path) -> Signature:
    """Write a model of `assemble` as a SavedModel.

    Returns:
        Its signature.
    """
    height, width, channels = model.input_shape[1:]
    archive = keras.export.ExportArchive()
    archive.track(model)
    archive.add_endpoint(
        ENDPOINT,
        lambda pixels: {"probabilities": model(pixels, training=False)},
        input_signature=[tf.TensorSpec((None, height, width, channels), tf.uint8, name="pixels")],
    )
    archive.write_out(directory, verbose=False)
    return Signature(
        name=ENDPOINT,
        input=TensorSpec(name="pixels", dtype="uint8", shape=(None, height, width, channels)),
        output=TensorSpec(name="probabilities", dtype="float32", shape=(None, model.output_shape[-1])),
    )


class Exported:
    """A SavedModel, loaded as who serves it does."""

    def __init__(self, directory: Path) -> None:
        self._loaded = tf.saved_model.load(directory)  # holds the variables that the signature reads
        self._signature: Any = self._loaded.signatures[ENDPOINT]

    def __call__(self, pixels: tf.Tensor) -> tf.Tensor:
        """Answer uint8 pixels `(n, height, width, 3)` with float32 probabilities `(n, labels)`."""
        return self._signature(pixels=pixels)["probabilities"]


def check_exported(exported: Exported, pixels: Pixels, expected: npt.NDArray[np.float32]) -> None:
    """Compare a loaded SavedModel with the Keras model.

    Args:
        exported: The SavedModel.
        pixels: uint8 `(n, height, width, 3)`.
        expected: The Keras model's probabilities, float32 `(n, labels)`.

    Raises:
        ExportMismatch: They differ.
    """
    answers = np.asarray(exported(tf.constant(pixels)))
    difference = float(np.abs(answers - expected).max()) if answers.shape == expected.shape else float("inf")
    if not difference <= TOLERANCE:
        raise ExportMismatch(difference, TOLERANCE)
