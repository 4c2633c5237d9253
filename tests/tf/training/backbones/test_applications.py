import functools
import inspect
import re
import socket
import sys
import urllib.error
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from app.inference.engines.graph_check import COMPUTE_OPS, VARIABLE_OPS
from training.backbones.applications import load_application
from training.backbones.catalogue import BACKBONES
from training.backbones.input_scaling import IMAGENET_DEVIATION, IMAGENET_MEAN
from training.backbones.keras_networks import APPLICATIONS
from training.errors import WeightsInvalid, WeightsUnavailable

by_torch = functools.partial(keras.applications.imagenet_utils.preprocess_input, mode="torch")
"""(x / 255 - mean) / deviation, as documented for the networks that need it."""

SCALINGS = {
    "efficientnet-b0": by_torch,
    "efficientnetv2-b0": by_torch,
    "efficientnetv2-s": lambda pixels: (pixels - 128) / 128,  # google/automl, efficientnetv2/preprocessing.py
    "mobilenetv3-small": functools.partial(keras.applications.imagenet_utils.preprocess_input, mode="tf"),
    "convnext-tiny": by_torch,
    "resnet50": keras.applications.resnet.preprocess_input,
    "resnet50v2": keras.applications.resnet_v2.preprocess_input,
}
"""The smallest network of each kind, and the scaling that its authors apply."""

APPLICATION = {application.name: application for application in APPLICATIONS}
KINDS = [name for name in SCALINGS if name != "efficientnetv2-s"]
"""One network of each family; a second one would cost seconds and show nothing more."""


@functools.cache
def untrained(name: str) -> keras.Model:
    return BACKBONES[name].load("none").model


def scale_inside(network: keras.Model, pixels: np.ndarray) -> np.ndarray:
    scaling = [
        layer for layer in network.layers if isinstance(layer, keras.layers.Rescaling | keras.layers.Normalization)
    ]
    return np.asarray(keras.Model(network.input, scaling[-1].output)(pixels))


def pixels_of(network: keras.Model) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (1, *network.input_shape[1:])).astype(np.float32)


@pytest.mark.parametrize("name", SCALINGS)
def test_the_scaling_inside_the_graph_is_the_documented_one(name: str) -> None:
    network = untrained(name).layers[-1]
    pixels = pixels_of(network)
    expected = SCALINGS[name](pixels.astype(np.float64))
    assert np.abs(scale_inside(network, pixels) - expected).max() < 1e-6 * np.abs(expected).max()


@pytest.mark.parametrize("name", SCALINGS)
def test_the_catalogue_knows_the_number_of_parameters(name: str) -> None:
    assert untrained(name).count_params() == BACKBONES[name].parameters


@pytest.mark.parametrize("name", KINDS)
def test_the_service_allows_every_operation_and_none_is_compiled_by_xla(name: str) -> None:
    model = untrained(name)
    signature = tf.TensorSpec((None, *model.input_shape[1:]), tf.uint8)
    graph = tf.function(lambda pixels: model(pixels, training=False)).get_concrete_function(signature).graph
    library = graph.as_graph_def().library.function
    nodes = [*graph.as_graph_def().node, *(node for function in library for node in function.node_def)]
    assert {node.op for node in nodes} <= COMPUTE_OPS | VARIABLE_OPS
    assert not any(function.attr["_XlaMustCompile"].b for function in library if "_XlaMustCompile" in function.attr)


@pytest.mark.parametrize("name", KINDS)
def test_without_a_network_the_hint_names_the_very_file_that_keras_asked_for(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    silence: list[float | None] = []

    def refuse(origin: str, *_: object) -> None:
        asked.append(origin.rpartition("/")[2])
        silence.append(socket.getdefaulttimeout())
        raise urllib.error.URLError("no network here")

    monkeypatch.setattr("keras.src.utils.file_utils.urlretrieve", refuse)
    monkeypatch.setattr("keras.src.backend.config._KERAS_DIR", str(tmp_path))
    with pytest.raises(WeightsUnavailable, match="no network here") as caught:
        load_application(APPLICATION[name], "imagenet")
    assert asked == [BACKBONES[name].weights_file]
    assert asked[0] in str(caught.value.hint)
    assert (silence, socket.getdefaulttimeout()) == ([20], None)  # seconds; gone with the download


@pytest.mark.parametrize("name", APPLICATION)
def test_input_and_file_are_those_in_the_source_of_keras(name: str) -> None:
    constructor: Any = getattr(keras.applications, APPLICATION[name].constructor)
    own_name = inspect.signature(constructor).parameters["name"].default.replace("V3", "_v3_").lower()
    assert APPLICATION[name].weights_file.removeprefix("weights_").startswith(own_name)
    source = (
        inspect.getsource(constructor)
        if name.startswith("efficientnet")
        else inspect.getsource(sys.modules[constructor.__module__])
    )
    assert re.search(rf"\b{APPLICATION[name].size}\b", source)


def test_the_weights_of_a_file_get_the_scaling_of_the_downloaded_network(tmp_path: Path) -> None:
    saved = keras.applications.EfficientNetB0(include_top=False, weights=None, pooling="avg", input_shape=(224, 224, 3))
    normalization = next(layer for layer in saved.layers if isinstance(layer, keras.layers.Normalization))
    mean, deviation = np.array(IMAGENET_MEAN), np.array(IMAGENET_DEVIATION)
    normalization.set_weights([mean, deviation, np.array(0)])  # as in Keras' file: the deviation for the variance
    saved.save_weights(tmp_path / "b0.weights.h5")
    network = load_application(APPLICATION["efficientnet-b0"], str(tmp_path / "b0.weights.h5"))
    pixels = pixels_of(network)
    assert np.allclose(scale_inside(network, pixels), by_torch(pixels.astype(np.float64)), atol=1e-5)
    assert np.array_equal(network.get_layer("stem_conv").kernel, saved.get_layer("stem_conv").kernel)


def test_another_size_than_the_native_one_changes_the_input_and_no_feature_count() -> None:
    small = BACKBONES["mobilenetv3-small"].load("none", 96).model
    assert small.input_shape == (None, 96, 96, 3)
    assert small.output_shape == untrained("mobilenetv3-small").output_shape


def test_the_weights_of_another_network_are_refused_by_name(tmp_path: Path) -> None:
    keras.Sequential([keras.Input((2,)), keras.layers.Dense(2)]).save_weights(tmp_path / "other.weights.h5")
    with pytest.raises(WeightsInvalid, match="does not fit mobilenetv3-small"):
        load_application(APPLICATION["mobilenetv3-small"], str(tmp_path / "other.weights.h5"))
