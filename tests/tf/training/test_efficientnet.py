from pathlib import Path

import keras
import numpy as np
import pytest

from training.backbones import BACKBONES
from training.efficientnet import load_efficientnet
from training.errors import WeightsInvalid
from training.names import EFFICIENTNET_SIZES

MEAN, DEVIATION = np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225])


@pytest.fixture(scope="module")
def untrained() -> keras.Model:
    return load_efficientnet(0, "none")


@pytest.fixture
def weights_file(untrained: keras.Model, tmp_path: Path) -> Path:
    """A file with the normalisation of Keras' ImageNet files, in which the variance is the deviation."""
    normalization = next(layer for layer in untrained.layers if isinstance(layer, keras.layers.Normalization))
    normalization.set_weights([MEAN, DEVIATION, *normalization.get_weights()[2:]])
    untrained.save_weights(tmp_path / "b0.weights.h5")
    return tmp_path / "b0.weights.h5"


def test_weights_by_path_get_the_scaling_of_the_downloaded_network(weights_file: Path) -> None:
    network = load_efficientnet(0, str(weights_file))
    scaled = keras.Model(network.input, network.get_layer("stem_conv").input)
    pixels = np.random.default_rng(0).integers(0, 256, (1, 224, 224, 3)).astype(np.float32)
    inside = np.asarray(scaled(pixels))[:, :-1, :-1]  # without the padding
    assert np.allclose(inside, (pixels / 255 - MEAN) / DEVIATION, atol=1e-5)


def test_the_weights_of_another_network_are_refused(weights_file: Path) -> None:
    with pytest.raises(WeightsInvalid, match="does not fit efficientnet-b1"):
        load_efficientnet(1, str(weights_file))


def test_a_file_that_holds_no_weights_is_refused(tmp_path: Path) -> None:
    (tmp_path / "b0.weights.h5").write_bytes(b"something else")
    with pytest.raises(WeightsInvalid):
        load_efficientnet(0, str(tmp_path / "b0.weights.h5"))


def test_the_catalogue_has_the_native_sizes_of_the_family() -> None:
    sizes = [BACKBONES[f"efficientnet-b{variant}"].size for variant in range(8)]
    assert tuple(sizes) == EFFICIENTNET_SIZES


def test_the_timeout_of_a_download_does_not_outlive_it(untrained: keras.Model) -> None:
    import socket

    assert untrained.count_params() == 4_049_571
    assert socket.getdefaulttimeout() is None
