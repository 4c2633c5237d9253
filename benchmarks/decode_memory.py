"""What decoding takes of memory, by format and form: measured, and as `examine` tells it before.

Run: `python -m benchmarks.decode_memory`. Every picture is decoded in a process of its own, whose peak of resident
memory is compared with what it had before. Prints bytes a pixel, beyond the bytes of the file.
"""

import ctypes
import gc
import io
import multiprocessing
import struct
import zlib
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
from PIL import Image
from rich.console import Console
from rich.table import Table

from model_store.images.examination import examine
from model_store.images.input_spec import FORMATS, InputSpec

SPEC: Final = InputSpec(height=224, width=224, formats=FORMATS, draft=False)
DRAFT: Final = SPEC.model_copy(update={"draft": True})
SIDE: Final = 2048
"""Width and height of the pictures, in pixels."""


class Form(NamedTuple):
    """A picture of a form."""

    format: str
    form: str
    make: Callable[[], bytes]
    pixels: int
    spec: InputSpec = SPEC


Row = tuple[str, Callable[[], bytes], InputSpec]


class Measured(NamedTuple):
    """Memory in bytes."""

    taken: int
    told: int


def encoded(image: Image.Image, form: str, **options: object) -> bytes:
    """Return a picture as a file's bytes."""
    file = io.BytesIO()
    image.save(file, form, **options)
    return file.getvalue()


def cut(image: Image.Image) -> bytes:
    """Return a JPEG without its end."""
    return encoded(image, "JPEG")[:-2]


def turned() -> bytes:
    """Return EXIF of a picture that has to be turned by a quarter."""
    tags = Image.Exif()
    tags[0x0112] = 6
    return tags.tobytes()


def png(width: int, height: int, kind: tuple[int, int], extra: bytes = b"", value: int = 1) -> bytes:
    """Return a PNG of a bit depth and colour type; every byte of its samples has a value."""
    bits = kind[0] * {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}[kind[1]]
    row = b"\0" + bytes([value]) * ((width * bits + 7) // 8)
    header = struct.pack(">IIBBBBB", width, height, *kind, 0, 0, 0)
    chunks = [(b"IHDR", header)] + ([(b"PLTE", bytes(range(6)) * 2)] if kind[1] == 3 else [])
    chunks += [(extra[:4], extra[4:])] * bool(extra) + [(b"IDAT", zlib.compress(row * height, 1)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))
        for name, content in chunks
    )


def bmp(width: int, height: int, bits: int, body: bytes, compression: int = 0) -> bytes:
    """Return a BMP of a bit depth and compression."""
    palette = b"".join(bytes((one, 255 - one, one, 0)) for one in range(1 << bits)) if bits <= 8 else b""
    offset = 54 + len(palette)
    header = struct.pack("<IiiHHIIiiII", 40, width, height, 1, bits, compression, len(body), 0, 0, 0, 0)
    return b"BM" + struct.pack("<IHHI", offset + len(body), 0, 0, offset) + header + palette + body


def _jpegs(image: Callable[[str], Image.Image]) -> Iterator[Row]:
    for mode in ("L", "RGB", "CMYK"):
        yield f"{mode}", partial(encoded, image(mode), "JPEG"), SPEC
        yield f"{mode}, progressive", partial(encoded, image(mode), "JPEG", progressive=True, subsampling=0), SPEC
    yield "RGB, progressive 4:2:0", partial(encoded, image("RGB"), "JPEG", progressive=True), SPEC
    yield "RGB, turned", partial(encoded, image("RGB"), "JPEG", exif=turned()), SPEC
    yield "L, turned", partial(encoded, image("L"), "JPEG", exif=turned()), SPEC
    yield "RGB, cut", partial(cut, image("RGB")), SPEC
    yield "RGB, shrunk", partial(encoded, image("RGB"), "JPEG"), DRAFT
    yield "RGB, shrunk, progressive", partial(encoded, image("RGB"), "JPEG", progressive=True, subsampling=0), DRAFT


