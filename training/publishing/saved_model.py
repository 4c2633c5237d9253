"""Exports a trained network as a SavedModel and verifies its answers.

The first signature is uint8 `pixels` → cast → scaling and backbone → pooling → head → temperature → softmax → float32
`probabilities`. The second is uint8 `pixels` → float32 `maps`, the class activation maps. The SavedModel is loaded
again and compared with the answers of the Keras model. This module does not know data sets or the store.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, NamedTuple

import keras
import numpy as np
import numpy.typing as npt
import tensorflow as tf

from model_store.images.pixels import Pixels
from model_store.manifest import Signature, TensorSpec
from training.errors import ExportMismatch

TOLERANCE: Final = 1e-5
"""Largest allowed difference between a probability of the SavedModel and of the Keras model."""

ENDPOINT: Final = "serving_default"
MAPS_ENDPOINT: Final = "class_activation_maps"


def assemble(backbone: keras.Model, head: keras.Model, temperature: float = 1.0) -> keras.Model:
    """Put backbone, head, temperature and softmax into one model.

    Args:
        backbone: Model of uint8 pixels → features.
        head: Model of features → logits.
        temperature: Divisor of the logits.

    Returns:
        Model of uint8 `pixels` `(n, height, width, 3)` → float32 `probabilities` `(n, labels)`.
    """
    pixels = keras.Input(backbone.input_shape[1:], dtype="uint8", name="pixels")
    logits = head(backbone(pixels))
    if temperature != 1:
        logits = keras.layers.Rescaling(1 / temperature, name="temperature", dtype="float32")(logits)
    return keras.Model(pixels, keras.layers.Softmax(name="probabilities", dtype="float32")(logits), name="classifier")


class Signatures(NamedTuple):
    """The signatures of a SavedModel."""

    probabilities: Signature
    maps: Signature | None
    """Signature of the activation maps; None if the backbone does not give them, see `activation_maps`."""


def export(model: keras.Model, maps: Callable[[Any], Any] | None, directory: Path) -> Signatures:
    """Write a SavedModel.

    Args:
        model: Model from `assemble`.
        maps: Function from `activation_maps`, for the same backbone, head and temperature.
        directory: Directory to write to.

    Returns:
        The signatures, for the manifest.
    """
    shape = (None, *model.input_shape[1:])
    signature = [tf.TensorSpec(shape, tf.uint8, name="pixels")]
    archive = keras.export.ExportArchive()
    archive.track(model)
    archive.add_endpoint(
        ENDPOINT, lambda pixels: {"probabilities": model(pixels, training=False)}, input_signature=signature
    )
    if maps is not None:
        archive.add_endpoint(MAPS_ENDPOINT, lambda pixels: {"maps": maps(pixels)}, input_signature=signature)
    archive.write_out(directory, verbose=False)
    pixels, labels = TensorSpec(name="pixels", dtype="uint8", shape=shape), model.output_shape[-1]
    return Signatures(
        Signature(
            name=ENDPOINT,
            input=pixels,
            output=TensorSpec(name="probabilities", dtype="float32", shape=(None, labels)),
        ),
        None
        if maps is None
        else Signature(
            name=MAPS_ENDPOINT,
            input=pixels,
            output=TensorSpec(name="maps", dtype="float32", shape=(None, None, None, labels)),
        ),
    )


class Exported:
    """A SavedModel, loaded as the service loads it."""

    def __init__(self, directory: Path) -> None:
        self._loaded = tf.saved_model.load(directory)  # holds the variables that the signatures read
        self._signatures: Any = self._loaded.signatures

    def __call__(self, pixels: tf.Tensor) -> tf.Tensor:
        """Answer uint8 pixels `(n, height, width, 3)` with float32 probabilities `(n, labels)`."""
        return self._signatures[ENDPOINT](pixels=pixels)["probabilities"]

    def maps(self, pixels: tf.Tensor) -> tf.Tensor | None:
        """Answer with float32 maps `(n, rows, columns, labels)`; None if the model lacks them."""
        if MAPS_ENDPOINT not in self._signatures:
            return None
        return self._signatures[MAPS_ENDPOINT](pixels=pixels)["maps"]


def check_exported(exported: Exported, pixels: Pixels, expected: npt.NDArray[np.float32]) -> None:
    """Compare a loaded SavedModel with the Keras model, and its maps, if any, with their law.

    Args:
        exported: The SavedModel.
        pixels: Pixels to compare on, uint8 `(n, height, width, 3)`.
        expected: Probabilities of the Keras model, float32 `(n, labels)`.

    Raises:
        ExportMismatch: If they differ by more than `TOLERANCE`.
    """
    _compare(np.asarray(exported(tf.constant(pixels))), expected)
    maps = exported.maps(tf.constant(pixels))
    if maps is not None:
        _compare(np.asarray(tf.nn.softmax(tf.reduce_mean(maps, axis=(1, 2)))), expected)


def _compare(answers: npt.NDArray[np.float32], expected: npt.NDArray[np.float32]) -> None:
    difference = float(np.abs(answers - expected).max()) if answers.shape == expected.shape else float("inf")
    if not difference <= TOLERANCE:
        raise ExportMismatch(difference, TOLERANCE)
