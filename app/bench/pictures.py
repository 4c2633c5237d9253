"""The pictures to send: the user's own images, or JPEGs of a usual size made from the version's golden samples."""

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np
from PIL import Image

from model_store.images.files import read_image_file
from model_store.images.pixels import Pixels

COUNT: Final = 32
SIZE: Final = (500, 375)
"""Width and height in pixels, typical of photographs in data sets."""
_GRAIN: Final = 5.0
"""Standard deviation of the added noise, in grey levels; without it an enlargement compresses too well."""


def read_pictures(paths: Sequence[Path], max_image_bytes: int) -> list[bytes]:
    """Read image files, each once."""
    return [read_image_file(path, max_image_bytes=max_image_bytes) for path in paths]


def make_pictures(samples: Pixels) -> list[bytes]:
    """Make distinct JPEGs, deterministically.

    Args:
        samples: uint8 `(k, height, width, 3)`.
    """
    random = np.random.default_rng(0)
    return [_jpeg(samples[number % len(samples)], random) for number in range(COUNT)]


def _jpeg(sample: Pixels, random: np.random.Generator) -> bytes:
    enlarged = np.asarray(Image.fromarray(sample).resize(SIZE, Image.Resampling.BICUBIC))
    grain = random.normal(0, _GRAIN, (SIZE[1], SIZE[0], 1))
    file = io.BytesIO()
    Image.fromarray(np.clip(enlarged + grain, 0, 255).astype(np.uint8)).save(file, "JPEG", quality=90)
    return file.getvalue()
