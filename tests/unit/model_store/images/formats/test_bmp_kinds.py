"""A sound BMP that is not read is named with its numbers, and is not called damaged."""

import struct

import pytest

from model_store.errors import ImageRejected
from model_store.images.pixels import InputSpec, decode

SPEC = InputSpec(height=8, width=8)
RUNS = b"\x08\1\0\0" * 4


def bmp(bits: int, body: bytes, *, compression: int = 0, masks: tuple[int, ...] = (), colours: int = 0) -> bytes:
    """Return a BMP of 8x8 pixels; with four masks its header is longer, as that of alpha has to be."""
    size, extra = (56, 16) if len(masks) == 4 else (40, 4 * len(masks))
    palette = bytes(4 * (colours or (1 << bits if bits <= 8 else 0)))
    offset = 54 + extra + len(palette)
    header = struct.pack("<IiiHHIIiiII", size, 8, 8, 1, bits, compression, len(body), 0, 0, colours, 0)
    start = b"BM" + struct.pack("<IHHI", offset + len(body), 0, 0, offset)
    return start + header + struct.pack(f"<{len(masks)}I", *masks) + palette + body


def fields(bits: int, *masks: int) -> bytes:
    return bmp(bits, bytes(8 * bits), compression=3, masks=masks)


def os2(header_bytes: int) -> bytes:
    header = struct.pack("<IiiHH", header_bytes, 8, 8, 1, 24) + bytes(header_bytes - 16)
    return b"BM" + struct.pack("<IHHI", 14 + header_bytes + 192, 0, 0, 14 + header_bytes) + header + bytes(192)


def rejection(data: bytes) -> ImageRejected:
    with pytest.raises(ImageRejected) as caught:
        decode(data, SPEC)
    return caught.value


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (fields(16, 0xF00, 0xF0, 0xF), "16 bits a pixel in the bit fields red 0F00, green 00F0, blue 000F, which"),
        (fields(16, 0xF00, 0xF0, 0xF, 0xF000), "blue 000F, alpha F000, which"),
        (fields(32, 0x3FF00000, 0xFFC00, 0x3FF), "red 3FF00000, green 000FFC00, blue 000003FF"),
        (os2(16), "a header of 16 bytes, of OS/2"),
        (os2(36), "a header of 36 bytes, of OS/2"),
        (bmp(8, bytes(64), colours=300), "a palette of 300 colours, more than 256"),
        (bmp(8, RUNS + b"\0\1", compression=1), "runs that leave pixels out"),
        (bmp(4, RUNS + b"\0\1", compression=2), "runs that leave pixels out"),
        (bmp(2, bytes(64)), "2 bits a pixel and compression none"),
    ],
)
def test_a_sound_bmp_that_is_not_read_is_named(data: bytes, words: str) -> None:
    refused = rejection(data)
    assert refused.reason == "unsupported-mode"
    assert words in refused.detail
    assert "Convert it to JPEG or PNG." in refused.detail


@pytest.mark.parametrize(
    "data",
    [
        fields(16, 0xF00, 0xF00, 0xF),  # two fields in one place
        fields(16, 0xF00, 0, 0xF),  # a colour without a field
        fields(16, 0xA00, 0xF0, 0xF),  # a field with a gap
        fields(16, 0xF0000, 0xF0, 0xF),  # a field beyond the pixel
        os2(17)[:26] + b"\7\0" + os2(17)[28:],  # seven planes
        bmp(8, RUNS, compression=1),  # runs without an end
    ],
)
def test_an_unsound_bmp_is_damaged(data: bytes) -> None:
    assert rejection(data).reason == "corrupt"


def test_runs_that_were_cut_are_truncated() -> None:
    refused = rejection(bmp(8, RUNS * 2 + b"\0\1", compression=1)[:-6])
    assert refused.reason == "truncated"
    assert "of 1112 bytes" in refused.detail


@pytest.mark.parametrize("data", [fields(16, 0xF800, 0x7E0, 0x1F), bmp(8, RUNS * 2 + b"\0\1", compression=1)])
def test_what_is_read_is_answered(data: bytes) -> None:
    assert decode(data, SPEC).width == 8
