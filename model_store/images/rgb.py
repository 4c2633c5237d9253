"""Conversion of any kind of pixels to upright 8-bit RGB. Knows no sizes.

Pillow's own conversions have three faults that are avoided here. They show the colours under transparent pixels, clip
16-bit grey to white, and compare a PNG's transparent colour with pixels of another depth.
"""

import struct
from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

import numpy as np
from PIL import Image
from PIL.ImageFile import ImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.TiffImagePlugin import TiffImageFile

from model_store.errors import ImageRejected
from model_store.images.deep_samples import (
    grey_strips,
    is_deep_colour,
    raw_mode,
    restore_colour,
    sample_range,
    scale_grey,
)

ORIENTATION: Final = 0x0112
"""The EXIF tag of the orientation."""
TURNED: Final = frozenset({5, 6, 7, 8})
"""Orientations that swap width and height."""

_TRANSPOSE: Final = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_BITS_PER_SAMPLE: Final = 258
_PHOTOMETRIC: Final = 262
_TRANSPARENT_FACTOR: Final = {"L;2": 85, "L;4": 17}
"""Factor by the raw mode of a grey PNG: Pillow multiplies its samples by it, but not its transparent grey."""


class Loaded(NamedTuple):
    """A loaded picture."""

    rgb: Image.Image
    """RGB of 8 bits, over the background, as it is stored."""
    orientation: object
    """What its EXIF says: an integer, if it is sound."""
    suspect_maximum: int | None = None
    """The highest sample of 16 bits, if upper bits are probably unused and the file does not say so; else None."""


def load_rgb(
    image: ImageFile, background: Sequence[int], *, reopen: Callable[[], ImageFile], declared_bits: int | None = None
) -> Loaded:
    """Load an opened image's pixels as RGB over the background.

    Args:
        image: The opened image.
        background: RGB colour under transparent pixels.
        reopen: Opens the file once more.
        declared_bits: The number of significant bits of 16 that the file declares, or None.

    Raises:
        ImageRejected: If the pixels have no standard conversion to 8 bits.
        Exception: If the data are damaged: any class that Pillow raises.
    """
    _scale_transparent_colour(image)
    is_deep = is_deep_colour(image)
    image.load()
    orientation = orientation_of(image)
    colour = (background[0], background[1], background[2])
    if image.mode.startswith("I;16"):
        rgb, suspect = _deep_grey_to_rgb(image, colour, declared_bits)
    else:
        suspect = restore_colour(image, reopen, declared_bits) if is_deep else None
        rgb = _to_rgb(image, colour)
    return Loaded(rgb, orientation, suspect)


def orientation_of(image: Image.Image) -> object:
    """Return what the EXIF of an opened picture says of its orientation; None if there is none, or it is not sound.

    It is not `ImageOps.exif_transpose`, which also writes the tags back, and fails if an unrelated tag is malformed.
    """
    try:
        return image.getexif().get(ORIENTATION)
    except (SyntaxError, struct.error):  # Pillow's for a header that is not one of EXIF: the pixels may be sound
        return None


def turned_upright(loaded: Loaded) -> Image.Image:
    """Turn a loaded picture upright by its EXIF orientation."""
    method = _TRANSPOSE.get(loaded.orientation) if isinstance(loaded.orientation, int) else None
    return loaded.rgb if method is None else loaded.rgb.transpose(method)


def _to_rgb(image: Image.Image, background: tuple[int, int, int]) -> Image.Image:
    if image.mode in {"I", "F"}:
        raise ImageRejected(
            "unsupported-mode",
            f"Pixels of mode {image.mode} (32 bits per sample) have no standard range; save as 8 or 16 bits.",
        )
    if image.mode == "La":  # premultiplied alpha
        image = image.convert("LA")
    if not image.has_transparency_data:
        return image if image.mode == "RGB" else image.convert("RGB")
    with_alpha = image if image.mode == "RGBA" else image.convert("RGBA")
    rgb = Image.new("RGB", image.size, background)
    rgb.paste(with_alpha, mask=with_alpha)
    return rgb


def _deep_grey_to_rgb(
    image: Image.Image, background: tuple[int, int, int], declared_bits: int | None
) -> tuple[Image.Image, int | None]:
    """Scale grey of 12 or 16 bits to 8 with rounding."""
    deep = np.asarray(image)
    is_white_zero, bits = False, 16
    if isinstance(image, TiffImageFile):
        bits = int(image.tag_v2.get(_BITS_PER_SAMPLE, (16,))[0])
        is_white_zero = image.tag_v2.get(_PHOTOMETRIC) == 0  # Pillow inverts 8-bit samples, but not these
    white, suspect = sample_range(lambda: grey_strips(deep), declared_bits) if bits == 16 else (2**bits - 1, None)
    rgb = scale_grey(deep, white, is_inverted=is_white_zero).convert("RGB")
    transparent = image.info.get("transparency")
    if isinstance(transparent, int):
        rgb.paste(background, mask=Image.fromarray(deep == transparent))
    return rgb, suspect


def _scale_transparent_colour(image: ImageFile) -> None:
    """Scale the transparent colour of a PNG to 8 bits, as Pillow scales the pixels."""
    colour = image.info.get("transparency")
    if not isinstance(image, PngImageFile):
        return
    mode = raw_mode(image)
    if isinstance(colour, int) and mode in _TRANSPARENT_FACTOR:
        image.info["transparency"] = colour * _TRANSPARENT_FACTOR[mode]
    elif isinstance(colour, tuple) and mode == "RGB;16B":
        image.info["transparency"] = tuple(sample >> 8 for sample in colour)
