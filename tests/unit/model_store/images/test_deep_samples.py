"""Samples of 10, 12 or 14 bits in 16 are as bright as the file says they are."""

import numpy as np
import pytest
from PIL import Image

from model_store.images.pixels import Decoded, InputSpec, Pixels, decode
from tests.support.images import WIDTH, encode, grey_of, picture, png, png_chunk, png_header, turned
from tests.support.tiffs import Samples, planes, usual_tags, write_tiff

SPEC = InputSpec(height=32, width=48)
COLOURS = picture()
GREY = COLOURS[..., :1]
GREY_TYPE, RGB_TYPE, GREY_ALPHA_TYPE, RGBA_TYPE = 0, 2, 4, 6


def narrow(samples: Pixels, bits: int) -> Samples:
    """Return samples of 8 bits as the lower bits of 16."""
    low: Samples = (samples / 255 * (2**bits - 1)).round().astype(np.uint16)
    return low


def deep_png(samples: Samples, kind: int, *declared: int) -> bytes:
    """Return a PNG of samples `(height, width, bands)` of 16 bits, with an `sBIT` chunk if bits are declared."""
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in samples)
    extra = png_chunk(b"sBIT", bytes(declared)) if declared else b""
    return png(png_header(WIDTH, 32, (16, kind)), rows, extra)


def deep_tiff(samples: Samples, highest: int, order: str = "<", **more: list[int]) -> bytes:
    """Return a TIFF of samples `(height, width, bands)` of 16 bits that declares its highest value."""
    tags = usual_tags(samples, 2 if samples.shape[2] >= 3 else 1, t281=[highest] * samples.shape[2], **more)
    stored = samples.astype(f"{order}u2")
    return write_tiff(tags, planes(stored) if "t284" in more else [stored.tobytes()], order=order)


def assert_shows(decoded: Decoded, expected: Pixels) -> None:
    assert np.abs(decoded.pixels.astype(int) - expected).max() <= 1


@pytest.mark.parametrize("bits", [9, 10, 12, 14])
def test_grey_is_scaled_as_declared(bits: int) -> None:
    low = narrow(GREY, bits)
    assert_shows(decode(deep_png(low, GREY_TYPE, bits), SPEC), grey_of(GREY[..., 0]))
    assert_shows(decode(deep_tiff(low, 2**bits - 1), SPEC), grey_of(GREY[..., 0]))
    assert_shows(decode(deep_tiff(low, 2**bits - 1, ">"), SPEC), grey_of(GREY[..., 0]))


@pytest.mark.parametrize("bits", [10, 12, 14])
def test_colour_is_scaled_as_declared(bits: int) -> None:
    low = narrow(COLOURS, bits)
    assert_shows(decode(deep_png(low, RGB_TYPE, bits, bits, bits), SPEC), COLOURS)
    for order in "<>":
        assert_shows(decode(deep_tiff(low, 2**bits - 1, order), SPEC), COLOURS)
        assert_shows(decode(deep_tiff(low, 2**bits - 1, order, t284=[2]), SPEC), COLOURS)


@pytest.mark.parametrize("bits_of_alpha", [12, 16])
def test_alpha_keeps_its_own_range(bits_of_alpha: int) -> None:
    opaque = np.full((*GREY.shape[:2], 1), 2**bits_of_alpha - 1, np.uint16)
    colours = np.concatenate([narrow(COLOURS, 12), opaque], axis=2)
    assert_shows(decode(deep_png(colours, RGBA_TYPE, 12, 12, 12, bits_of_alpha), SPEC), COLOURS)
    grey = np.concatenate([narrow(GREY, 12), opaque], axis=2)
    assert_shows(decode(deep_png(grey, GREY_ALPHA_TYPE, 12, bits_of_alpha), SPEC), grey_of(GREY[..., 0]))


def test_turned_colour_is_scaled_as_well() -> None:
    data = deep_tiff(narrow(COLOURS, 12), 4095, t274=[6])
    assert_shows(decode(data, InputSpec(height=48, width=32)), turned(COLOURS, 6))


@pytest.mark.parametrize("stored", [narrow(GREY, 12) << 4, narrow(GREY, 16)], ids=["shifted", "multiplied"])
def test_samples_that_were_brought_to_16_bits_stay_as_they_are(stored: Samples) -> None:
    assert_shows(decode(deep_png(stored, GREY_TYPE, 12), SPEC), grey_of(GREY[..., 0]))


@pytest.mark.parametrize("way", ["shifted", "multiplied"])
def test_a_dark_picture_that_was_brought_to_16_bits_stays_dark(way: str) -> None:
    dark = narrow(GREY // 17, 12).astype(np.uint32)  # no brighter than 15 of 255
    stored = dark << 4 if way == "shifted" else (dark * 65535 + 2047) // 4095
    assert stored.max() <= 4095
    assert decode(deep_png(stored.astype(np.uint16), GREY_TYPE, 12), SPEC).pixels.max() <= 16


def test_a_declaration_that_the_samples_exceed_does_not_count() -> None:
    assert_shows(decode(deep_tiff(narrow(GREY, 16), 1023), SPEC), grey_of(GREY[..., 0]))
    assert_shows(decode(deep_tiff(narrow(COLOURS, 16), 1023), SPEC), COLOURS)


@pytest.mark.parametrize("bits", [10, 12, 14])
def test_undeclared_bits_are_not_guessed_but_reported(bits: int) -> None:
    for samples, kind in ((GREY, GREY_TYPE), (COLOURS, RGB_TYPE)):
        decoded = decode(deep_png(narrow(samples, bits), kind), SPEC)
        assert decoded.suspect_maximum == narrow(samples, bits).max()
        assert decoded.pixels.max() <= 256 >> (16 - bits)


@pytest.mark.parametrize("data", [encode(Image.fromarray(COLOURS), "PNG"), deep_png(narrow(GREY, 16), GREY_TYPE)])
def test_other_pictures_are_not_suspect(data: bytes) -> None:
    assert decode(data, SPEC).suspect_maximum is None


def test_a_black_picture_of_16_bits_is_not_suspect() -> None:
    black = np.zeros((32, 48, 3), np.uint16)
    assert decode(deep_png(black, RGB_TYPE), SPEC).suspect_maximum is None
    assert decode(deep_png(black[..., :1], GREY_TYPE, 12), SPEC).pixels.max() == 0


@pytest.mark.parametrize("content", [b"", b"\0", b"\x11", b"\xff\xff"])
def test_a_senseless_declaration_does_not_count(content: bytes) -> None:
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in narrow(GREY, 16))
    data = png(png_header(WIDTH, 32, (16, 0)), rows, png_chunk(b"sBIT", content))
    assert_shows(decode(data, SPEC), grey_of(GREY[..., 0]))
