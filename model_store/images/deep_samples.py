"""Samples of more than 8 bits, scaled to 8 by the range that the file declares.

A file of 16 bits may use only the lower 10, 12 or 14 of them, as cameras deliver them. Read as 16 bits it is up to 64
times too dark. A PNG says so with its chunk `sBIT`, a TIFF with `MaxSampleValue`. Pillow reads grey of 16 bits as it
is, and of deep colour the upper byte of each sample only: if needed, a second reading takes the lower byte.
"""

import sys
from collections.abc import Callable, Iterator
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageFile

_STRIP: Final = 256
"""Number of rows scaled at a time: the whole picture at once would need four times its memory."""
_SCALING_BYTES: Final = 16
"""Bytes that scaling takes for each pixel of a strip."""
_WHITE: Final = 65535
_SUSPECT: Final = 2**14
"""If no sample of 16 bits reaches this, the upper bits are probably unused."""
_SWAPPED: Final = {"B": "L", "L": "B", "N": "B" if sys.byteorder == "little" else "L"}

Samples = npt.NDArray[np.uint16]
"""uint16 `(rows, columns)` or `(rows, columns, bands)`."""


def deep_strip_bytes(width: int, height: int) -> int:
    """Return the memory that scaling the rows of a picture takes, strip by strip."""
    return _SCALING_BYTES * width * min(height, _STRIP)


class SampleRange(NamedTuple):
    """The range of the samples of a picture of more than 8 bits."""

    white: int
    """The value that stands for white."""
    suspect: int | None = None
    """The highest value, if it is so low that upper bits are probably unused, and nothing declares so; else None."""


def sample_range(strips: Callable[[], Iterator[Samples]], declared_bits: int | None) -> SampleRange:
    """Find the range of samples of 16 bits.

    Args:
        strips: Yields the samples, a part of the rows at a time; called twice at most.
        declared_bits: The number of bits that the file declares as significant, or None.
    """
    highest = max(int(strip.max()) for strip in strips())
    if declared_bits is None or declared_bits >= 16:
        return SampleRange(_WHITE, highest if 0 < highest < _SUSPECT else None)
    white = 2**declared_bits - 1
    uses_lower_bits = highest <= white and not all(_is_scaled(strip, white) for strip in strips())
    return SampleRange(white if uses_lower_bits else _WHITE)


def _is_scaled(samples: Samples, white: int) -> bool:
    """Tell whether samples are those of fewer bits, brought to 16 by a shift or a multiplication, as PNG asks for."""
    wide = samples.astype(np.uint32)
    if not (wide & (_WHITE // (white + 1))).any():
        return True
    narrow = (wide * white + _WHITE // 2) // _WHITE
    return bool(((narrow * _WHITE + white // 2) // white == wide).all())


def scale_grey(deep: Samples, white: int, *, is_inverted: bool) -> Image.Image:
    """Scale grey to 8 bits with rounding.

    Args:
        deep: uint16 `(height, width)`.
        white: The value that stands for white, or for black if `is_inverted`.
        is_inverted: Whether 0 is white.
    """
    shallow = np.empty(deep.shape, np.uint8)
    for start in range(0, len(deep), _STRIP):
        strip = deep[start : start + _STRIP].astype(np.uint32)
        shallow[start : start + _STRIP] = _scaled(white - strip if is_inverted else strip, white)
    return Image.fromarray(shallow)


def _scaled(samples: npt.NDArray[np.uint32], white: int) -> npt.NDArray[np.uint8]:
    return ((samples * 255 + white // 2) // white).astype(np.uint8)


def grey_strips(deep: Samples) -> Iterator[Samples]:
    """Yield the rows of grey, some at a time."""
    return (deep[start : start + _STRIP] for start in range(0, len(deep), _STRIP))


def is_deep_colour(image: Image.Image) -> bool:
    """Tell whether an opened picture, not yet loaded, has colour of 16 bits of which Pillow keeps the upper byte."""
    if not isinstance(image, ImageFile.ImageFile) or image.mode not in {"RGB", "RGBA"}:
        return False
    raw = raw_mode(image)  # `BGR;16` of a BMP is 16 bits a pixel, and colour multiplied by alpha is not linear
    return raw[-4:-1] == ";16" and raw[-1] in _SWAPPED and "a;" not in raw


def raw_mode(image: ImageFile.ImageFile) -> str:
    """Return the form of the samples in an opened file, in Pillow's words; empty if it is not known."""
    if not image.tile:
        return ""
    args = image.tile[0].args
    return str(args[0]) if isinstance(args, tuple) and args else str(args)


def restore_colour(
    upper: Image.Image, reopen: Callable[[], ImageFile.ImageFile], declared_bits: int | None
) -> int | None:
    """Scale colour of 16 bits in place, if it uses the lower bits only.

    Args:
        upper: The upper bytes: RGB or RGBA, loaded; changed to the scaled samples.
        reopen: Opens the file again, not loaded.
        declared_bits: The number of bits that the file declares as significant, or None.

    Returns:
        The same as `SampleRange.suspect`.
    """
    limit = _SUSPECT if declared_bits is None or declared_bits >= 16 else 2**declared_bits
    if int(np.asarray([band.getextrema() for band in upper.split()[:3]]).max()) >= max(1, limit >> 8):
        return None
    lower = _lower_bytes(reopen())
    white, suspect = sample_range(lambda: (deep[..., :3] for _, deep in _strips(upper, lower)), declared_bits)
    if white != _WHITE:
        for start, deep in _strips(upper, lower):
            shallow = _scaled(np.minimum(deep, white).astype(np.uint32), white)
            if deep[..., 3:].max(initial=0) > white:  # alpha uses all bits
                shallow[..., 3:] = deep[..., 3:] >> 8
            upper.paste(Image.fromarray(shallow), (0, start))
    return suspect


def _lower_bytes(image: ImageFile.ImageFile) -> Image.Image:
    """Load the lower byte of each sample."""
    raw = raw_mode(image)
    if raw == "LA;16B":  # no mode takes its lower bytes: read its four bytes as four bands
        _set_raw_mode(image, lambda _: "RGBA")
        _, grey, _, alpha = image.split()
        return Image.merge("RGBA", (grey, grey, grey, alpha))
    _set_raw_mode(image, lambda mode: mode[:-1] + _SWAPPED[mode[-1]])
    image.load()
    return image


def _set_raw_mode(image: ImageFile.ImageFile, change: Callable[[str], str]) -> None:
    image.tile = [tile._replace(args=_changed(tile.args, change)) for tile in image.tile]


def _changed(args: tuple[Any, ...] | str | None, change: Callable[[str], str]) -> tuple[Any, ...] | str:
    """Change the first of a tile's arguments, which is its raw mode."""
    return (change(args[0]), *args[1:]) if isinstance(args, tuple) else change(str(args))


def _strips(upper: Image.Image, lower: Image.Image) -> Iterator[tuple[int, Samples]]:
    """Yield the first row and the samples, uint16 `(rows, width, bands)`, of some rows at a time."""
    for start in range(0, upper.height, _STRIP):
        box = (0, start, upper.width, min(upper.height, start + _STRIP))
        high, low = (np.asarray(image.crop(box)).astype(np.uint16) for image in (upper, lower))
        yield start, high * np.uint16(256) + low
