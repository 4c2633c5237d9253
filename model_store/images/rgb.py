"""From whatever kind of pixels a file holds to 8-bit RGB the right way up. Knows no sizes and no bytes.

Pillow's own conversions show the colours hidden under transparent pixels, clip 16-bit grey to white, and compare the
transparent colour of a PNG with pixels of another depth; each is done by hand here.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np
from PIL import Image
from PIL.PngImagePlugin import PngImageFile
from PIL.TiffImagePlugin import TiffImageFile

from model_store.errors import ImageRejected

ORIENTATION: Final = 0x0112
"""The EXIF tag."""
TURNED: Final = frozenset({5, 6, 7, 8})
"""Orientations in which width and height change places."""

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
"""Rows scaled at a time."""
_TRANSPARENT_FACTOR: Final = {"L;2": 85, "L;4": 17}
"""Raw mode of a grey PNG → by what Pillow multiplies its samples, but not its transparent grey."""


def load_rgb(image: Image.Image, background: Sequence[int]) -> Image.Image:
    """Load an opened image's pixels as RGB over the background, turned as EXIF says.

    Raises:
        ImageRejected: There is no agreed way to 8 bits.
        Exception: Anything that Pillow raises for damaged data.
    """
    _scale_transparent_colour(image)
    image.load()
    # Not ImageOps.exif_transpose: it writes the tags back, and fails where a tag that nobody asked for is odd.
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
            f"Pixels of mode {image.mode} (32 bits a sample) have no agreed range; save as 8 or 16 bits.",
        )
    if image.mode == "La":  # alpha already multiplied in: divide it out first
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
        is_white_zero = image.tag_v2.get(_PHOTOMETRIC) == 0  # Pillow turns 8 bits over, but not these
    deep = np.asarray(image)
    shallow = np.empty(deep.shape, np.uint8)
    for start in range(0, len(deep), _STRIP):  # the picture as a whole would be needed four times over
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
    """Bring the transparent colour of a PNG to the 8 bits that Pillow brings the pixels to."""
    colour = image.info.get("transparency")
    if not isinstance(image, PngImageFile) or not image.tile:
        return
    raw_mode = str(image.tile[0].args)
    if isinstance(colour, int) and raw_mode in _TRANSPARENT_FACTOR:
        image.info["transparency"] = colour * _TRANSPARENT_FACTOR[raw_mode]
    elif isinstance(colour, tuple) and raw_mode == "RGB;16B":
        image.info["transparency"] = tuple(sample >> 8 for sample in colour)
