"""A backbone of five layers with weights of its own, for what does not depend on a network's size.

Most of a small run is the writing and reading of the network's graph: with EfficientNet-Lite0 that is half a minute.
`python -m tests.support.tiny_backbone train …` is `python -m training train …` with this backbone in the catalogue.
"""

from typing import TYPE_CHECKING, Final

from model_store.commands.main import run
from training.__main__ import training
from training.backbones.catalogue import BACKBONES, Backbone

if TYPE_CHECKING:
    import keras

NORMALISATIONS: Final = 2


def _build(weights: str, size: int) -> "keras.Model":
    """Build it with the same weights each time, whichever are asked for."""
    import keras

    del weights
    pixels = keras.Input((size, size, 3))
    x = keras.layers.Rescaling(1 / 127.5, offset=-1)(pixels)
    for seed, filters in enumerate((16, 32)):
        kernel = keras.initializers.GlorotUniform(seed=seed)
        x = keras.layers.Conv2D(filters, 3, strides=2, use_bias=False, kernel_initializer=kernel)(x)
        x = keras.layers.ReLU()(keras.layers.BatchNormalization()(x))
    return keras.Model(pixels, keras.layers.GlobalAveragePooling2D()(x), name="tiny")


TINY: Final = Backbone("tiny", 64, 5_232, "tiny.weights.h5", 0, "this module", _build)


if __name__ == "__main__":
    BACKBONES[TINY.name] = TINY
    run(training, prog_name="python -m training")
