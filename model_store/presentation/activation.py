"""A class activation map as colours over a picture: warm where something speaks for the label, cold where against."""

import io
from typing import Final

import numpy as np
import numpy.typing as npt
from PIL import Image

from model_store.images.pixels import Pixels

FOR: Final = (255, 122, 0)
AGAINST: Final = (20, 110, 255)
"""RGB; told apart by people who are colour-blind."""
STRENGTH: Final = 0.6
"""How opaque the colours are where a map is furthest from 0."""


def overlay(pixels: Pixels, maps: npt.NDArray[np.floating], label: int, strength: float = STRENGTH) -> bytes:
    """Lay a map over the picture that it is of; of all maps, the value furthest from 0 has the full strength.

    Args:
        pixels: uint8 `(height, width, 3)`.
        maps: Of the picture, `(rows, columns, labels)`.
        label: The place of the one to show.
        strength: 0 leaves the picture as it is, 1 covers it where the strength is full.

    Returns:
        The bytes of a PNG file.
    """
    height, width, _ = pixels.shape
    small = Image.fromarray(_scaled(maps)[..., label].astype(np.float32))
    values = np.asarray(small.resize((width, height), Image.Resampling.BILINEAR))[..., np.newaxis]
    opacity = strength * np.abs(values)
    return png(np.rint(pixels * (1 - opacity) + _colours(values) * opacity).astype(np.uint8))


def tint(activation: npt.NDArray[np.floating]) -> bytes:
    """Return the colours of one map, `(rows, columns)`, to be laid over its picture: a PNG file, a pixel a value."""
    values = _scaled(activation)[..., np.newaxis]
    opacity = np.rint(255 * np.abs(values))
    return png(np.concatenate([_colours(values), opacity], axis=-1).astype(np.uint8))


def _scaled(maps: npt.NDArray[np.floating]) -> npt.NDArray[np.float64]:
    """Return maps from -1 to 1."""
    values = maps.astype(np.float64)
    scaled: npt.NDArray[np.float64] = values / max(np.abs(values).max(), np.finfo(np.float64).tiny)
    return scaled


def _colours(values: npt.NDArray[np.floating]) -> npt.NDArray[np.int64]:
    return np.where(values > 0, np.array(FOR), np.array(AGAINST))


def png(pixels: npt.NDArray[np.uint8]) -> bytes:
    """Return pixels, `(height, width, 3 or 4)`, as the bytes of a PNG file."""
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()
