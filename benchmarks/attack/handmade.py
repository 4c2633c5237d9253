"""Files that no program writes: headers that promise much, parts without number, streams that unpack to very much."""

import io
import itertools
import struct
import zlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

from PIL import Image

from benchmarks.attack.parts import FORMATS

_MIB: Final = 2**20
_PIXELS: Final = 49_999_999
"""Just within the limit."""


def _small(format_: str, mode: str = "RGB", **options: Any) -> list[bytes]:  # noqa: ANN401  passed on
    """Return the parts of a picture of 64x64."""
    file = io.BytesIO()
    Image.new(mode, (64, 64)).save(file, format_, **options)
    return FORMATS[format_].split(file.getvalue())


def _with(format_: str, parts: Sequence[bytes], place: int = 1, **options: Any) -> bytes:  # noqa: ANN401  passed on
    """Return a small picture with more parts."""
    whole = _small(format_, **options)
    whole[place:place] = parts
    return FORMATS[format_].join(whole)


def _jpegs() -> Iterator[bytes]:
    segments = (b"\xff\xe1Exif\0\0" + b"A" * 64, b"\xff\xe2ICC_PROFILE\0\1\1", b"\xff\xedPhotoshop 3.0\0", b"\xff\xfe")
    for segment in segments:
        yield _with("JPEG", [segment] * (4 * _MIB // (len(segment) + 2)))
        yield _with("JPEG", [segment.ljust(60_000, b"\0")] * 500)
    for entries in (5_000, 60_000 // 12):
        yield _with("JPEG", [b"\xff\xe1Exif\0\0" + _directory(entries)])
    yield _with("JPEG", [b"\xff\xe1http://ns.adobe.com/xap/1.0/\0" + b"<rdf:li " * 8000])
    yield _with("JPEG", [b"\xff\xe2MPF\0" + _directory(2000)])
    parts = _small("JPEG", progressive=True)
    scan = next(place for place, part in enumerate(parts) if part.startswith(b"\xff\xda"))
    for times, size in ((50, (65500, 763)), (1000, (64, 64)), (10, (7071, 7070)), (90, (4000, 4000))):
        yield FORMATS["JPEG"].join(_resized([*parts[:scan], *parts[scan : scan + 2] * times, *parts[scan + 2 :]], size))


def _resized(parts: list[bytes], size: tuple[int, int]) -> list[bytes]:
    return [
        part[:3] + struct.pack(">HH", size[1], size[0]) + part[7:]
        if part[:1] == b"\xff" and part[1] in {0xC0, 0xC2}
        else part
        for part in parts
    ]


def _directory(entries: int) -> bytes:
    """Return a TIFF directory of entries that each point to the whole of it, and back to itself."""
    one = struct.pack("<HHII", 0x8769, 4, 1, 8)
    more = b"".join(struct.pack("<HHII", 0x9000 + number % 4096, 7, 50_000, 8) for number in range(entries - 1))
    return b"II*\0\x08\0\0\0" + struct.pack("<H", entries & 0xFFFF) + one + more + struct.pack("<I", 8)


def _pngs() -> Iterator[bytes]:
    packed = zlib.compress(bytes(100 * _MIB), 9)
    for chunk in (b"zTXtword\0\0" + packed, b"iTXtword\0\1\0\0\0" + packed, b"iCCPname\0\0" + packed):
        yield _with("PNG", [chunk], 2)
        yield _with("PNG", [chunk] * 100, 2)
    for chunk in (
        b"tEXta\0b",
        b"IDAT",
        b"abCd",
        b"eXIf" + _directory(5000),
        b"tIME",
        b"zTXta\0\0" + zlib.compress(bytes(10**6)),
    ):
        yield _with("PNG", [chunk] * min(300_000, 4 * _MIB // (len(chunk) + 8)), 2)
    for bits, colour in ((16, 6), (16, 2), (8, 6), (8, 3), (1, 0), (16, 0), (16, 4)):
        for width, height in ((7071, 7070), (_PIXELS, 1), (1, _PIXELS)):
            for interlace in (0, 1):
                yield _png(width, height, bits, colour, interlace)


def _png(width: int, height: int, bits: int, colour: int, interlace: int) -> bytes:
    """Return a PNG of zeros; the data are a little more than a picture without interlacing needs."""
    bands = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}[colour]
    rows = zlib.compressobj(9)
    packed = [rows.compress(bytes(_MIB)) for _ in range((((width * bits * bands + 7) // 8 + 1) * height >> 20) + 2)]
    head = b"IHDR" + struct.pack(">IIBBBBB", width, height, bits, colour, 0, 0, interlace)
    palette = [b"PLTE" + bytes(range(256)) * 3] if colour == 3 else []
    data = b"IDAT" + b"".join(packed) + rows.flush()
    return FORMATS["PNG"].join([b"\x89PNG\r\n\x1a\n", head, *palette, data, b"IEND"])


def _webps() -> Iterator[bytes]:
    parts = _small("WEBP", exif=b"Exif\0\0" + _directory(5000))
    yield FORMATS["WEBP"].join(parts)
    for chunk in (b"EXIF" + b"A" * 64, b"XMP " + b"<x>" * 20, b"abcd", b"ICCP" + bytes(128)):
        yield FORMATS["WEBP"].join([*parts, *[chunk] * (4 * _MIB // (len(chunk) + 4))])
    frames = [Image.new("RGBA", (16, 16), (level, 0, 0, 9)) for level in range(3)]
    file = io.BytesIO()
    frames[0].save(file, "WEBP", save_all=True, append_images=frames[1:], lossless=True)
    animation = FORMATS["WEBP"].split(file.getvalue())
    canvas = next(place for place, part in enumerate(animation) if part.startswith(b"VP8X"))
    for width, height in ((7071, 7070), (50_000, 999), (16384, 3050)):
        size = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
        large = [*animation[:canvas], animation[canvas][:8] + size, *animation[canvas + 1 :]]
        yield FORMATS["WEBP"].join(large)
        yield FORMATS["WEBP"].join([*large, *[large[-1]] * 20_000])


def _gifs() -> Iterator[bytes]:
    parts = _small("GIF", "P")
    image = next(place for place, part in enumerate(parts) if part.startswith(b"\x2c"))
    for width, height in ((7071, 7070), (65535, 762), (762, 65535)):
        size = struct.pack("<HH", width, height)
        head = parts[0][:6] + size + parts[0][10:]
        yield b"".join([head, *parts[1:]])
        frame = parts[image][:5] + size + parts[image][9:]
        yield b"".join([head, *parts[1:image], frame, *parts[image + 1 :]])
        for flags in (0x40, 0x00):  # interlaced or not, one code for very many pixels
            yield b"".join(
                [head, *parts[1:image], frame[:9] + bytes([flags]) + _lzw_of_one_colour(width * height), b";"]
            )
    for extension in (
        b"\x21\xfe\x01A\0",
        b"\x21\xff\x0bNETSCAPE2.0\x03\1\0\0\0",
        b"\x21\xf9\4\1\0\0\0\0",
        b"\x21\xfe" + (b"\xff" + b"A" * 255) * 100 + b"\0",
    ):
        yield b"".join([parts[0], *[extension] * (4 * _MIB // len(extension)), *parts[1:]])
    yield b"".join([parts[0], *[parts[image]] * 50_000, b";"])


def _lzw_of_one_colour(pixels: int) -> bytes:
    """Return codes of GIF's LZW that stand for at least so many pixels: each for those of the last one and one more."""
    number, position, made = 4 | 0 << 3, 6, 1
    for code in itertools.chain(range(6, 4096), itertools.repeat(4095)):
        if made >= pixels:
            break
        number |= code << position
        position += code.bit_length()
        made += code - 4
    data = number.to_bytes(position // 8 + 1, "little")
    blocks = b"".join(bytes([len(one)]) + one for one in (data[at : at + 255] for at in range(0, len(data), 255)))
    return b"\2" + blocks + b"\0"


def _bmps() -> Iterator[bytes]:
    palette = b"".join(bytes((level, level, level, 0)) for level in range(256))
    for width, height in ((_PIXELS, 1), (1, _PIXELS), (7071, 7070), (7071, -7070), (65536, 762)):
        for bits, compression in ((8, 1), (4, 2), (8, 0), (1, 0), (24, 0), (32, 3), (16, 3)):
            for body in (
                b"\1\5\0\0",
                b"\0\2\xff\xff" * 50,
                b"\0\0" * 3_000_000,
                b"\1\5" * 2_000_000,
                b"\xff\5" * 500_000,
                b"\0\1",
            ):
                if compression in {1, 2} or body == b"\1\5\0\0":
                    head = struct.pack("<IiiHHIIiiII", 40, width, height, 1, bits, compression, len(body), 0, 0, 256, 0)
                    yield b"BM" + struct.pack("<IHHI", 54 + 1024 + len(body), 0, 0, 54 + 1024) + head + palette + body


def _tiffs() -> Iterator[bytes]:
    for side, tile in ((64, 16384), (7071, 7072), (64, 7071), (7071, 16)):
        for compression, data in (
            (8, zlib.compress(bytes(min(tile * tile * 3, 800 * _MIB)), 9)),
            (5, b"\x80\0\0\0"),
            (1, b"\0" * 100),
        ):
            count = -((-side // tile) ** 2)
            yield _tiled(side, tile, compression, data, count)
    for rows, compression in (
        (1, 8),
        (1, 32773),
        (1, 5),
        (7070, 4),
        (7070, 3),
        (7070, 2),
        (7070, 34925),
        (7070, 50000),
        (7070, 7),
        (7070, 6),
    ):
        yield _striped(7071, 7070, rows, compression)
    yield _striped(_PIXELS, 1, 1, 8)
    yield _striped(1, _PIXELS, 1, 8)
    yield _striped(1, 2_000_000, 1, 1)


_Entry = tuple[int, int, Sequence[int]]


def _tiled(side: int, tile: int, compression: int, data: bytes, count: int) -> bytes:
    tags: list[_Entry] = [(322, 4, [tile]), (323, 4, [tile]), (324, 4, [8] * count), (325, 4, [len(data)] * count)]
    return _tiff(data, (side, side), compression, tags)


def _striped(width: int, height: int, rows: int, compression: int) -> bytes:
    data = zlib.compress(bytes(width * min(rows, height) * 3), 9) if compression == 8 else b"\x81\0" * 4000
    count = -(-height // rows)
    tags: list[_Entry] = [(278, 4, [rows]), (273, 4, [8] * count), (279, 4, [len(data)] * count)]
    return _tiff(data, (width, height), compression, tags)


def _tiff(data: bytes, size: tuple[int, int], compression: int, more: Sequence[_Entry]) -> bytes:
    is_fax = compression in {2, 3, 4}
    bands = 1 if is_fax else 3
    tags: list[_Entry] = [
        (256, 4, [size[0]]),
        (257, 4, [size[1]]),
        (258, 3, [1 if is_fax else 8] * bands),
        (259, 3, [compression]),
    ]
    tags += [(262, 3, [1 if is_fax else 2]), (277, 3, [bands]), *more]
    head, entries = b"II*\0\0\0\0\0" + data + bytes(len(data) % 2), []
    for tag, kind, values in sorted(tags):
        raw = struct.pack(f"<{len(values)}{'H' if kind == 3 else 'I'}", *values)
        if len(raw) > 4:
            head, raw = head + raw + bytes(len(raw) % 2), struct.pack("<I", len(head))
        entries.append(struct.pack("<HHI", tag, kind, len(values)) + raw.ljust(4, b"\0"))
    return FORMATS["TIFF"].join([head, *entries])


def _avifs() -> Iterator[bytes]:
    small = FORMATS["AVIF"].join(_small("AVIF"))
    place = small.index(b"ispe") + 8
    for width, height in ((7071, 7070), (65535, 762), (32768, 1525)):
        yield small[:place] + struct.pack(">II", width, height) + small[place + 8 :]


HANDMADE: Final[dict[str, Callable[[], Iterator[bytes]]]] = {
    "JPEG": _jpegs,
    "PNG": _pngs,
    "WEBP": _webps,
    "GIF": _gifs,
    "BMP": _bmps,
    "TIFF": _tiffs,
    "AVIF": _avifs,
}
