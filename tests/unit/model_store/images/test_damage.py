"""A picture is damaged if it is answered although pixels of it are lost; what costs no pixel is no damage."""

import random
import struct
import zlib
from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image

from model_store.errors import ImageRejected
from model_store.images.formats.png import chunks
from model_store.images.pixels import Decoded, InputSpec, decode
from tests.support.images import damaged_jpeg, damaged_png, encode, noisy_jpeg, odd_images, picture, png_chunk, tiff

HEIGHT, WIDTH = 100, 150
IMAGE = Image.fromarray(picture(HEIGHT, WIDTH))
KINDS = {
    "RGB": encode(IMAGE, "PNG"),
    "optimised": encode(IMAGE, "PNG", optimize=True),
    "grey": encode(IMAGE.convert("L"), "PNG"),
    "palette": encode(IMAGE.quantize(64), "PNG"),
    "16 bits": encode(Image.fromarray(np.asarray(IMAGE.convert("L"), np.uint16) * 257), "PNG"),
}
Change = Callable[[bytes, random.Random], bytes]


def seen(data: bytes) -> Decoded:
    return decode(data, InputSpec(height=HEIGHT, width=WIDTH, draft=False))


def outcome(data: bytes) -> Decoded | str:
    try:
        return seen(data)
    except ImageRejected as rejected:
        return rejected.reason


def zeros_to_the_end(data: bytes, dice: random.Random) -> bytes:
    start = dice.randrange(len(data) // 4, len(data))
    return data[:start] + bytes(len(data) - start)


def zeros_inside(data: bytes, dice: random.Random) -> bytes:
    start = dice.randrange(100, len(data) - 60)
    return data[:start] + bytes(40) + data[start + 40 :]


def one_bit(data: bytes, dice: random.Random) -> bytes:
    changed = bytearray(data)
    changed[dice.randrange(100, len(data))] ^= 1 << dice.randrange(8)
    return bytes(changed)


def cut(data: bytes, dice: random.Random) -> bytes:
    return data[: dice.randrange(len(data) - 40, len(data))]


@pytest.mark.parametrize("kind", KINDS)
def test_a_png_that_is_answered_is_damaged_if_and_only_if_its_pixels_changed(kind: str) -> None:
    data, dice = KINDS[kind], random.Random(kind)
    whole = seen(data).pixels
    changes: list[Change] = [zeros_to_the_end, zeros_inside, one_bit, cut]
    for change in changes:
        for _ in range(15):
            found = outcome(change(data, dice))
            if not isinstance(found, str):
                assert found.is_damaged == bool((found.pixels != whole).any()), change.__name__


def test_zeros_in_place_of_the_end_of_a_png_are_damage() -> None:
    assert seen(damaged_png()).is_damaged
    assert seen(damaged_jpeg()).is_damaged
    assert not seen(noisy_jpeg()).is_damaged


def test_a_wrong_checksum_of_sound_data_costs_no_pixel() -> None:
    data = bytearray(KINDS["RGB"])
    (pixels,) = (chunk for chunk in chunks(bytes(data)) if chunk.name == b"IDAT")
    data[pixels.end - 1] ^= 1
    found = seen(bytes(data))
    assert (found.pixels == seen(KINDS["RGB"]).pixels).all()
    assert not found.is_damaged


def test_a_wrong_checksum_never_unpacks_more_than_the_picture_holds() -> None:
    header = png_chunk(b"IHDR", struct.pack(">IIBBBBB", 2, 2, 8, 2, 0, 0, 0))
    pixels = png_chunk(b"IDAT", zlib.compress(bytes(50_000_000)))[:-1] + b"\x99"
    assert seen(b"\x89PNG\r\n\x1a\n" + header + pixels + png_chunk(b"IEND", b"")).is_damaged


@pytest.mark.parametrize("name", odd_images())
def test_no_file_of_an_encoder_is_damaged(name: str) -> None:
    odd = odd_images()[name]
    assert not decode(odd.data, odd.spec).is_damaged


@pytest.mark.parametrize(
    ("form", "lost", "expected"),
    [
        ("GIF", 1, "whole"),  # its end marker
        ("GIF", 2, "whole"),  # and that of the frame
        ("GIF", 30, "truncated"),
        ("BMP", 30, "truncated"),
        ("WEBP", 30, "truncated"),
    ],
)
def test_other_formats_that_end_too_early_are_refused_unless_only_the_end_marker_is_missing(
    form: str, lost: int, expected: str
) -> None:
    found = outcome(encode(IMAGE, form)[:-lost])
    assert ("whole" if isinstance(found, Decoded) and not found.is_damaged else found) == expected


def strips(places: tuple[int, int]) -> bytes:
    """Return an uncompressed TIFF of two strips at some places; the data are at 8."""
    data = picture(HEIGHT, WIDTH).tobytes()
    end, half = 8 + len(data), len(data) // 2
    tables = struct.pack("<4I3H", *places, half, half, 8, 8, 8)
    return tiff(
        [(256, WIDTH), (257, HEIGHT)],
        data + tables,
        [(258, 3, 3, end + 16), (259, 3, 1, 1), (262, 3, 1, 2), (273, 4, 2, end), (277, 3, 1, 3),
         (278, 4, 1, HEIGHT // 2), (279, 4, 2, end + 8)],
    )  # fmt: skip


def test_a_strip_of_a_tiff_that_is_not_in_the_file_is_damage_and_one_beyond_its_end_is_refused() -> None:
    whole = seen(strips(places=(8, 8 + HEIGHT * WIDTH * 3 // 2)))
    assert (whole.pixels == picture(HEIGHT, WIDTH)).all()
    assert not whole.is_damaged
    assert seen(strips(places=(8, 0))).is_damaged
    assert outcome(strips(places=(8, 10**6))) == "truncated"
