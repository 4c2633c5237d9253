"""Class activation maps: where in a picture is what speaks for each label (Zhou et al., CVPR 2016).

Features that are the mean of a feature map over its places, and a dense layer after them, give logits that are the mean
of the logits of each place. So nothing is estimated: the maps are the logits before the mean. What is the same for
every label at a place is taken out, which the softmax does not see: above 0 speaks for a label, below 0 against it.

Law: softmax(mean of the maps over their places) = probabilities.
"""

from collections.abc import Callable
from typing import Any, Final

import keras
from keras import ops

PLACES: Final = (1, 2)
"""Axes of a feature map `(n, rows, columns, features)` that are places."""


def activation_maps(backbone: keras.Model, head: keras.Model, temperature: float = 1.0) -> Callable[[Any], Any] | None:
    """Return what computes the maps of a model of `export.assemble`; None where the backbone does not pool by the mean.

    Args:
        backbone: uint8 pixels → features: the mean over the places of the last feature map, perhaps with a layer
            normalisation after it, as ConvNeXt has.
        head: Features → logits; its last layer is dense.
        temperature: By which the logits are divided.

    Returns:
        Function of uint8 pixels `(n, height, width, 3)` → float32 maps `(n, rows, columns, labels)`.
    """
    pooling, normalization = _end(backbone)
    if pooling is None:
        return None
    feature_map = keras.models.clone_model(
        backbone,
        clone_function=lambda layer: layer,  # shares its weights
        call_function=lambda layer, *args, **kwargs: (
            args[0] if layer is pooling or layer is normalization else layer(*args, **kwargs)
        ),
        recursive=True,
    )
    dense = head.layers[-1]

    def compute(pixels: Any) -> Any:  # noqa: ANN401  tensors of the backend
        features = feature_map(pixels, training=False)
        if normalization is not None:
            features = _normalize(features, normalization)
        logits = ops.cast(dense(features), "float32")
        return (logits - ops.mean(logits, axis=-1, keepdims=True)) / temperature

    return compute


def _end(backbone: keras.Model) -> tuple[keras.Layer | None, keras.Layer | None]:
    """Return the pooling layer at the end of a network, and the normalisation after it, where there are such."""
    network = backbone
    while isinstance(network.layers[-1], keras.Model):
        network = network.layers[-1]
    before, last = network.layers[-2:]
    pooling, normalization = (before, last) if isinstance(last, keras.layers.LayerNormalization) else (last, None)
    if not isinstance(pooling, keras.layers.GlobalAveragePooling2D):
        return None, None
    return pooling, normalization


def _normalize(features: Any, layer: keras.layers.LayerNormalization) -> Any:  # noqa: ANN401  as above
    """Normalise each place as the mean over the places is normalised: so the mean comes out as the layer gives it."""
    pooled = ops.mean(features, axis=PLACES, keepdims=True)
    mean, variance = ops.moments(pooled, axes=-1, keepdims=True)
    return (features - mean) * ops.rsqrt(variance + layer.epsilon) * layer.gamma + layer.beta