def _pngs(image: Callable[[str], Image.Image]) -> Iterator[Row]:
    for bits, colour, name in [
        (1, 0, "1 bit"), (8, 0, "L"), (16, 0, "L, 16 bits"), (8, 2, "RGB"), (16, 2, "RGB, 16 bits"), (8, 3, "palette"),
        (8, 4, "LA"), (16, 4, "LA, 16 bits"), (8, 6, "RGBA"), (16, 6, "RGBA, 16 bits"),
    ]:  # fmt: skip
        yield name, partial(png, SIDE, SIDE, (bits, colour)), SPEC
    yield "RGB, 16 bits, lower only", partial(png, SIDE, SIDE, (16, 2), value=0), SPEC
    yield "LA, 16 bits, lower only", partial(png, SIDE, SIDE, (16, 4), value=0), SPEC
    yield "L, transparent", partial(png, SIDE, SIDE, (8, 0), b"tRNS\0\1"), SPEC
    yield "1 bit, transparent", partial(png, SIDE, SIDE, (1, 0), b"tRNS\0\1"), SPEC
    yield "L, 16 bits, transparent", partial(png, SIDE, SIDE, (16, 0), b"tRNS\0\1"), SPEC
    yield "RGB, transparent", partial(png, SIDE, SIDE, (8, 2), b"tRNS\0\1\0\1\0\1"), SPEC
    yield "palette, transparent", partial(png, SIDE, SIDE, (8, 3), b"tRNS\0\7"), SPEC
    yield "RGB, turned", partial(encoded, image("RGB"), "PNG", compress_level=1, exif=turned()), SPEC
    yield "RGBA, turned", partial(encoded, image("RGBA"), "PNG", compress_level=1, exif=turned()), SPEC
    yield "L, one row", partial(png, SIDE * SIDE, 1, (8, 0)), SPEC
    yield "L, one column", partial(png, 1, SIDE * SIDE, (8, 0)), SPEC
    yield "LA, 16 bits, one column, lower only", partial(png, 1, SIDE * SIDE, (16, 4), value=0), SPEC
    yield "L, 16 bits, one row", partial(png, SIDE * SIDE, 1, (16, 0)), SPEC
    yield "RGB, 16 bits, one row, lower only", partial(png, SIDE * SIDE, 1, (16, 2), value=0), SPEC


def _webps(image: Callable[[str], Image.Image]) -> Iterator[Row]:
    yield "RGB", partial(encoded, image("RGB"), "WEBP", method=0), SPEC
    yield "RGBA", partial(encoded, image("RGBA"), "WEBP", method=0), SPEC
    yield "RGBA, lossless", partial(encoded, image("RGBA"), "WEBP", lossless=True, quality=0, method=0), SPEC
    yield "RGB, lossless", partial(encoded, image("RGB"), "WEBP", lossless=True, quality=0, method=0), SPEC
    yield "RGB, turned", partial(encoded, image("RGB"), "WEBP", method=0, exif=turned()), SPEC
    frames = [image("RGB"), Image.new("RGB", (SIDE, SIDE), (9, 9, 9))]
    yield "animated", partial(encoded, frames[0], "WEBP", method=0, save_all=True, append_images=frames[1:]), SPEC


def _gifs(image: Callable[[str], Image.Image]) -> Iterator[Row]:
    yield "L", partial(encoded, image("L"), "GIF"), SPEC
    yield "palette", partial(encoded, image("P"), "GIF"), SPEC
    yield "palette, transparent", partial(encoded, image("P"), "GIF", transparency=3), SPEC
    yield "interlaced", partial(encoded, image("P"), "GIF", interlace=1), SPEC


