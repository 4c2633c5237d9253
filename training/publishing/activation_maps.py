"""Class activation maps: which parts of a picture are evidence for each label (Zhou et al., CVPR 2016).

The features are the mean of a feature map over its places, and a dense layer follows. The logits are therefore the
mean of the logits of each place. The maps are exact, not an approximation: they are the logits before the mean. The
mean over the labels is subtracted at each place, which softmax ignores. Values above 0 support a label, values below 0
count against it.

Law: softmax(mean of the maps over their places) = probabilities.
"""

from collections.abc import Callable
from typing import Any, Final

import keras
from keras import ops

PLACES: Final = (1, 2)
"""Axes of a feature map `(n, rows, columns, features)` that are places."""


def activation_maps(backbone: keras.Model, head: keras.Model, temperature: float = 1.0) -> Callable[[Any], Any] | None:
    """Return a function that computes the maps of an assembled model; None if its backbone does not pool by the mean.

    Args:
        backbone: Model of uint8 pixels → features, the mean of the last feature map over its places. A layer
            normalisation may follow, as in ConvNeXt.
        head: Model of features → logits, whose last layer is dense.
        temperature: Divisor of the logits.

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
    """Return the pooling layer at the end of a network and the normalisation after it; None for a missing one."""
    network = backbone
    while isinstance(network.layers[-1], keras.Model):
        network = network.layers[-1]
    before, last = network.layers[-2:]
    pooling, normalization = (before, last) if isinstance(last, keras.layers.LayerNormalization) else (last, None)
    if not isinstance(pooling, keras.layers.GlobalAveragePooling2D):
        return None, None
    return pooling, normalization


def _normalize(features: Any, layer: keras.layers.LayerNormalization) -> Any:  # noqa: ANN401  as above
    """Normalise each place by the moments of the mean over the places, so that the mean equals the layer's output."""
    pooled = ops.mean(features, axis=PLACES, keepdims=True)
    mean, variance = ops.moments(pooled, axes=-1, keepdims=True)
    return (features - mean) * ops.rsqrt(variance + layer.epsilon) * layer.gamma + layer.beta
