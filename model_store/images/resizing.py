"""The size that a picture is needed in, and the only resize in the project."""

import math
from typing import Final

from PIL import Image

from model_store.images.input_spec import InputSpec

DRAFT_FACTOR: Final = 2
"""`draft` decodes to no less than this many times the target. On photographs of 12 megapixels shrunk to 224 or 300
pixels, the mean difference from a full decode is 0.1 to 0.3 grey levels. Of the values, 99.9% are within 2 and all are
within 4."""
_SUPPORT: Final = {"nearest": 0.0, "box": 0.5, "bilinear": 1.0, "bicubic": 2.0, "lanczos": 3.0}
"""Reach of a filter to each side, in pixels of the smaller picture."""
_COLUMNS_FIRST: Final = 100
"""A picture that is higher than this many times its width is resized column by column first."""
_WEIGHT_BYTES: Final = 8
_RGB_BYTES: Final = 4
"""Bytes of a pixel of RGB, as Pillow keeps it."""


def needed_size(size: tuple[int, int], spec: InputSpec, *, turned: bool) -> tuple[int, int]:
    """Return the smallest size of the stored picture whose kept part still covers the target."""
    width, height = (spec.height, spec.width) if turned else (spec.width, spec.height)
    if spec.resize == "crop":  # the shorter side decides; the longer one keeps the ratio
        scale = max(width / size[0], height / size[1])
        return max(1, int(size[0] * scale)), max(1, int(size[1] * scale))
    return width, height


def resized(image: Image.Image, spec: InputSpec) -> Image.Image:
    """Resize an upright RGB picture to the size of a model's input, cropped if the policy says so."""
    target = (spec.width, spec.height)
    box = _crop_box(image.size, target) if spec.resize == "crop" else None
    return image.resize(target, Image.Resampling[spec.interpolation.upper()], box=box)


def _crop_box(size: tuple[int, int], target: tuple[int, int]) -> tuple[float, float, float, float]:
    """Return the largest centred box with the target's aspect ratio, in fractions of pixels.

    It is at least one pixel wide and high. The side that is kept whole is exactly 0 to `size`: Pillow refuses a box
    that rounding moved outside the picture.
    """
    width, height = size
    if width * target[1] > height * target[0]:
        kept = max(1.0, height * target[0] / target[1])
        left = (width - kept) / 2
        return left, 0.0, min(float(width), left + kept), float(height)
    kept = max(1.0, width * target[1] / target[0])
    top = (height - kept) / 2
    return 0.0, top, float(width), min(float(height), top + kept)


def shrinking_factor(size: tuple[int, int], spec: InputSpec) -> int:
    """Return the factor by which a JPEG is at least shrunk while it is decoded, however it is turned."""
    if not spec.draft or 0 in size:
        return 1
    return min(_factor(size, needed_size(size, spec, turned=turned)) for turned in (False, True))


def _factor(size: tuple[int, int], needed: tuple[int, int]) -> int:
    """Return the factor of libjpeg that `Image.draft` chooses."""
    scale = min(size[0] // (needed[0] * DRAFT_FACTOR), size[1] // (needed[1] * DRAFT_FACTOR))
    return next((factor for factor in (8, 4, 2) if scale >= factor), 1)


def resizing_bytes(size: tuple[int, int], spec: InputSpec) -> int:
    """Return the memory that resizing an upright picture takes beside it.

    Pillow first resizes each row, for which it keeps all rows in their new width, and then each column; a picture that
    is far higher than wide the other way round. It keeps the weights of the samples that each pixel is made of: more
    of them, the more the picture is shrunk.
    """
    support = _SUPPORT[spec.interpolation]
    if not support:
        return 0
    width, height = size
    weights = sum(
        target * (2 * math.ceil(support * max(1.0, have / target)) + 1)
        for have, target in ((width, spec.width), (height, spec.height))
    )
    columns_first = height > width * _COLUMNS_FIRST and height > spec.height
    between = width * spec.height if columns_first else spec.width * height
    return _RGB_BYTES * (between + spec.width * spec.height) + _WEIGHT_BYTES * weights
