"""Class activation maps equal those computed by hand from the last feature map and the head's weights."""

from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import numpy.typing as npt
import pytest
import tensorflow as tf

from app.inference.engines.loading import load_engine
from app.inference.engines.proof import check_maps
from app.settings import Settings
from model_store.evaluation.report import Misclassified
from model_store.images.pixels import Pixels
from model_store.storage.golden import load_golden
from training.backbones.catalogue import BACKBONES
from training.learning.head.fitting import build_head
from training.publishing.activation_maps import activation_maps
from training.publishing.saved_model import Exported, assemble, export
from training.recipe import TrainingResult, _explain_mistakes

SIZE, LABELS, TEMPERATURE = 64, 3, 1.7
Floats = npt.NDArray[np.float64]
NETWORKS = (
    pytest.param("efficientnet-b0", marks=pytest.mark.thorough),
    pytest.param("convnext-tiny", marks=pytest.mark.thorough),
    pytest.param("resnet50v2", marks=pytest.mark.thorough),
)
"""The default, one that normalises after pooling, and one inside another that scales its input."""


@pytest.fixture(scope="module")
def pixels() -> Pixels:
    return np.random.default_rng(0).integers(0, 256, (4, SIZE, SIZE, 3), dtype=np.uint8)


def last_feature_map(backbone: keras.Model, pixels: Pixels) -> Floats:
    """Run the network up to the layer before its pooling, found by name and independently of the tested code."""
    given = tf.cast(pixels, tf.float32)
    network = backbone.layers[-1]
    while isinstance(network.layers[-1], keras.Model):  # a scaling of its own stands before the network
        for layer in network.layers[1:-1]:
            given = layer(given)
        network = network.layers[-1]
    pooling = next(
        layer for layer in reversed(network.layers) if isinstance(layer, keras.layers.GlobalAveragePooling2D)
    )
    return np.asarray(keras.Model(network.input, pooling.input)(given, training=False), np.float64)


def by_hand(backbone: keras.Model, head: keras.Model, pixels: Pixels, temperature: float) -> Floats:
    """Weight the features of each place, with bias and temperature, and subtract the mean over the labels."""
    features = last_feature_map(backbone, pixels)
    last = backbone.layers[-1].layers[-1]
    if isinstance(last, keras.layers.LayerNormalization):
        pooled = features.mean(axis=(1, 2))
        mean, deviation = pooled.mean(axis=1), np.sqrt(pooled.var(axis=1) + last.epsilon)
        gamma, beta = (np.asarray(weight) for weight in last.get_weights())
        features = (features - mean[:, None, None, None]) / deviation[:, None, None, None] * gamma + beta
    kernel, bias = head.layers[-1].get_weights()
    logits = (np.einsum("nyxf,fl->nyxl", features, kernel) + bias) / temperature
    centred: Floats = logits - logits.mean(axis=-1, keepdims=True)
    return centred


def furthest(found: npt.NDArray[np.float32], expected: Floats) -> float:
    """Return the largest difference, relative to the largest value if that is above 1: logits are unbounded."""
    return float(np.abs(found - expected).max() / max(1, np.abs(expected).max()))


@pytest.mark.parametrize("name", NETWORKS)
def test_the_exported_maps_are_those_computed_by_hand(name: str, pixels: Pixels, tmp_path: Path) -> None:
    keras.utils.set_random_seed(0)
    backbone = BACKBONES[name].load("none", SIZE).model
    head = build_head(backbone.output_shape[-1], LABELS, 0.2)
    model, maps = assemble(backbone, head, TEMPERATURE), activation_maps(backbone, head, TEMPERATURE)
    signatures = export(model, maps, tmp_path)
    assert signatures.maps is not None
    exported = Exported(tmp_path)
    found = np.asarray(exported.maps(tf.constant(pixels)))
    expected = by_hand(backbone, head, pixels, TEMPERATURE)
    assert found.shape == expected.shape == (4, 2, 2, LABELS)
    assert furthest(found, expected) <= 1e-4
    assert np.abs(found.sum(axis=-1)).max() <= 1e-4
    law = tf.nn.softmax(found.mean(axis=(1, 2)))
    assert np.abs(law - model(pixels, training=False)).max() <= 1e-5
    assert np.abs(exported(tf.constant(pixels)) - model(pixels, training=False)).max() <= 1e-5


def test_a_network_that_pools_otherwise_has_none() -> None:
    pixels = keras.Input((SIZE, SIZE, 3), dtype="uint8")
    features = keras.layers.GlobalMaxPooling2D()(keras.layers.Conv2D(4, 3)(keras.ops.cast(pixels, "float32")))
    assert activation_maps(keras.Model(pixels, features), build_head(4, LABELS, 0.0)) is None


@pytest.mark.parametrize("engine", ["openvino", "tensorflow"])
def test_engines_give_a_trained_models_maps_as_keras_does(run: TrainingResult, engine: str) -> None:
    manifest, pixels = run.stored.manifest, load_golden(run.stored.directory).pixels
    _, backbone, head, *_ = run.model.layers
    expected = by_hand(backbone, head, pixels, manifest.temperature)
    loaded = load_engine(run.stored, Settings(engine=engine, device="cpu", precision="f32"))
    assert manifest.activation_maps is not None
    compute = loaded.load_maps(run.stored.directory, manifest.activation_maps)
    found = np.concatenate([compute(one[np.newaxis]) for one in pixels])
    assert found.dtype == np.float32
    assert furthest(found, expected) <= 1e-4
    check_maps(compute, load_golden(run.stored.directory))
    loaded.close()


def test_the_worst_mistakes_of_a_run_have_the_map_of_the_label_called(run: TrainingResult) -> None:
    outcome, manifest = run.outcome, run.stored.manifest
    file = outcome.dataset.used["test"][0]
    mistake = Misclassified(path=file.path, actual=manifest.labels[1], predicted=manifest.labels[0], probability=0.9)
    evaluation = outcome.headline_evaluation.model_copy(update={"misclassified": [mistake]})
    mistaken = replace(outcome, evaluations={"test": evaluation})
    (found,) = _explain_mistakes(Exported(run.stored.directory), mistaken).items()
    _, backbone, head, *_ = run.model.layers
    pixels = outcome.dataset.pixels[file.row : file.row + 1]
    assert found[0] == file.path
    assert furthest(found[1], by_hand(backbone, head, pixels, manifest.temperature)[0, ..., 0]) <= 1e-4
