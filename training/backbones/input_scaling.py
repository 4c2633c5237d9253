"""Puts the scaling of its input into each network of `keras.applications`, which leaves it to the caller for some.

EfficientNet V2, MobileNetV3 and ConvNeXt come with theirs. EfficientNet's is a layer that only a weights file fills.
ResNet's is a function beside the network, `keras.applications.resnet.preprocess_input`.
"""

from collections.abc import Callable
from typing import Final

import keras
import numpy as np

from training.backbones.keras_networks import Application

IMAGENET_MEAN: Final = (0.485, 0.456, 0.406)
IMAGENET_DEVIATION: Final = (0.229, 0.224, 0.225)
"""Of red, green and blue, from 0 to 1."""

CAFFE_MEAN: Final = (103.939, 116.779, 123.68)
"""Of blue, green and red, from 0 to 255, as the network of He et al. was trained in Caffe."""


def complete_normalization(network: keras.Model) -> None:
    """Make EfficientNet's normalisation what it is where Keras downloads the weights; other networks stay.

    The variance in Keras' ImageNet files is the deviation, not its square; `keras.applications` makes up for it with
    one more layer, but only where it downloads the file itself (tensorflow/tensorflow#49930). Without a file mean and
    variance are 0 and 1, those of no pictures.
    """
    for layer in network.layers:
        if isinstance(layer, keras.layers.Normalization) and layer.weights:
            mean, variance, count = layer.get_weights()
            if not mean.any():
                mean, variance = np.array(IMAGENET_MEAN), np.square(IMAGENET_DEVIATION)
            elif np.allclose(variance, IMAGENET_DEVIATION, atol=1e-3):
                variance = np.square(variance)
            layer.set_weights([mean, variance, count])
            layer.finalize_state()


def with_scaling(network: keras.Model, application: Application) -> keras.Model:
    """Return the network with the scaling before it that Keras left out.

    Args:
        network: One of `keras.applications`.
        application: Which one.

    Returns:
        float32 pixels from 0 to 255 → what the network gives.
    """
    scale = _SCALINGS.get(application.constructor)
    if scale is None:
        return network
    pixels = keras.Input(network.input_shape[1:], name="pixels")
    return keras.Model(pixels, network(scale(pixels)), name=f"scaled_{network.name}")


def _scale_as_caffe(pixels: keras.KerasTensor) -> keras.KerasTensor:
    """Go from RGB to BGR and subtract the mean; the deviation stays."""
    flipped = keras.ops.flip(pixels, axis=-1)
    return keras.layers.Normalization(mean=CAFFE_MEAN, variance=(1, 1, 1), dtype="float32", name="scaling")(flipped)


def _scale_to_one(pixels: keras.KerasTensor) -> keras.KerasTensor:
    """Go from 0…255 to -1…1."""
    return keras.layers.Rescaling(1 / 127.5, offset=-1, dtype="float32", name="scaling")(pixels)


_SCALINGS: Final[dict[str, Callable[[keras.KerasTensor], keras.KerasTensor]]] = {
    "ResNet50": _scale_as_caffe,
    "ResNet50V2": _scale_to_one,
}
