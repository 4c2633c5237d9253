"""Puts input scaling into the networks of `keras.applications` that leave it to the caller.

EfficientNet V2, MobileNetV3 and ConvNeXt include it. EfficientNet has a layer that only a weights file fills. ResNet
has a separate function, `keras.applications.resnet.preprocess_input`.
"""

from collections.abc import Callable
from typing import Final

import keras
import numpy as np

from training.backbones.keras_networks import Application

IMAGENET_MEAN: Final = (0.485, 0.456, 0.406)
IMAGENET_DEVIATION: Final = (0.229, 0.224, 0.225)
"""Standard deviation of red, green and blue, on a scale from 0 to 1; so is the mean."""

CAFFE_MEAN: Final = (103.939, 116.779, 123.68)
"""Mean of blue, green and red, on a scale from 0 to 255, as the network of He et al. was trained in Caffe."""


def complete_normalization(network: keras.Model) -> None:
    """Set EfficientNet's normalisation as if Keras had downloaded the weights; leave other networks unchanged.

    The variance in Keras' ImageNet files is the deviation, not its square. `keras.applications` compensates with one
    more layer, but only if it downloads the file itself (tensorflow/tensorflow#49930). Without a file, mean and
    variance are 0 and 1, which do not fit images.
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
    """Return the network with the input scaling that Keras leaves out.

    Args:
        network: A network of `keras.applications`.
        application: Its description.

    Returns:
        Model of float32 pixels from 0 to 255 → the output of the network.
    """
    scale = _SCALINGS.get(application.constructor)
    if scale is None:
        return network
    pixels = keras.Input(network.input_shape[1:], name="pixels")
    return keras.Model(pixels, network(scale(pixels)), name=f"scaled_{network.name}")


def _scale_as_caffe(pixels: keras.KerasTensor) -> keras.KerasTensor:
    """Convert RGB to BGR and subtract the mean, without dividing by the deviation."""
    flipped = keras.ops.flip(pixels, axis=-1)
    return keras.layers.Normalization(mean=CAFFE_MEAN, variance=(1, 1, 1), dtype="float32", name="scaling")(flipped)


def _scale_to_one(pixels: keras.KerasTensor) -> keras.KerasTensor:
    """Scale pixels from 0…255 to -1…1."""
    return keras.layers.Rescaling(1 / 127.5, offset=-1, dtype="float32", name="scaling")(pixels)


_SCALINGS: Final[dict[str, Callable[[keras.KerasTensor], keras.KerasTensor]]] = {
    "ResNet50": _scale_as_caffe,
    "ResNet50V2": _scale_to_one,
}
