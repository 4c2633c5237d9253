"""Class activation maps as colours over a picture: warm is evidence for the label, cold is evidence against it."""

import io
from typing import Final

import numpy as np
import numpy.typing as npt
from PIL import Image

from model_store.images.pixels import Pixels

FOR: Final = (255, 122, 0)
AGAINST: Final = (20, 110, 255)
"""RGB colours that colour-blind people can tell apart."""
STRENGTH: Final = 0.6
"""Opacity of the colours where a map is furthest from 0."""


def overlay(pixels: Pixels, maps: npt.NDArray[np.floating], label: int, strength: float = STRENGTH) -> bytes:
    """Overlay one map on its picture; the value furthest from 0 among all maps has the full strength.

    Args:
        pixels: uint8 `(height, width, 3)`.
        maps: The picture's maps, `(rows, columns, labels)`.
        label: Index of the map to show.
        strength: Opacity at full strength: 0 leaves the picture unchanged, 1 covers it.

    Returns:
        The bytes of a PNG file.
    """
    height, width, _ = pixels.shape
    small = Image.fromarray(_scaled(maps)[..., label].astype(np.float32))
    values = np.asarray(small.resize((width, height), Image.Resampling.BILINEAR))[..., np.newaxis]
    opacity = strength * np.abs(values)
    return png(np.rint(pixels * (1 - opacity) + _colours(values) * opacity).astype(np.uint8))


def tint(activation: npt.NDArray[np.floating]) -> bytes:
    """Return one map `(rows, columns)` as a PNG file to overlay on its picture, one transparent pixel per value."""
    values = _scaled(activation)[..., np.newaxis]
    opacity = np.rint(255 * np.abs(values))
    return png(np.concatenate([_colours(values), opacity], axis=-1).astype(np.uint8))


def _scaled(maps: npt.NDArray[np.floating]) -> npt.NDArray[np.float64]:
    """Scale maps to the range -1 to 1."""
    values = maps.astype(np.float64)
    scaled: npt.NDArray[np.float64] = values / max(np.abs(values).max(), np.finfo(np.float64).tiny)
    return scaled


def _colours(values: npt.NDArray[np.floating]) -> npt.NDArray[np.int64]:
    return np.where(values > 0, np.array(FOR), np.array(AGAINST))


def png(pixels: npt.NDArray[np.uint8]) -> bytes:
    """Encode pixels `(height, width, 3 or 4)` as a PNG file."""
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()
