"""What decoding a TIFF takes: its strips and tiles are bounded by its picture. Reads tags; decodes nothing.

A tile may be larger than the picture, and the decoder makes room for the whole of it. Encoders write tiles of up to
some thousand pixels square, and strips of any declared height.
"""

from typing import Final

from model_store.errors import ImageRejected
from model_store.images.formats import tiff_tags
from model_store.images.formats.outline import UNREADABLE, Outline
from model_store.images.formats.tiff import SampleLayout, sample_layout
from model_store.images.formats.tiff_tags import MAX_TAGS, Tags, first_directory, first_value

_PLAIN_PART: Final = 2**24
"""Pixels that a strip or tile may have, however small the picture is: a tile of 4096 x 4096."""
_MAX_PARTS: Final = 2**18
"""Strips or tiles; Pillow takes about a kilobyte for each."""
_PART_BYTES: Final = 1024
_WHOLE: Final = 2**32 - 1
"""Rows of a strip that is the whole picture."""
_GREY_BITS: Final = 8


def outline(data: bytes) -> Outline:
    """Read the size of a TIFF, and tell what decoding it takes.

    Raises:
        ImageRejected: If it has more tags, strips or tiles, or larger ones, than any encoder writes.
    """
    directory = first_directory(data)
    tags = directory.tags
    if directory.declared_count > MAX_TAGS:
        raise _unusual(f"{directory.declared_count} tags")
    if directory.place_count > _MAX_PARTS:
        raise _unusual(f"{directory.place_count} strips or tiles")
    width, height = first_value(tags, tiff_tags.WIDTH, 0), first_value(tags, tiff_tags.HEIGHT, 0)
    if width <= 0 or height <= 0:
        return UNREADABLE
    layout, part = sample_layout(tags), _part(tags, width, height)
    pixels = width * height
    loaded = pixels * _loaded_bytes(layout)
    bands = layout.bands if not layout.is_planar else 1
    buffer = part * max(4, (bands * max(layout.bits, default=8) + 7) // 8)
    return Outline(
        width,
        height,
        loading_bytes=loaded + 2 * buffer + directory.place_count * _PART_BYTES,
        loaded_bytes=loaded,
        converting_bytes=pixels * 8,
        may_turn=True,
    )


def _part(tags: Tags, width: int, height: int) -> int:
    """Return the number of pixels in a strip or tile, of which the decoder keeps one."""
    across = first_value(tags, tiff_tags.TILE_WIDTH, width)
    down = first_value(tags, tiff_tags.TILE_HEIGHT, 0) or first_value(tags, tiff_tags.ROWS, height)
    if down == _WHOLE:
        down = height
    pixels = max(0, across) * max(0, down)
    if pixels > max(_PLAIN_PART, 2 * width * height):
        raise _unusual(f"a picture of {width}x{height} pixels in strips or tiles of {across}x{down}")
    return pixels


def _loaded_bytes(layout: SampleLayout) -> int:
    """Return the bytes of a pixel of the loaded picture."""
    if layout.bands > 1 or layout.photometric in {2, 5, 6}:
        return 4
    return 1 if max(layout.bits, default=1) <= _GREY_BITS else 2


def _unusual(what: str) -> ImageRejected:
    return ImageRejected("corrupt", f"The TIFF has {what}, which no encoder writes.")
