"""A catalogue of odd image files, made at run time, each with the pixels that must come out of it.

`odd_images()` gives name → `OddImage`. What is expected is computed with NumPy from the picture that went in, never by
decoding, so that it can judge any decoder: the one of training and the one of serving alike.
"""

import functools
import io
import struct
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageCms

from model_store.images.pixels import FORMATS, Format, InputSpec, Pixels

HEIGHT, WIDTH = 32, 48
BACKGROUND = (255, 255, 255)
LOSSY = 4.0
"""Mean difference in grey levels that a good lossy encoding of `picture()` stays below."""


@dataclass(frozen=True)
class OddImage:
    """A file and what must come out of it."""

    data: bytes
    format: Format
    expected: Pixels
    """uint8 `(height, width, 3)`: the pixels for `spec`."""
    mean_error: float = 0.0
    """Mean absolute difference in grey levels allowed; 0 means equal, but for rounding here and there."""

    @property
    def spec(self) -> InputSpec:
        """The input under which `expected` must come out."""
        height, width, _ = self.expected.shape
        return InputSpec(height=height, width=width, formats=FORMATS)


def picture(height: int = HEIGHT, width: int = WIDTH) -> Pixels:
    """Return smooth colours with no symmetry, so that each way of turning it is another picture."""
    y, x = np.mgrid[0:height, 0:width] / [[[height]], [[width]]]
    red, green, blue = 255 * x, 255 * y, 127 + 120 * np.sin(4 * x * y)
    return np.stack([red, green, blue], axis=-1).round().astype(np.uint8)


def encode(image: Image.Image, form: str, **options: object) -> bytes:
    """Return an image as a file's bytes."""
    buffer = io.BytesIO()
    image.save(buffer, form, **options)
    return buffer.getvalue()


def noisy_jpeg() -> bytes:
    """Return a JPEG of noise, of which every part takes many bytes."""
    noise = np.random.default_rng(6).integers(0, 256, (64, 64, 3)).astype(np.uint8)
    return encode(Image.fromarray(noise), "JPEG", quality=90)


def damaged_jpeg() -> bytes:
    """Return a JPEG that lacks bytes inside its scan: a decoder shows something, and libjpeg warns."""
    data = noisy_jpeg()
    middle = len(data) // 2
    return data[:middle] + data[middle + 2000 :]


def damaged_png() -> bytes:
    """Return a PNG with zeros in place of its end, as an interrupted copy leaves it, that decoders take for pixels."""
    dark = np.random.default_rng(6).integers(0, 16, (64, 64, 3)).astype(np.uint8)
    data = encode(Image.fromarray(dark), "PNG")
    kept = len(data) // 2
    return data[:kept] + bytes(len(data) - kept)


def exif(orientation: int) -> bytes:
    """Return EXIF that says how the picture is to be turned."""
    tags = Image.Exif()
    tags[0x0112] = orientation
    return tags.tobytes()


def turned(pixels: Pixels, orientation: int) -> Pixels:
    """Turn pixels as EXIF orientation 1 to 8 says, with NumPy alone."""
    across = np.fliplr(pixels) if orientation in {2, 4, 5, 7} else pixels
    quarters = {1: 0, 2: 0, 3: 2, 4: 2, 5: 1, 6: 3, 7: 3, 8: 1}[orientation]
    return np.ascontiguousarray(np.rot90(across, quarters))


def composite(pixels: Pixels, alpha: npt.NDArray[np.uint8], background: Sequence[int] = BACKGROUND) -> Pixels:
    """Lay pixels over a background by the formula."""
    share = alpha[..., None] / 255
    return (pixels * share + np.array(background) * (1 - share)).round().astype(np.uint8)


def grey_of(levels: npt.NDArray[np.number]) -> Pixels:
    """Return grey levels `(h, w)` as RGB."""
    return np.repeat(levels.astype(np.uint8)[..., None], 3, axis=-1)


