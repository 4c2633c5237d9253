"""A file is examined before it is decoded: cheaply, without Pillow, and what may be costly is told or refused."""

import io
import math
import random
import struct
import subprocess
import sys
import zlib
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from PIL import Image

from model_store.errors import ImageRejected
from model_store.images.examination import examine
from model_store.images.pixels import FORMATS, InputSpec, decode
from tests.support.calls import calls_of
from tests.support.images import encode, noisy_jpeg, odd_images, picture, png, png_chunk, png_header, tiff

SPEC = InputSpec(height=32, width=48, formats=FORMATS)
SMALL = Image.fromarray(picture())
EXIF = b"Exif\0\0" + b"A" * 64


def jpeg_with(*segments: bytes) -> bytes:
    data = encode(SMALL, "JPEG")
    return data[:2] + b"".join(segments) + data[2:]


def segment(kind: int, content: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, kind, 2 + len(content)) + content


def png_with(*chunks: bytes) -> bytes:
    return png(png_header(4, 4, (8, 0)), bytes(5 * 4), b"".join(chunks))


def tiff_of(tags: dict[int, int], data: bytes = bytes(3 * 64 * 64)) -> bytes:
    usual = {256: 64, 257: 64, 258: 8, 259: 1, 262: 2, 273: 8, 277: 3, 278: 64, 279: len(data)}
    return tiff(sorted((usual | tags).items()), data)


def gif_with(blocks: bytes) -> bytes:
    data = encode(SMALL.convert("P"), "GIF")
    start = 13 + (3 << (data[10] & 7) + 1)
    return data[:start] + blocks + data[start:]


def bmp_row(width: int) -> bytes:
    palette = b"".join(bytes((i, i, i, 0)) for i in range(256))
    offset, body = 54 + len(palette), b"\1\5\0\0"
    head = struct.pack("<IiiHHIIiiII", 40, width, 1, 1, 8, 1, len(body), 0, 0, 256, 0)
    return b"BM" + struct.pack("<IHHI", offset + len(body), 0, 0, offset) + head + palette + body


