"""Loads a Keras weights file into a network, completely or with an error."""

import warnings
from pathlib import Path

import keras

from training.errors import WeightsInvalid


def load_keras_weights(model: keras.Model, path: Path, *, name: str) -> None:
    """Fill a network with the weights of an `.h5` or `.weights.h5` file.

    If a file lacks layers, Keras only warns and leaves them random; here that is an error.

    Args:
        model: The network without its top.
        path: Path of the file.
        name: Name of the network in the error message.

    Raises:
        WeightsInvalid: If the file does not fit the network, is damaged or cannot be read; some weights may be set.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", UserWarning)
            model.load_weights(path)
    except (OSError, ValueError, KeyError, TypeError, UserWarning) as error:
        lines = str(error).strip().splitlines() or [type(error).__name__]
        hint = f"Use a .h5 or .weights.h5 file with every layer of {name} without its top."
        raise WeightsInvalid(path, f"does not fit {name} ({lines[0]})", hint=hint) from error
