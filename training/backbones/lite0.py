"""EfficientNet-Lite0 in stock Keras layers.

The architecture is Google's (TensorFlow TPU repository, `efficientnet/lite`): EfficientNet without
squeeze-and-excitation, with ReLU6 instead of swish, and with fixed widths of stem and head. `lite0_weights.py` loads
the weights.
"""

from typing import Final, NamedTuple

import keras

from training.backbones.names import LITE0

CLASSES: Final = 1000
EPSILON: Final = 1e-3


class Stage(NamedTuple):
    """Blocks of one width; only the first block has the stride."""

    repeats: int
    kernel: int
    stride: int
    expansion: int
    channels: int


STEM: Final = 32
STAGES: Final = (
    Stage(1, 3, 1, 1, 16),
    Stage(2, 3, 2, 6, 24),
    Stage(2, 5, 2, 6, 40),
    Stage(3, 3, 2, 6, 80),
    Stage(3, 5, 1, 6, 112),
    Stage(4, 5, 2, 6, 192),
    Stage(1, 3, 1, 6, 320),
)
TOP: Final = 1280


def build_lite0(*, height: int = 224, width: int = 224, include_top: bool = False) -> keras.Model:
    """Build the network with random weights.

    Args:
        height: Height of its input in pixels.
        width: Width of its input in pixels.
        include_top: Whether its output is the 1000 ImageNet logits instead of the features.

    Returns:
        Model of float32 pixels `(n, height, width, 3)` from 0 to 255, not scaled → features `(n, 1280)` or logits
        `(n, 1000)`.
    """
    pixels = keras.Input((height, width, 3), name="pixels")
    x = keras.layers.Rescaling(1 / 128, offset=-127 / 128, name="scaling")(pixels)  # (x - 127) / 128
    x = _convolve(x, STEM, kernel=3, stride=2, name="stem")
    index = 0
    for stage in STAGES:
        for repeat in range(stage.repeats):
            x = _block(x, stage, stride=stage.stride if repeat == 0 else 1, name=f"block{index}")
            index += 1
    x = _convolve(x, TOP, kernel=1, stride=1, name="top")
    x = keras.layers.GlobalAveragePooling2D(name="pooling")(x)
    if include_top:
        x = keras.layers.Dense(CLASSES, name="logits")(x)
    return keras.Model(pixels, x, name=LITE0)


def _convolve(x: keras.KerasTensor, channels: int, *, kernel: int, stride: int, name: str) -> keras.KerasTensor:
    """Convolve, normalise and apply ReLU6."""
    x = keras.layers.Conv2D(channels, kernel, stride, padding="same", use_bias=False, name=f"{name}_conv")(x)
    x = keras.layers.BatchNormalization(epsilon=EPSILON, name=f"{name}_bn")(x)
    return keras.layers.ReLU(6, name=f"{name}_relu")(x)


def _block(x: keras.KerasTensor, stage: Stage, *, stride: int, name: str) -> keras.KerasTensor:
    """Apply an inverted residual: expand, depthwise, project without activation; add a skip if the shapes agree."""
    start = x
    if stage.expansion > 1:
        x = _convolve(x, x.shape[-1] * stage.expansion, kernel=1, stride=1, name=f"{name}_expand")
    x = keras.layers.DepthwiseConv2D(
        stage.kernel, stride, padding="same", use_bias=False, name=f"{name}_depthwise_conv"
    )(x)
    x = keras.layers.BatchNormalization(epsilon=EPSILON, name=f"{name}_depthwise_bn")(x)
    x = keras.layers.ReLU(6, name=f"{name}_depthwise_relu")(x)
    x = keras.layers.Conv2D(stage.channels, 1, padding="same", use_bias=False, name=f"{name}_project_conv")(x)
    x = keras.layers.BatchNormalization(epsilon=EPSILON, name=f"{name}_project_bn")(x)
    if stride == 1 and start.shape[-1] == stage.channels:
        x = keras.layers.Add(name=f"{name}_add")([start, x])
    return x
