"""A small real network, exported as training exports and published with golden samples of its own."""

from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf

from model_store.images.pixels import Pixels
from model_store.storage.golden import Golden, save_golden
from model_store.store import ModelStore, StoredVersion
from tests.support.fakes import SIZE, describe


@pytest.fixture(scope="session")
def pixels() -> Pixels:
    """Return sixteen noisy pictures."""
    return np.random.default_rng(0).integers(0, 256, (16, SIZE, SIZE, 3), dtype=np.uint8)


@pytest.fixture(scope="session")
def network() -> keras.Model:
    """Return a network with everything that matters to freezing: convolution, batch norm, dropout, softmax."""
    keras.utils.set_random_seed(1)
    inputs = keras.Input((SIZE, SIZE, 3), dtype="uint8", name="pixels")
    x = keras.layers.Rescaling(1 / 128, offset=-1)(inputs)
    x = keras.layers.Conv2D(8, 3, use_bias=False)(x)
    x = keras.layers.BatchNormalization()(x)
    x = keras.layers.GlobalAveragePooling2D()(keras.layers.ReLU(6)(x))
    x = keras.layers.Dropout(0.5)(x)
    return keras.Model(inputs, keras.layers.Softmax(name="probabilities")(keras.layers.Dense(2)(x)))


def export(network: keras.Model, directory: Path) -> None:
    """Write a SavedModel as training does."""
    archive = keras.export.ExportArchive()
    archive.track(network)
    archive.add_endpoint(
        "serving_default",
        lambda pixels: {"probabilities": network(pixels, training=False)},
        input_signature=[tf.TensorSpec((None, SIZE, SIZE, 3), tf.uint8, name="pixels")],
    )
    archive.write_out(directory, verbose=False)


@pytest.fixture(scope="session")
def stored(network: keras.Model, pixels: Pixels, tmp_path_factory: pytest.TempPathFactory) -> StoredVersion:
    """Publish the network."""
    with ModelStore(tmp_path_factory.mktemp("store")).stage("noise") as staging:
        export(network, staging.directory)
        save_golden(staging.directory, Golden(pixels[:5], np.asarray(network(pixels[:5], training=False))))
        return staging.publish(describe())
