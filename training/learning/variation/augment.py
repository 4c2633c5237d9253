"""Augments training images at random, so that fine-tuning never sees the same pixels twice.

Each image gets one projective transform (a symmetry that the data allows, a small rotation, zoom and shift) and one
change of brightness and contrast. `views.py` and `strength.py` decide by the data which changes keep a label. Every
draw follows from a seed that comes with the batch, so a resumed run draws the same as an uninterrupted one.
"""

import math
from collections.abc import Sequence

import keras
import tensorflow as tf

from training.learning.variation.strength import Strength
from training.learning.variation.views import View


class Augmenter:
    """Random variations of batches."""

    def __init__(self, strength: Strength, views: Sequence[View]) -> None:
        """Choose the variations.

        Args:
            strength: Largest amount of each variation.
            views: Symmetries of a square to draw from, the identity among them.
        """
        self._strength = strength
        self._symmetries = tf.constant([_matrix(view) for view in views], tf.float32)  # (views, 2, 2)

    def __call__(self, pixels: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
        """Vary each image of a batch.

        Args:
            pixels: uint8 `(n, height, width, 3)`, square if a view swaps the axes.
            seed: int32 `(2,)`; the same seed gives the same variations.

        Returns:
            The varied images, uint8 of the same shape.
        """
        seeds = tf.random.split(seed, 3)
        images = tf.cast(pixels, tf.float32)
        moved = keras.ops.image.affine_transform(
            images, self._transforms(images, seeds[:2]), interpolation="bilinear", fill_mode="reflect"
        )
        return tf.cast(tf.round(tf.clip_by_value(self._recoloured(moved, seeds[2]), 0, 255)), tf.uint8)

    def _transforms(self, images: tf.Tensor, seeds: tf.Tensor) -> tf.Tensor:
        """Draw the transforms `(n, 8)` from output to input points: about the centre, then shifted."""
        n, height, width = tf.shape(images)[0], tf.shape(images)[1], tf.shape(images)[2]
        draws = tf.random.stateless_uniform((n, 4), seeds[0], -1, 1)
        chosen = tf.random.stateless_uniform((n,), seeds[1], 0, len(self._symmetries), tf.int32)
        angle = draws[:, 0] * math.radians(self._strength.rotation_degrees)
        scale = 1 + draws[:, 1] * self._strength.zoom
        turn = tf.stack([tf.cos(angle), -tf.sin(angle), tf.sin(angle), tf.cos(angle)], axis=1) * scale[:, None]
        matrix = tf.reshape(turn, (-1, 2, 2)) @ tf.gather(self._symmetries, chosen)  # (n, 2, 2)
        size = tf.cast(tf.stack([width, height]), tf.float32)
        middle = (size - 1) / 2
        offset = middle - tf.linalg.matvec(matrix, middle) + draws[:, 2:] * self._strength.shift * size
        zeros = tf.zeros((n, 2))
        return tf.concat([matrix[:, 0], offset[:, :1], matrix[:, 1], offset[:, 1:], zeros], axis=1)

    def _recoloured(self, images: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
        draws = tf.random.stateless_uniform((tf.shape(images)[0], 1, 1, 2), seed, -1, 1)
        contrast = 1 + draws[..., :1] * self._strength.contrast
        mean = tf.reduce_mean(images, axis=(1, 2, 3), keepdims=True)
        return mean + (images - mean) * contrast + draws[..., 1:] * self._strength.brightness


def _matrix(view: View) -> list[list[float]]:
    """Return the matrix of a view from output to input points `(x, y)`, about the centre."""
    flip_x = -1.0 if view.flip_horizontal else 1.0
    flip_y = -1.0 if view.flip_vertical else 1.0
    return [[0.0, flip_y], [flip_x, 0.0]] if view.transpose else [[flip_x, 0.0], [0.0, flip_y]]
