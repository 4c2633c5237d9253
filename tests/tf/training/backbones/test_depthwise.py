import keras
import numpy as np

from training.backbones.depthwise import with_depthwise_layers


def small_network(groups: int) -> keras.Model:
    pixels = keras.Input((12, 12, 3))
    stem = keras.Sequential([keras.layers.Conv2D(8, 2, strides=2), keras.layers.LayerNormalization()], name="stem")
    x = given = stem(pixels)
    x = keras.layers.Conv2D(8, 5, padding="same", groups=groups, bias_initializer="normal", name="grouped")(x)
    return keras.Model(pixels, given + keras.layers.Activation("gelu")(x))


def test_depthwise_layers_give_the_sums_of_grouped_convolutions() -> None:
    network = small_network(groups=8)
    pixels = np.random.default_rng(0).normal(size=(2, 12, 12, 3)).astype(np.float32)
    replaced = with_depthwise_layers(network)
    assert isinstance(replaced.get_layer("grouped"), keras.layers.DepthwiseConv2D)
    assert np.allclose(replaced(pixels), network(pixels), atol=1e-5)


def test_a_network_without_grouped_convolutions_stays_as_it_is() -> None:
    network = small_network(groups=1)
    assert with_depthwise_layers(network) is network


def test_every_layer_of_a_replaced_network_can_learn() -> None:
    replaced = with_depthwise_layers(small_network(groups=8))
    assert len(replaced.trainable_weights) == len(replaced.weights) == 6
