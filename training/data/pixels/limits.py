"""The limits of one image, which training and the audit share with the service by the names of its settings."""

import os
from typing import Final, NamedTuple

from model_store.images.pixels import DEFAULT_MAX_IMAGE_BYTES, DEFAULT_MAX_IMAGE_PIXELS, MAX_IMAGE_PIXELS
from training.errors import ImageLimitInvalid

BYTES_VARIABLE: Final = "FULLCOUNT_MAX_IMAGE_BYTES"
PIXELS_VARIABLE: Final = "FULLCOUNT_MAX_IMAGE_PIXELS"


class ImageLimits(NamedTuple):
    """The limits of one image."""

    max_bytes: int
    max_pixels: int


def image_limits() -> ImageLimits:
    """Return the limits that the environment sets, or the defaults of the service.

    Raises:
        ImageLimitInvalid: If a limit is not a whole number in its range.
    """
    return ImageLimits(
        _read(BYTES_VARIABLE, DEFAULT_MAX_IMAGE_BYTES, None),
        _read(PIXELS_VARIABLE, DEFAULT_MAX_IMAGE_PIXELS, MAX_IMAGE_PIXELS),
    )


def _read(variable: str, default: int, highest: int | None) -> int:
    text = os.environ.get(variable) or str(default)
    try:
        limit = int(text)
    except ValueError as error:
        raise ImageLimitInvalid(variable, text, highest) from error
    if limit < 1 or (highest is not None and limit > highest):
        raise ImageLimitInvalid(variable, text, highest)
    return limit
