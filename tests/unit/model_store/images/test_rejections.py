"""What a file is comes before that it is damaged."""

import struct

import pytest
from PIL import Image

from model_store.errors import ImageRejected
from model_store.images.pixels import InputSpec, decode
from tests.support.images import encode, odd_images, picture, png, png_chunk, png_header, tiff

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
        (jpeg_with(marker=0xC9, bits=12), "an arithmetic-coded JPEG with 3 bands of 12 bits"),
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


def test_metadata_alone_are_no_picture() -> None:
    exif = b"Exif\0\0II*\0\x08\0\0\0\0\0\0\0\0\0"
    refused = rejection(b"\xff\xd8\xff\xe1" + (2 + len(exif)).to_bytes(2) + exif)
    assert refused.reason == "corrupt"
    assert refused.detail == "The JPEG has metadata, but no picture."


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("exif", [bytes(64), b"II*\0", b"MM"])
def test_broken_exif_does_not_cost_the_picture(form: str, exif: bytes) -> None:
    assert decode(encode(Image.fromarray(picture()), form, exif=b"Exif\0\0" + exif), SPEC).width == picture().shape[1]


@pytest.mark.parametrize("bits", [(8, 8, 8, 8), (8,) * 9])
def test_a_tiff_that_is_refused_leaves_no_line_in_the_log(
    bits: tuple[int, ...], caplog: pytest.LogCaptureFixture
) -> None:
    data = tiff([(256, 8), (257, 8), (259, 1), (262, 2), (273, 8), (277, len(bits)), (278, 8)], bytes(64 * len(bits)))
    rejection(data)
    assert not caplog.records


def test_a_picture_that_pillow_finds_larger_is_refused_in_our_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 100)
    refused = rejection(encode(Image.fromarray(picture()), "PNG"))
    assert "attack" not in refused.detail
