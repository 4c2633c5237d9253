"""Conversion of any kind of pixels to upright 8-bit RGB. Knows no sizes and no bytes.

Pillow's own conversions have three faults that are avoided here. They show the colours under transparent pixels, clip
16-bit grey to white, and compare a PNG's transparent colour with pixels of another depth.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np
from PIL import Image
from PIL.PngImagePlugin import PngImageFile
from PIL.TiffImagePlugin import TiffImageFile

from model_store.errors import ImageRejected

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
_STRIP: Final = 256
"""Number of rows scaled at a time."""
_TRANSPARENT_FACTOR: Final = {"L;2": 85, "L;4": 17}
"""Factor by the raw mode of a grey PNG: Pillow multiplies its samples by it, but not its transparent grey."""


def load_rgb(image: Image.Image, background: Sequence[int]) -> Image.Image:
    """Load an opened image's pixels as RGB over the background, turned upright by its EXIF orientation.

    Raises:
        ImageRejected: If the pixels have no standard conversion to 8 bits.
        Exception: If the data are damaged: any class that Pillow raises.
    """
    _scale_transparent_colour(image)
    image.load()
    # Not ImageOps.exif_transpose: it also writes the tags back, and fails if an unrelated tag is malformed.
    orientation = image.getexif().get(ORIENTATION)
    rgb = _to_rgb(image, (background[0], background[1], background[2]))
    method = _TRANSPOSE.get(orientation) if isinstance(orientation, int) else None
    return rgb if method is None else rgb.transpose(method)


def _to_rgb(image: Image.Image, background: tuple[int, int, int]) -> Image.Image:
    if image.mode.startswith("I;16"):
        return _deep_grey_to_rgb(image, background)
    if image.mode in {"I", "F"}:
        raise ImageRejected(
            "unsupported-mode",
            f"Pixels of mode {image.mode} (32 bits per sample) have no standard range; save as 8 or 16 bits.",
        )
    if image.mode == "La":  # premultiplied alpha
        image = image.convert("LA")
    if not image.has_transparency_data:
        return image.convert("RGB")
    with_alpha = image if image.mode == "RGBA" else image.convert("RGBA")
    rgb = Image.new("RGB", image.size, background)
    rgb.paste(with_alpha, mask=with_alpha)
    return rgb


def _deep_grey_to_rgb(image: Image.Image, background: tuple[int, int, int]) -> Image.Image:
    """Scale grey of 12 or 16 bits to 8 with rounding."""
    highest, is_white_zero = 65535, False
    if isinstance(image, TiffImageFile):
        highest = 2 ** int(image.tag_v2.get(_BITS_PER_SAMPLE, (16,))[0]) - 1
        is_white_zero = image.tag_v2.get(_PHOTOMETRIC) == 0  # Pillow inverts 8-bit samples, but not these
    deep = np.asarray(image)
    shallow = np.empty(deep.shape, np.uint8)
    for start in range(0, len(deep), _STRIP):  # the whole picture at once would need four times its memory
        strip = deep[start : start + _STRIP].astype(np.uint32)
        if is_white_zero:
            strip = highest - strip
        shallow[start : start + _STRIP] = (strip * 255 + highest // 2) // highest
    rgb = Image.fromarray(shallow).convert("RGB")
    transparent = image.info.get("transparency")
    if isinstance(transparent, int):
        rgb.paste(background, mask=Image.fromarray(deep == transparent))
    return rgb


def _scale_transparent_colour(image: Image.Image) -> None:
    """Scale the transparent colour of a PNG to 8 bits, as Pillow scales the pixels."""
    colour = image.info.get("transparency")
    if not isinstance(image, PngImageFile) or not image.tile:
        return
    raw_mode = str(image.tile[0].args)
    if isinstance(colour, int) and raw_mode in _TRANSPARENT_FACTOR:
        image.info["transparency"] = colour * _TRANSPARENT_FACTOR[raw_mode]
    elif isinstance(colour, tuple) and raw_mode == "RGB;16B":
        image.info["transparency"] = tuple(sample >> 8 for sample in colour)
