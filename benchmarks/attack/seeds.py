"""Files to begin a search with: what Pillow writes in each mode, compression and size, large ones near the limits."""

import io
import itertools
from collections.abc import Callable, Iterator
from typing import Final

import numpy as np
from PIL import Image

from benchmarks.attack.handmade import HANDMADE

_SIDE: Final = 7071
"""A square of it has just less than 50 million pixels."""
_SMALL: Final = (64, 64)
_LARGE: Final = (_SIDE, _SIDE - 1)


def seeds(format_: str) -> Iterator[bytes]:
    """Yield files of a format; each is made when it is asked for, since a large one takes seconds."""
    yield from HANDMADE[format_]()
    yield from _WRITERS[format_]()


def picture(mode: str, size: tuple[int, int], *, is_noisy: bool = False) -> Image.Image:
    """Make a picture of one colour, or one with detail in every pixel."""
    if not is_noisy:
        return Image.new(mode, size)
    width, height = size
    tile = np.random.default_rng(0).integers(0, 256, (64, 64, 4), np.uint8)
    pixels = np.tile(tile, (-(-height // 64), -(-width // 64), 1))[:height, :width]
    return Image.fromarray(pixels, "RGBA").convert("RGB").convert(mode) if mode != "RGBA" else Image.fromarray(pixels)


def encoded(image: Image.Image, format_: str, **options: object) -> bytes:
    """Return a picture as a file."""
    file = io.BytesIO()
    image.save(file, format_, **options)
    return file.getvalue()


def _jpegs() -> Iterator[bytes]:
    for mode, is_progressive in itertools.product(("L", "RGB", "CMYK"), (False, True)):
        for size in (_SMALL, _LARGE, (14142, 14141), (65500, 763), (763, 65500)):
            yield encoded(picture(mode, size), "JPEG", progressive=is_progressive, quality=50)
    for subsampling, is_progressive in itertools.product((0, 2), (False, True)):
        noisy = picture("RGB", (5000, 5000), is_noisy=True)
        yield encoded(noisy, "JPEG", progressive=is_progressive, quality=60, subsampling=subsampling)
    yield encoded(picture("RGB", (5000, 5000)), "JPEG", restart_marker_blocks=1, xmp=b"x" * 60_000)


def _pngs() -> Iterator[bytes]:
    for mode in ("1", "L", "LA", "P", "RGB", "RGBA", "I;16"):
        for size in (_SMALL, _LARGE, (50_000_000, 1), (1, 50_000_000)):
            yield encoded(picture(mode, size), "PNG", compress_level=1)
    yield encoded(picture("RGBA", (2500, 2500), is_noisy=True), "PNG", compress_level=1)
    yield encoded(picture("RGB", _LARGE), "PNG", transparency=(0, 0, 0), compress_level=1)
    yield encoded(picture("P", _LARGE), "PNG", transparency=b"\x80" * 256, compress_level=1)


def _webps() -> Iterator[bytes]:
    for mode, size in itertools.product(("RGB", "RGBA"), (_SMALL, _LARGE, (16383, 3051), (3051, 16383))):
        yield encoded(picture(mode, size), "WEBP", lossless=True, quality=0, method=0)
        yield encoded(picture(mode, size), "WEBP", quality=0, method=0)
    noisy = picture("RGBA", (2500, 2500), is_noisy=True)
    yield encoded(noisy, "WEBP", quality=90, method=0)
    yield encoded(noisy, "WEBP", lossless=True, quality=0, method=0)
    frames = [Image.new("RGBA", (4000, 4000), (level, 0, 0, level)) for level in range(3)]
    yield encoded(frames[0], "WEBP", save_all=True, append_images=frames[1:], lossless=True, quality=0, method=0)


def _gifs() -> Iterator[bytes]:
    for mode, size in itertools.product(("L", "RGB", "P"), (_SMALL, _LARGE, (65535, 762), (762, 65535))):
        yield encoded(picture(mode, size), "GIF")
    frames = [Image.new("RGB", (3000, 3000), (level * 60, 0, 0)) for level in range(3)]
    yield encoded(frames[0], "GIF", save_all=True, append_images=frames[1:], transparency=0, disposal=2)
    yield encoded(picture("L", (5000, 5000), is_noisy=True), "GIF")


def _bmps() -> Iterator[bytes]:
    for mode in ("1", "L", "P", "RGB", "RGBA"):
        yield encoded(picture(mode, _SMALL), "BMP")
        yield encoded(picture(mode, (2800, 2800) if mode != "1" else (15000, 3000)), "BMP")
    yield encoded(picture("1", _LARGE), "BMP")


def _tiffs() -> Iterator[bytes]:
    compressions = ("raw", "tiff_lzw", "tiff_adobe_deflate", "packbits", "lzma", "zstd", "jpeg", "group3", "group4")
    for compression, mode in itertools.product(compressions, ("1", "L", "RGB", "RGBA", "CMYK", "I;16", "P", "YCbCr")):
        for size in (_SMALL, _LARGE):
            if compression == "raw" and size == _LARGE:
                continue
            try:
                yield encoded(picture(mode, size), "TIFF", compression=compression)
            except (OSError, ValueError, RuntimeError):  # this mode has not this compression
                continue
    yield encoded(picture("RGB", (4000, 4000), is_noisy=True), "TIFF", compression="tiff_lzw")
    tiles = {322: 512, 323: 512}
    yield encoded(picture("RGB", _LARGE), "TIFF", compression="tiff_adobe_deflate", tiffinfo=tiles)


def _avifs() -> Iterator[bytes]:
    for mode, size in itertools.product(("RGB", "RGBA"), (_SMALL, (2000, 2000), (5000, 5000))):
        for subsampling in ("4:2:0", "4:4:4"):
            yield encoded(picture(mode, size), "AVIF", speed=10, quality=10, subsampling=subsampling)
    yield encoded(picture("RGB", (2000, 2000), is_noisy=True), "AVIF", speed=10, quality=90)
    frames = [Image.new("RGB", (1000, 1000), (level * 60, 0, 0)) for level in range(3)]
    yield encoded(frames[0], "AVIF", save_all=True, append_images=frames[1:], speed=10)


_WRITERS: Final[dict[str, Callable[[], Iterator[bytes]]]] = {
    "JPEG": _jpegs,
    "PNG": _pngs,
    "WEBP": _webps,
    "GIF": _gifs,
    "BMP": _bmps,
    "TIFF": _tiffs,
    "AVIF": _avifs,
}