HOSTILE: dict[str, tuple[Callable[[], bytes], str]] = {
    "JPEG of tiny Exif": (lambda: jpeg_with(segment(0xE1, EXIF) * 50_000), "more than 2000 segments"),
    "JPEG of pieces of Exif": (lambda: jpeg_with(segment(0xE1, EXIF) * 65), "65 pieces of Exif"),
    "JPEG of tables": (lambda: jpeg_with(segment(0xDB, (b"\0" + b"\1" * 64) * 1000) * 2), "quantization tables"),
    "JPEG of resources": (lambda: jpeg_with(segment(0xED, b"Photoshop 3.0\0" + b"8BIM" * 16000) * 2), "Photoshop"),
    "JPEG of junk": (lambda: jpeg_with(b"\xff\0" * 2**18), "bytes between segments"),
    "JPEG of nothing": (lambda: b"\xff\xd8\xff" + bytes(2**19), "bytes between segments"),
    "JPEG of two frames": (lambda: jpeg_with(segment(0xC0, b"\x08" + b"\xff" * 4 + b"\1\1\x11\0")), "2 frame headers"),
    "JPEG of a long frame": (lambda: jpeg_with(segment(0xDE, bytes(60_000))), "frame headers"),
    "PNG of chunks": (lambda: png_with(png_chunk(b"gAMA", bytes(4)) * 50_000), "more than 40000 chunks"),
    "PNG of profiles": (
        lambda: png_with(png_chunk(b"iCCP", b"a\0\0" + zlib.compress(bytes(9000))) * 2000),
        "2000 compressed texts",
    ),
    "PNG of two headers": (lambda: png_with(png_header(60_000, 60_000)), "2 headers"),
    "GIF of blocks": (
        lambda: gif_with(b"!\xfe" + b"\1a" * 200_000 + b"\0"),
        "more than 100000 blocks",
    ),
    "BMP of one row": (lambda: bmp_row(49_999_999), "49999999x1 pixels in 1082 bytes"),
    "TIFF of a large strip": (lambda: tiff_of({259: 8, 278: 2**31 - 1}), "64x2147483647"),
    "TIFF of a large tile": (lambda: tiff_of({259: 8, 322: 16384, 323: 16384, 324: 8}), "16384x16384"),
    "TIFF that is cut in its tags": (lambda: tiff_of({259: 8, 322: 16384, 323: 16384, 324: 8})[:-6], "16384x16384"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_what_no_encoder_writes_is_refused_with_its_numbers(name: str) -> None:
    make, words = HOSTILE[name]
    with pytest.raises(ImageRejected, match=words) as caught:
        examine(make(), SPEC)
    assert caught.value.reason == "corrupt"
    assert "no encoder writes" in caught.value.detail


def test_a_tiff_with_more_strips_than_pixels_is_refused() -> None:
    places = struct.pack("<I", 8) * 20_000
    data = tiff([(256, 8), (257, 8), (258, 8), (259, 1), (262, 1)], bytes(64) + places, [(273, 4, 20_000, 72)])
    with pytest.raises(ImageRejected, match="20000 strips or tiles"):
        examine(data, SPEC)


def test_a_tiff_with_a_long_list_of_fractions_is_refused() -> None:
    data = tiff([(256, 8), (257, 8), (258, 8), (259, 1), (262, 1), (273, 8)], bytes(64), [(282, 5, 200_000, 8)])
    with pytest.raises(ImageRejected, match="200000 numbers"):
        examine(data, SPEC)


@pytest.mark.parametrize("name", odd_images())
def test_no_file_reaches_pillow_before_it_is_decoded(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(Image, "open", None)
        examined = examine(odd_images()[name].data, SPEC)
    assert (examined.decode().pixels == decode(odd_images()[name].data, SPEC).pixels).all()


@pytest.mark.filterwarnings("ignore::UserWarning:PIL")
@pytest.mark.parametrize("name", odd_images())
def test_pillow_never_opens_a_larger_picture_than_was_told(name: str) -> None:
    dice = random.Random(name)
    for _ in range(60):
        data = bytearray(odd_images()[name].data)
        for _ in range(dice.randint(1, 3)):
            data[dice.randrange(min(400, len(data)))] = dice.choice([0, 1, 2, 4, 8, 16, 64, 127, 128, 255])
        assert opened_pixels(bytes(data)) <= told_pixels(bytes(data))


def told_pixels(data: bytes) -> float:
    try:
        return examine(data, SPEC, max_image_pixels=10**9).pixels
    except ImageRejected:
        return math.inf


def opened_pixels(data: bytes) -> int:
    try:
        width, height = Image.open(io.BytesIO(data), formats=FORMATS).size
    except Exception:  # noqa: BLE001  parsers raise any class
        return 0
    return width * height


def test_a_webp_of_46_bytes_is_told_to_take_what_its_canvas_takes() -> None:
    data = (
        b"RIFF"
        + struct.pack("<I", 38)
        + b"WEBPVP8L"
        + struct.pack("<I", 26)
        + b"\x2f"
        + (7070 | 7069 << 14).to_bytes(4, "little")
    )
    data += bytes(46 - len(data))
    examined = examine(data, SPEC)
    assert 16 * 7071 * 7070 <= examined.memory_bytes <= 17 * 7071 * 7070
    assert not examined.is_light
    with pytest.raises(ImageRejected, match="7071x7070"):
        examine(data, SPEC, max_image_pixels=49_000_000)


@pytest.mark.parametrize("mode", ["L", "RGB", "CMYK"])
@pytest.mark.parametrize("progressive", [False, True])
def test_a_usual_jpeg_is_light(mode: str, progressive: bool) -> None:  # noqa: FBT001
    data = encode(SMALL.convert(mode).resize((500, 375)), "JPEG", progressive=progressive)
    assert examine(data, SPEC).is_light


def test_a_photograph_of_12_megapixels_is_light_if_it_is_shrunk() -> None:
    data = encode(SMALL.resize((4000, 3000)), "JPEG", quality=95)
    assert examine(data, SPEC).is_light
    assert not examine(data, SPEC.model_copy(update={"draft": False})).is_light


def test_only_jpeg_png_and_webp_are_light() -> None:
    assert {form for form in FORMATS if examine(encode(SMALL, form), SPEC).is_light} == {"JPEG", "PNG", "WEBP"}


@pytest.mark.parametrize(
    "make",
    [
        lambda: jpeg_with(segment(0xE1, EXIF) * 2),
        lambda: jpeg_with(segment(0xFE, b"") * 300),
        lambda: jpeg_with(b"\xff" * 5000),
        lambda: png_with(png_chunk(b"gAMA", bytes(4)) * 12_000),
        lambda: png_with(png_chunk(b"zTXt", b"Raw profile type exif\0\0" + zlib.compress(b"\n\n\n00"))),
        lambda: png_with(png_chunk(b"eXIf", bytes(2**17))),
        lambda: png_with(png_chunk(b"pHYs", b"")),
        lambda: png(png_header(5000, 5000, (16, 6)), b""),
        lambda: encode(SMALL, "WEBP", save_all=True, append_images=[Image.new("RGB", SMALL.size)]),
        lambda: encode(Image.effect_noise((200, 200), 99).convert("RGB"), "WEBP", lossless=True),
    ],
)
def test_what_may_be_costly_is_not_light_but_not_refused(make: Callable[[], bytes]) -> None:
    assert not examine(make(), SPEC).is_light


@pytest.mark.parametrize(
    "make",
    [
        lambda count: jpeg_with(segment(0xFE, b"comment") * count),
        lambda count: png_with(png_chunk(b"gAMA", bytes(4)) * count),
        lambda count: encode(SMALL, "WEBP") + b"abcd\0\0\0\0" * count,
        lambda count: gif_with(b"!\xfe\1a\0" * count),
    ],
)
def test_twice_the_parts_take_at_most_twice_the_work(make: Callable[[int], bytes]) -> None:
    once, twice = (calls_of(partial(examine, make(count), SPEC)) for count in (500, 1000))
    assert twice <= 2 * once


@pytest.mark.parametrize("kind", [0xFE, 0xE1, 0xE2, 0xED])
def test_segments_that_are_kept_are_told_as_memory(kind: int) -> None:
    plain, long = (examine(jpeg_with(segment(kind, b"x" * 60_000) * count), SPEC) for count in (0, 400))
    assert long.memory_bytes - plain.memory_bytes >= 400 * 60_000
    assert not long.is_light


@pytest.mark.parametrize(
    "make",
    [
        lambda exif: jpeg_with(*(segment(0xE1, b"Exif\0\0" + exif[:65_000]) for _ in range(10))),
        lambda exif: png_with(png_chunk(b"eXIf", exif)),
        lambda exif: png_with(png_chunk(b"tEXt", b"Raw profile type exif\0" + exif.hex().encode())),
        lambda exif: encode(SMALL, "WEBP", exif=exif),
    ],
)
def test_exif_may_be_a_list_of_fractions(make: Callable[[bytes], bytes]) -> None:
    assert examine(make(bytes(650_000)), SPEC).memory_bytes >= 22 * 650_000  # as measured


def test_bytes_that_may_be_fed_again_are_told_as_memory() -> None:
    data = encode(SMALL, "JPEG")
    long = data[:-40] + b"\1" * 2_000_000 + data[-40:]
    assert examine(long, SPEC).memory_bytes - examine(data, SPEC).memory_bytes >= 2 * 2_000_000


@pytest.mark.parametrize("start", [b"\xff\xd8\xff", b"II*\0\xff\xff", b"\x89PNG\r\n\x1a\n"])
def test_what_is_not_even_a_header_is_told_as_memory(start: bytes) -> None:
    assert examine(start + bytes(200_000), SPEC).memory_bytes >= 2 * 200_000


def test_a_jpeg_that_is_cut_before_much_of_nothing_is_not_light() -> None:
    data = encode(SMALL, "JPEG")
    assert not examine(data[:-8] + bytes(30_000_000), SPEC).is_light


WITHOUT_MEMORY = """
import pathlib, resource, sys
from model_store.images.examination import examine
from model_store.images.pixels import FORMATS, InputSpec
spec = InputSpec(height=32, width=32, draft=False, formats=FORMATS)
files = {path.name: path.read_bytes() for path in sorted(pathlib.Path(sys.argv[1]).iterdir())}
for name, data in files.items():
    if name.startswith("small"):
        examine(data, spec).decode()  # imports what it needs
used = next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmSize")) * 1024
resource.setrlimit(resource.RLIMIT_AS, (used + 8 * 2**20, -1))
for name, data in files.items():
    try:
        examine(data, spec).decode()
        print(name, "decoded")
    except Exception as error:
        print(name, type(error).__name__)
"""


def test_a_lack_of_memory_is_never_called_a_fault_of_the_file(tmp_path: Path) -> None:
    outcomes = []
    for name, side, outcome in [("large", 3000, "MemoryError"), ("small", 32, "decoded")]:
        flat = Image.new("RGB", (side, side), (1, 2, 3))
        for form in sorted(FORMATS):
            (tmp_path / f"{name} {form}").write_bytes(encode(flat, form, compression="tiff_adobe_deflate", speed=10))
            outcomes.append(f"{name} {form} {outcome}")
    child = [sys.executable, "-c", WITHOUT_MEMORY, str(tmp_path)]
    done = subprocess.run(child, capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.splitlines() == outcomes


def test_what_is_damaged_is_told_so_if_there_is_memory() -> None:
    data = noisy_jpeg()
    with pytest.raises(ImageRejected):
        examine(data[: len(data) // 3], SPEC).decode()
    with pytest.raises(ImageRejected, match="cut short"):
        examine(encode(SMALL, "WEBP")[:-40], SPEC).decode()
