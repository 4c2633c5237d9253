"""What decoding a TIFF takes: its strips and tiles are bounded by its picture. Reads tags; decodes nothing.

A tile may be larger than the picture, and the decoder makes room for the whole of it. Encoders write tiles of up to
some thousand pixels square, and strips of any declared height.
"""

from typing import Final

from model_store.errors import ImageRejected
from model_store.images.deep_samples import deep_strip_bytes
from model_store.images.formats import tiff_tags
from model_store.images.formats.outline import UNREADABLE, Outline
from model_store.images.formats.tiff import SampleLayout, sample_layout
from model_store.images.formats.tiff_tags import MAX_TAGS, Directory, Tags, directory_at, first_directory, first_value

_PLAIN_PART: Final = 2**24
"""Pixels that a strip or tile may have, however small the picture is: a tile of 4096 x 4096."""
_MAX_PLACES: Final = 2**18
"""Strips or tiles; Pillow takes about a kilobyte for each."""
_FEW_PLACES: Final = 4096
_UNPACKED: Final = (tiff_tags.X_RESOLUTION, tiff_tags.Y_RESOLUTION, tiff_tags.RESOLUTION_UNIT)
"""Tags of which Pillow makes numbers when it opens a file, as of all those in directories of EXIF."""
_MAX_NUMBERS: Final = 100_000
_PLACE_BYTES: Final = 1024
_WHOLE: Final = 2**32 - 1
"""Rows of a strip that is the whole picture."""
_UNCOMPRESSED: Final = 1
_RGB_BYTES: Final = 4
"""Bytes of a pixel of RGB, as Pillow keeps it."""
_BYTE: Final = 8
_GREYS: Final = frozenset({0, 1, 3, 4})
_PALETTE: Final = 3
_RGB_BANDS: Final = 3


def outline(data: bytes) -> Outline:
    """Read the size of a TIFF, and tell what decoding it takes.

    Raises:
        ImageRejected: If it has more tags, strips or tiles, or larger ones, than any encoder writes.
    """
    directory = first_directory(data)
    tags = directory.tags
    _check_tags(data, directory)
    width, height = first_value(tags, tiff_tags.WIDTH, 0), first_value(tags, tiff_tags.HEIGHT, 0)
    if width <= 0 or height <= 0:
        return UNREADABLE
    layout, part = sample_layout(tags), _part(tags, width, height)
    places = _places(directory)
    if places > 4 * layout.bands * (width * height // max(part, 1) + width + height) + _FEW_PLACES:
        raise _unusual(f"{places} strips or tiles for a picture of {width}x{height} pixels")
    pixels = width * height
    loaded, converting = _pixel_bytes(layout)
    return Outline(
        width,
        height,
        loading_bytes=loaded * pixels
        + _reading_bytes(layout, part, part if places > 1 else width)
        + places * _PLACE_BYTES,
        loaded_bytes=loaded * pixels,
        converting_bytes=converting * pixels + (deep_strip_bytes(width, height) if _is_deep(layout) else 0),
        may_turn=first_value(tags, tiff_tags.ORIENTATION, 1) != 1 or tiff_tags.XMP in tags,
    )


def _check_tags(data: bytes, directory: Directory) -> None:
    """Refuse more tags, values of them, strips or tiles than any encoder writes."""
    if directory.declared_count > MAX_TAGS:
        raise _unusual(f"{directory.declared_count} tags")
    if _places(directory) > _MAX_PLACES:
        raise _unusual(f"{_places(directory)} strips or tiles")
    numbers = sum(directory.counts.get(tag, 0) for tag in _UNPACKED)
    for tag in tiff_tags.EXIF_DIRECTORIES:
        if offset := first_value(directory.tags, tag, 0):
            numbers += sum(directory_at(data, offset).counts.values())
    if numbers > _MAX_NUMBERS:
        raise _unusual(f"{numbers} numbers in its tags")


def _places(directory: Directory) -> int:
    """Return the number of strips or tiles."""
    return max(directory.counts.get(tag, 0) for tag in (tiff_tags.STRIPS, tiff_tags.TILES))


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


def _is_deep(layout: SampleLayout) -> bool:
    return max(layout.bits, default=1) > _BYTE


def _reading_bytes(layout: SampleLayout, part: int, joined: int) -> int:
    """Return the memory that reading a strip or tile takes: libtiff keeps one, Pillow joins its pieces."""
    bands = 1 if layout.is_planar else layout.bands
    sample_bytes = (bands * max(layout.bits, default=1) + 7) // 8
    if layout.compression != _UNCOMPRESSED:
        return part * max(_RGB_BYTES, sample_bytes)
    return 3 * sample_bytes * joined


def _pixel_bytes(layout: SampleLayout) -> tuple[int, int]:
    """Return the bytes of a pixel of the loaded picture, and those that conversion to RGB takes beside them."""
    is_grey = layout.photometric in _GREYS and layout.bands == 1
    if is_grey:
        return (2, 10) if _is_deep(layout) else (1, 4)
    is_rgb = layout.bands == _RGB_BANDS and layout.photometric != _PALETTE
    return 4, (0 if is_rgb else 8) + (12 if _is_deep(layout) else 0)


def _unusual(what: str) -> ImageRejected:
    return ImageRejected("corrupt", f"The TIFF has {what}, which no encoder writes.")