def _bmps(_: Callable[[str], Image.Image]) -> Iterator[Row]:
    pixels = SIDE * SIDE
    for bits in (1, 4, 8, 16, 24, 32):
        yield f"{bits} bits", partial(bmp, SIDE, SIDE, bits, bytes([1]) * (pixels * bits // 8)), SPEC
    runs = b"\x80\1" * (SIDE // 128) + b"\0\0"
    yield "RLE of 8 bits", partial(bmp, SIDE, SIDE, 8, runs * SIDE, 1), SPEC
    yield "RLE of 4 bits", partial(bmp, SIDE, SIDE, 4, runs * SIDE, 2), SPEC
    yield "8 bits, one row", partial(bmp, pixels, 1, 8, bytes([1]) * pixels), SPEC
    yield "RLE, one row", partial(bmp, pixels, 1, 8, b"\xff\1" * (pixels // 255 + 1), 1), SPEC
    yield "24 bits, one row", partial(bmp, pixels, 1, 24, bytes([1]) * pixels * 3), SPEC


def _tiffs(image: Callable[[str], Image.Image]) -> Iterator[Row]:
    for mode in ("1", "L", "P", "I;16", "LA", "RGB", "RGBA", "CMYK"):
        yield mode, partial(encoded, image(mode), "TIFF"), SPEC
    for mode in ("L", "I;16", "RGB", "RGBA", "CMYK"):
        yield f"{mode}, LZW", partial(encoded, image(mode), "TIFF", compression="tiff_lzw"), SPEC
    for name in ("tiff_adobe_deflate", "packbits", "jpeg", "lzma", "zstd"):
        yield f"RGB, {name}", partial(encoded, image("RGB"), "TIFF", compression=name), SPEC
    yield "1, CCITT", partial(encoded, image("1"), "TIFF", compression="group4"), SPEC
    yield "RGB, one strip", partial(encoded, image("RGB"), "TIFF", compression="tiff_lzw", tiffinfo={278: SIDE}), SPEC
    yield "RGB, JPEG, one strip", partial(encoded, image("RGB"), "TIFF", compression="jpeg", tiffinfo={278: SIDE}), SPEC
    yield "RGB, two strips", partial(encoded, image("RGB"), "TIFF", tiffinfo={278: SIDE // 2}), SPEC
    yield "RGB, turned", partial(encoded, image("RGB"), "TIFF", tiffinfo={274: 6}), SPEC
    yield "RGB, turned, LZW", partial(encoded, image("RGB"), "TIFF", compression="tiff_lzw", tiffinfo={274: 6}), SPEC


def _avifs(image: Callable[[str], Image.Image]) -> Iterator[Row]:
    yield "RGB", partial(encoded, image("RGB"), "AVIF", speed=10), SPEC
    yield "RGB, 4:4:4", partial(encoded, image("RGB"), "AVIF", speed=10, subsampling="4:4:4"), SPEC
    yield "RGBA", partial(encoded, image("RGBA"), "AVIF", speed=10), SPEC


MAKERS: Final = {
    "JPEG": _jpegs,
    "PNG": _pngs,
    "WEBP": _webps,
    "GIF": _gifs,
    "BMP": _bmps,
    "TIFF": _tiffs,
    "AVIF": _avifs,
}


def forms() -> Iterator[Form]:
    """Yield a picture of each format and form."""
    levels = np.add.outer(np.arange(SIDE) // 8, np.arange(SIDE) // 8).astype(np.uint8)
    grey = Image.fromarray(levels)

    def image(mode: str) -> Image.Image:
        if mode == "I;16":
            return Image.fromarray(levels.astype(np.uint16) * 257)
        return grey.convert("RGB").convert(mode)

    for name, make in MAKERS.items():
        for form, encode, spec in make(image):
            yield Form(name, form, encode, SIDE * SIDE, spec)


def measured(data: bytes, spec: InputSpec) -> Measured:
    """Decode a file in a process of its own, and measure what it takes."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__, "PIL.AvifImagePlugin", "PIL.WebPImagePlugin", "PIL.TiffImagePlugin"])
    with context.Pool(1) as pool:
        return pool.apply(_measure, (data, spec))


def _measure(data: bytes, spec: InputSpec) -> Measured:
    gc.disable()
    ctypes.CDLL(None).malloc_trim(0)
    Path("/proc/self/clear_refs").write_text("5")
    before = _peak()
    examined = examine(data, spec)
    examined.decode()
    return Measured(_peak() - before, examined.memory_bytes)


def _peak() -> int:
    """Return the peak of resident memory, in bytes."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) * 1024


def main() -> None:
    """Measure and print."""
    table = Table("format", "form", "measured", "told", "ratio")
    for form in forms():
        taken, told = measured(form.make(), form.spec)
        a, b = taken / form.pixels, told / form.pixels
        table.add_row(form.format, form.form, f"{a:.1f}", f"{b:.1f}", f"{told / max(1, taken):.2f}")
    Console(width=100).print(table)


if __name__ == "__main__":
    main()
