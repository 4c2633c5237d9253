import numpy as np
import pytest
import tensorflow as tf

from training.learning.variation.augment import Augmenter
from training.learning.variation.strength import STRENGTHS, Strength
from training.learning.variation.views import IDENTITY, VIEWS, View

STILL = Strength(rotation_degrees=0, zoom=0, shift=0, brightness=0, contrast=0)


def pictures(count: int, side: int = 16) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (count, side, side, 3), dtype=np.uint8)


def seed(number: int) -> tf.Tensor:
    return tf.constant([7, number], tf.int32)


@pytest.mark.parametrize("view", VIEWS, ids=lambda view: view.name)
def test_a_symmetry_alone_moves_the_pixels_as_the_view_does(view: View) -> None:
    pixels = pictures(3, 15)
    varied = Augmenter(STILL, [view])(tf.constant(pixels), seed(0)).numpy()
    assert (varied == view.apply(pixels)).all()


def test_every_view_given_is_drawn_and_no_other() -> None:
    pixels = np.repeat(pictures(1), 200, axis=0)
    given = [VIEWS[0], VIEWS[3], VIEWS[5]]
    varied = Augmenter(STILL, given)(tf.constant(pixels), seed(0)).numpy()
    expected = {view.apply(pixels[:1]).tobytes() for view in given}
    assert {image.tobytes() for image in varied} == expected


def test_the_same_seed_gives_the_same_variations_and_another_seed_others() -> None:
    augmenter = Augmenter(STRENGTHS["auto"], VIEWS)
    first, again, other = (augmenter(tf.constant(pictures(4)), seed(number)).numpy() for number in (1, 1, 2))
    assert (first == again).all()
    assert (first != other).any(axis=(1, 2, 3)).all()


def test_the_images_of_a_batch_are_varied_differently() -> None:
    pixels = np.repeat(pictures(1, 32), 8, axis=0)
    varied = Augmenter(STRENGTHS["strong"], [IDENTITY])(tf.constant(pixels), seed(0)).numpy()
    assert len({image.tobytes() for image in varied}) == 8
    assert (varied.dtype, varied.shape) == (np.uint8, pixels.shape)


def test_a_plain_picture_stays_plain_whatever_moves() -> None:
    moving = Strength(rotation_degrees=20, zoom=0.2, shift=0.1, brightness=0, contrast=0.5)
    pixels = np.full((6, 24, 24, 3), 131, np.uint8)
    assert (Augmenter(moving, VIEWS)(tf.constant(pixels), seed(3)).numpy() == 131).all()


def test_brightness_moves_the_mean_by_no_more_than_said() -> None:
    brighter = Strength(rotation_degrees=0, zoom=0, shift=0, brightness=15, contrast=0)
    pixels = np.full((64, 8, 8, 3), 100, np.uint8)
    means = Augmenter(brighter, [IDENTITY])(tf.constant(pixels), seed(0)).numpy().mean(axis=(1, 2, 3))
    assert 85 <= means.min() < 95
    assert 105 < means.max() <= 115
