"""What a file is comes before that it is damaged."""

import struct

import pytest
from PIL import Image

from model_store.errors import ImageRejected
from model_store.images.pixels import InputSpec, decode
from tests.support.images import encode, odd_images, picture, png, png_chunk, png_header

SPEC = InputSpec(height=8, width=8)
JPEG = encode(Image.fromarray(picture()), "JPEG")


def rejection(data: bytes) -> ImageRejected:
    with pytest.raises(ImageRejected) as caught:
        decode(data, SPEC)
    return caught.value


def jpeg_with(marker: int | None = None, bits: int = 8, bands: int | None = None, height: int | None = None) -> bytes:
    """Return a JPEG whose frame header says something else."""
    data, frame = bytearray(JPEG), JPEG.index(b"\xff\xc0")
    data[frame + 1] = marker or data[frame + 1]
    data[frame + 4] = bits
    if height is not None:
        data[frame + 5 : frame + 7] = height.to_bytes(2)
    data[frame + 9] = bands or data[frame + 9]
    return bytes(data)


def bmp(bits: int, compression: int) -> bytes:
    size = struct.pack("<IiiHHIIiiII", 40, 8, 8, 1, bits, compression, 64, 2835, 2835, 0, 0)
    return b"BM" + struct.pack("<IHHI", 54 + 256, 0, 0, 54) + size + bytes(256)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (jpeg_with(bits=12), "3 bands of 12 bits"),
        (jpeg_with(marker=0xC1, bits=12), "baseline JPEG with 3 bands of 12 bits"),
        (jpeg_with(marker=0xC3, bits=16), "lossless JPEG with 3 bands of 16 bits"),
        (jpeg_with(marker=0xF7), "JPEG-LS"),
        (jpeg_with(bands=2), "2 bands"),
        (jpeg_with(height=0), "no height"),
        (bmp(0, 5), "compression PNG"),
        (bmp(24, 4), "compression JPEG"),
        (png(png_chunk(b"CgBI", b"P\0 \2") + png_header(8, 8), bytes(8 * 25)), "CgBI"),
    ],
)
def test_a_sound_file_that_is_not_read_is_named(data: bytes, words: str) -> None:
    refused = rejection(data)
    assert refused.reason == "unsupported-mode"
    assert words in refused.detail
    assert "damaged" not in refused.detail


def test_avif_names_the_setting_that_allows_it() -> None:
    refused = rejection(odd_images()["avif"].data)
    assert refused.reason == "format-not-allowed"
    assert "FULLCOUNT_EXTRA_FORMATS=AVIF" in refused.detail


def test_another_format_has_no_setting() -> None:
    with pytest.raises(ImageRejected, match=r"GIF is not among the accepted formats: PNG\. Convert it"):
        decode(odd_images()["gif-transparent"].data, InputSpec(height=8, width=8, formats=("PNG",)))


@pytest.mark.parametrize("start", [b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n\0\0\0\x0d", b"II*\0"])
def test_a_damaged_header_is_still_said_to_be_damaged(start: bytes) -> None:
    refused = rejection(start + b"\xa7" * 50)
    assert refused.reason == "corrupt"
    assert "damaged" in refused.detail
