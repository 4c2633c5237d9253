from pathlib import Path

import keras
import pytest

from training.backbones.keras_weights import load_keras_weights
from training.errors import WeightsInvalid


class Branches(keras.layers.Layer):  # type: ignore[misc]
    """Layers in a list of lists; if a file lacks them, Keras warns and continues."""

    def __init__(self, count: int) -> None:
        super().__init__()
        self.branches = [[keras.layers.Dense(2, name=f"branch{index}")] for index in range(count)]

    def call(self, x: keras.KerasTensor) -> keras.KerasTensor:
        for (layer,) in self.branches:
            x = layer(x)
        return x


def network(branches: int) -> keras.Model:
    return keras.Sequential([keras.Input((2,)), Branches(branches)])


def test_a_file_of_the_same_network_is_loaded(tmp_path: Path) -> None:
    saved, empty = network(1), network(1)
    saved.save_weights(tmp_path / "some.weights.h5")
    load_keras_weights(empty, tmp_path / "some.weights.h5", name="some")
    assert (empty.get_weights()[0] == saved.get_weights()[0]).all()


def test_layers_that_keras_would_leave_at_random_are_an_error(tmp_path: Path) -> None:
    network(1).save_weights(tmp_path / "some.weights.h5")
    with pytest.raises(WeightsInvalid, match="does not fit some"):
        load_keras_weights(network(2), tmp_path / "some.weights.h5", name="some")


def test_a_file_that_holds_no_weights_is_refused(tmp_path: Path) -> None:
    (tmp_path / "some.weights.h5").write_bytes(b"something else")
    with pytest.raises(WeightsInvalid):
        load_keras_weights(network(1), tmp_path / "some.weights.h5", name="some")