def png_chunk(kind: bytes, data: bytes) -> bytes:
    """Return one chunk of a PNG."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png_header(width: int, height: int, kind: tuple[int, int] = (8, 2), *, adam7: bool = False) -> bytes:
    """Return the first chunk of a PNG; `kind` is its bit depth and colour type."""
    return png_chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, *kind, 0, 0, int(adam7)))


def png(header: bytes, rows: bytes, extra: bytes = b"") -> bytes:
    """Return a PNG of kinds that Pillow does not write; `rows` carry their filter bytes."""
    chunks = header + extra + png_chunk(b"IDAT", zlib.compress(rows)) + png_chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + chunks


def tiff(tags: Sequence[tuple[int, int]], data: bytes, more: Sequence[tuple[int, int, int, int]] = ()) -> bytes:
    """Return a TIFF of kinds that Pillow reads and does not write: `data` at offset 8, then the directory.

    Args:
        tags: Number and value of each tag of one value, in order.
        data: The pixels and whatever else is pointed to.
        more: Number, type, count and value or offset of the tags that come after those.
    """
    entries = [*((number, 4, 1, value) for number, value in tags), *more]
    directory = struct.pack("<H", len(entries)) + b"".join(struct.pack("<HHII", *one) for one in entries) + bytes(4)
    return b"II*\0" + struct.pack("<I", 8 + len(data)) + data + directory


def tiff_tiled(pixels: Pixels, side: int = 16) -> bytes:
    """Return an uncompressed RGB TIFF of square tiles."""
    height, width, _ = pixels.shape
    corners = [(y, x) for y in range(0, height, side) for x in range(0, width, side)]
    data = b"".join(pixels[y : y + side, x : x + side].tobytes() for y, x in corners)
    count, size, end = len(corners), side * side * 3, 8 + len(data)
    places = [8 + size * index for index in range(count)]
    data += struct.pack(f"<{2 * count}I", *places, *[size] * count)
    tags = [(256, width), (257, height), (258, 8), (259, 1), (262, 2), (277, 3), (322, side), (323, side)]
    return tiff(tags, data, [(324, 4, count, end), (325, 4, count, end + 4 * count)])


@functools.cache
def odd_images() -> dict[str, OddImage]:
    """Return the catalogue."""
    return dict([*_turned(), *_transparent(), *_deep_and_grey(), *_lossy(), *_animated(), *_containers()])


Entries = Iterator[tuple[str, OddImage]]


def _turned() -> Entries:
    image = Image.fromarray(picture())
    for orientation in range(1, 9):
        data = encode(image, "JPEG", quality=95, subsampling=0, exif=exif(orientation))
        yield f"jpeg-exif-{orientation}", OddImage(data, "JPEG", turned(picture(), orientation), LOSSY)
    yield "png-exif-6", OddImage(encode(image, "PNG", exif=exif(6)), "PNG", turned(picture(), 6))
    webp = encode(image, "WEBP", lossless=True, exif=exif(8))
    yield "webp-exif-8", OddImage(webp, "WEBP", turned(picture(), 8))
    yield "tiff-exif-5", OddImage(encode(image, "TIFF", exif=exif(5)), "TIFF", turned(picture(), 5))


def _transparent() -> Entries:
    alpha = np.broadcast_to(np.linspace(0, 255, WIDTH).astype(np.uint8), (HEIGHT, WIDTH))
    rgba = Image.fromarray(np.dstack([picture(), alpha]))
    over = composite(picture(), alpha)
    yield "png-rgba", OddImage(encode(rgba, "PNG"), "PNG", over)
    yield "webp-alpha-lossless", OddImage(encode(rgba, "WEBP", lossless=True, exact=True), "WEBP", over)
    yield "webp-alpha", OddImage(encode(rgba, "WEBP", quality=95), "WEBP", over, LOSSY)
    yield "tiff-rgba", OddImage(encode(rgba, "TIFF"), "TIFF", over)
    levels = picture()[..., 0]
    grey_alpha = Image.merge("LA", [Image.fromarray(levels), Image.fromarray(np.ascontiguousarray(alpha))])
    yield "png-la", OddImage(encode(grey_alpha, "PNG"), "PNG", composite(grey_of(levels), alpha))

    indices = (np.arange(HEIGHT * WIDTH) % 4).reshape(HEIGHT, WIDTH).astype(np.uint8)
    palette = Image.fromarray(indices).convert("P")
    colours = np.array([[200, 0, 0], [0, 200, 0], [0, 0, 200], [9, 9, 9]], np.uint8)
    palette.putpalette(colours.tobytes())
    some = np.array([0, 255, 128, 255], np.uint8)
    data = encode(palette, "PNG", transparency=some.tobytes())
    yield "png-palette-alpha", OddImage(data, "PNG", composite(colours[indices], some[indices]))
    first = np.array([0, 255, 255, 255], np.uint8)
    over = composite(colours[indices], first[indices])
    yield "gif-transparent", OddImage(encode(palette, "GIF", transparency=0), "GIF", over)
    flat = Image.fromarray(colours[indices])
    yield "png-rgb-trns", OddImage(encode(flat, "PNG", transparency=(200, 0, 0)), "PNG", over)

    deep = (colours[indices] * np.uint16(256) + np.uint16(18)).astype(">u2").reshape(HEIGHT, -1)
    rows = b"".join(b"\0" + row.tobytes() for row in deep)
    key = png_chunk(b"tRNS", struct.pack(">3H", 200 * 256 + 18, 18, 18))
    yield "png-rgb16-trns", OddImage(png(png_header(WIDTH, HEIGHT, (16, 2)), rows, key), "PNG", over)
    rows = bytes([0, *[0x1F] * (WIDTH // 2)]) * HEIGHT  # four bits a pixel: 1, 15, 1, 15
    data = png(png_header(WIDTH, HEIGHT, (4, 0)), rows, png_chunk(b"tRNS", b"\0\x0f"))
    stripes = np.broadcast_to(np.tile([17, 255], WIDTH // 2), (HEIGHT, WIDTH))
    yield "png-grey4-trns", OddImage(data, "PNG", grey_of(stripes))
    data = png(png_header(WIDTH, HEIGHT, (4, 0)), rows, png_chunk(b"tRNS", b"\0\x01"))
    yield "png-grey4-trns-dark", OddImage(data, "PNG", grey_of(np.full((HEIGHT, WIDTH), 255)))


def _deep_and_grey() -> Entries:
    deep = np.linspace(0, 65535, HEIGHT * WIDTH).round().astype("<u2").reshape(HEIGHT, WIDTH)
    eight = grey_of((deep * (255 / 65535)).round())
    yield "png-grey16", OddImage(encode(Image.fromarray(deep), "PNG"), "PNG", eight)
    little = encode(Image.fromarray(deep), "TIFF")
    yield "tiff-grey16-little", OddImage(little, "TIFF", eight)
    big = Image.frombytes("I;16B", (WIDTH, HEIGHT), deep.astype(">u2").tobytes())
    yield "tiff-grey16-big", OddImage(encode(big, "TIFF"), "TIFF", eight)
    white = encode(Image.fromarray(deep), "TIFF", tiffinfo={262: 0})
    yield "tiff-grey16-white-is-zero", OddImage(white, "TIFF", 255 - eight)
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in deep)
    darkest = png(png_header(WIDTH, HEIGHT, (16, 0)), rows, png_chunk(b"tRNS", b"\0\0"))
    yield "png-grey16-trns", OddImage(darkest, "PNG", np.where(deep[..., None] == 0, 255, eight).astype(np.uint8))
    grey = Image.fromarray(eight[..., 0].copy())
    yield "png-grey", OddImage(encode(grey, "PNG"), "PNG", eight)
    yield "jpeg-grey", OddImage(encode(grey, "JPEG", quality=95), "JPEG", eight, LOSSY)
    black = eight[..., 0] < 128
    bilevel = grey_of(np.where(black, 0, 255))
    forms: tuple[Format, ...] = ("PNG", "BMP", "TIFF")
    for form in forms:
        yield f"{form.lower()}-bilevel", OddImage(encode(Image.fromarray(~black), form), form, bilevel)
    twelve = (deep >> 4).ravel()  # two samples in three bytes
    one, other = twelve[::2], twelve[1::2]
    packed = np.stack([one >> 4, (one << 4 | other >> 8) & 255, other & 255], axis=-1).astype(np.uint8).tobytes()
    tags = [(256, WIDTH), (257, HEIGHT), (258, 12), (259, 1), (262, 1), (273, 8), (277, 1), (278, HEIGHT)]
    yield (
        "tiff-grey12",
        OddImage(
            tiff([*tags, (279, len(packed))], packed),
            "TIFF",
            grey_of((twelve.reshape(deep.shape) * (255 / 4095)).round()),
        ),
    )


def _lossy() -> Entries:
    image = Image.fromarray(picture())
    cmyk = Image.fromarray(np.dstack([255 - picture(), np.zeros((HEIGHT, WIDTH), np.uint8)]), "CMYK")
    yield "jpeg-cmyk-adobe", OddImage(encode(cmyk, "JPEG", quality=95), "JPEG", picture(), LOSSY)
    yield "tiff-cmyk", OddImage(encode(cmyk, "TIFF"), "TIFF", picture())
    progressive = encode(image, "JPEG", quality=95, subsampling=0, progressive=True)
    yield "jpeg-progressive", OddImage(progressive, "JPEG", picture(), LOSSY)
    large = Image.fromarray(picture(HEIGHT * 24, WIDTH * 24))
    yield "jpeg-large", OddImage(encode(large, "JPEG", quality=95), "JPEG", picture(), LOSSY)
    on_its_side = encode(Image.fromarray(picture(HEIGHT * 24, WIDTH * 24)), "JPEG", quality=95, exif=exif(6))
    yield "jpeg-large-exif-6", OddImage(on_its_side, "JPEG", turned(picture(), 6), LOSSY)
    yield "webp-lossy", OddImage(encode(image, "WEBP", quality=95), "WEBP", picture(), LOSSY)
    yield "webp-lossless", OddImage(encode(image, "WEBP", lossless=True), "WEBP", picture())
    yield "avif", OddImage(encode(image, "AVIF", quality=95), "AVIF", picture(), LOSSY)


def _animated() -> Entries:
    later = [Image.new("RGB", (WIDTH, HEIGHT), colour) for colour in ("red", "lime")]
    grey = Image.fromarray(picture()[..., 0].copy())
    others = [Image.new("L", (WIDTH, HEIGHT), level) for level in (0, 255)]
    gif = encode(grey, "GIF", save_all=True, append_images=others)
    yield "gif-animated", OddImage(gif, "GIF", grey_of(picture()[..., 0]))
    first = Image.fromarray(picture())
    webp = encode(first, "WEBP", save_all=True, append_images=later, lossless=True)
    yield "webp-animated", OddImage(webp, "WEBP", picture())
    yield "png-animated", OddImage(encode(first, "PNG", save_all=True, append_images=later), "PNG", picture())
    tiff = encode(first, "TIFF", save_all=True, append_images=later)
    yield "tiff-multipage", OddImage(tiff, "TIFF", picture())
    mpo = encode(first, "MPO", save_all=True, append_images=later, quality=95, subsampling=0)
    yield "jpeg-mpo", OddImage(mpo, "JPEG", picture(), LOSSY)


def _containers() -> Entries:
    image = Image.fromarray(picture())
    yield "bmp", OddImage(encode(image, "BMP"), "BMP", picture())
    yield "tiff-lzw", OddImage(encode(image, "TIFF", compression="tiff_lzw"), "TIFF", picture())
    yield "tiff-tiled", OddImage(tiff_tiled(picture()), "TIFF", picture())
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    yield "png-icc", OddImage(encode(image, "PNG", icc_profile=profile), "PNG", picture())
    data = encode(image, "JPEG", quality=95, subsampling=0, icc_profile=profile)
    yield "jpeg-icc", OddImage(data, "JPEG", picture(), LOSSY)
    passes = [(0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4), (2, 0, 4, 2), (0, 1, 2, 2), (1, 0, 2, 1)]
    parts = [picture()[y::down, x::right] for y, x, down, right in passes]
    rows = b"".join(b"\0" + row.tobytes() for part in parts for row in part)
    yield "png-interlaced", OddImage(png(png_header(WIDTH, HEIGHT, adam7=True), rows), "PNG", picture())
    for height, width in ((1, 1), (1, 10_000), (10_000, 1)):
        plain = np.full((height, width, 3), 77, np.uint8)
        data = encode(Image.fromarray(plain), "PNG")
        yield f"png-{width}x{height}", OddImage(data, "PNG", np.full((HEIGHT, WIDTH, 3), 77, np.uint8))
