"""Decoding against independent computations, on odd files, on a real photograph and on hostile bytes."""

import functools
import random
import resource
import struct
import time
from typing import Literal

import numpy as np
import pytest
from PIL import Image, ImageOps
from sklearn.datasets import load_sample_images

from model_store.errors import ImageRejected
from model_store.images.pixels import FORMATS, REASONS, InputSpec, decode
from tests.support.images import OddImage, encode, odd_images, picture, png, png_header, turned

SQUARE = InputSpec(height=32, width=32, formats=FORMATS)
HOSTILE_CASES_A_FILE = 60


@functools.cache
def photograph() -> Image.Image:
    return Image.fromarray(load_sample_images().images[0])  # (427, 640, 3)


@functools.cache
def large_photograph(orientation: int) -> bytes:
    exif = Image.Exif()
    exif[0x0112] = orientation
    large = photograph().resize((4240, 2832), Image.Resampling.BICUBIC)  # 12 megapixels
    return encode(large, "JPEG", quality=90, exif=exif.tobytes())


@pytest.mark.parametrize("name", odd_images())
def test_an_odd_file_gives_the_pixels_that_went_into_it(name: str) -> None:
    odd = odd_images()[name]
    decoded = decode(odd.data, odd.spec)
    difference = np.abs(decoded.pixels.astype(int) - odd.expected)
    assert decoded.format == odd.format
    assert difference.mean() <= (odd.mean_error or 0.1)
    assert odd.mean_error or difference.max() <= 1


def test_the_catalogue_holds_every_format() -> None:
    assert {odd.format for odd in odd_images().values()} == set(FORMATS)


@pytest.mark.parametrize("name", odd_images())
@pytest.mark.parametrize("resize", ["squash", "crop"])
def test_every_odd_file_gives_an_array_of_the_size_asked_for(name: str, resize: Literal["squash", "crop"]) -> None:
    spec = InputSpec(height=40, width=24, resize=resize, formats=FORMATS)
    pixels = decode(odd_images()[name].data, spec).pixels
    assert pixels.shape == (40, 24, 3)
    assert pixels.dtype == np.uint8
    assert pixels.flags.c_contiguous
    assert pixels.flags.owndata


def test_the_background_shows_where_a_picture_is_transparent() -> None:
    image = Image.new("RGBA", (8, 8), (10, 20, 30, 0))
    spec = InputSpec(height=8, width=8, background=(1, 2, 3))
    assert (decode(encode(image, "PNG"), spec).pixels == (1, 2, 3)).all()


@pytest.mark.parametrize(
    ("resize", "orientation", "size"), [("squash", 1, (300, 200)), ("squash", 6, (50, 250)), ("crop", 6, (300, 200))]
)
def test_shrinking_on_load_stays_within_two_grey_levels_nearly_everywhere(
    resize: Literal["squash", "crop"], orientation: int, size: tuple[int, int]
) -> None:
    data = large_photograph(orientation)
    spec = InputSpec(height=size[0], width=size[1], resize=resize)
    shrunk = decode(data, spec).pixels.astype(int)
    difference = np.abs(shrunk - decode(data, spec.model_copy(update={"draft": False})).pixels)
    assert 0 < difference.mean() < 0.3
    assert (difference > 2).mean() < 0.001
    assert difference.max() <= 4


def test_squash_is_a_plain_antialiased_resize() -> None:
    data = encode(photograph(), "PNG")
    resized = photograph().resize((50, 60), Image.Resampling.BILINEAR)
    assert (decode(data, InputSpec(height=60, width=50)).pixels == np.asarray(resized)).all()


def test_crop_keeps_the_largest_centred_part() -> None:
    fitted = ImageOps.fit(photograph(), (50, 60), Image.Resampling.BILINEAR)  # Pillow's own, in whole and part pixels
    pixels = decode(encode(photograph(), "PNG"), InputSpec(height=60, width=50, resize="crop")).pixels.astype(int)
    assert np.abs(pixels - np.asarray(fitted)).max() <= 1


def test_every_size_can_be_cropped_to_every_target() -> None:
    dice = random.Random(7)
    for _ in range(200):
        width, height = (int(10 ** dice.uniform(0, 3.3)) for _ in "wh")
        spec = InputSpec(height=dice.randrange(1, 100), width=dice.randrange(1, 100), resize="crop")
        data = encode(Image.new("L", (width, height), 99), "BMP")
        assert (decode(data, spec).pixels == 99).all(), (width, height, spec)


@pytest.mark.parametrize("size", [(10_000, 40), (40, 10_000), (4000, 4001), (1, 3000)])
def test_a_shrunk_extreme_picture_can_be_cropped(size: tuple[int, int]) -> None:
    data = encode(Image.new("RGB", size, (99, 99, 99)), "JPEG")
    assert (decode(data, InputSpec(height=30, width=50, resize="crop")).pixels == 99).all()


def test_a_size_that_rounding_once_put_outside_the_picture_is_cropped() -> None:
    data = encode(Image.new("L", (3728, 423), 50), "PNG")
    assert (decode(data, InputSpec(height=187, width=531, resize="crop")).pixels == 50).all()


@pytest.mark.parametrize("tag", [(0x0100, 2, 4, b"abcd"), (0x0101, 6, 1, b"\xff\0\0\0")])
def test_an_odd_exif_tag_costs_neither_the_picture_nor_its_orientation(tag: tuple[int, int, int, bytes]) -> None:
    entries = [(0x0112, 3, 1, b"\6\0\0\0"), tag]
    directory = b"".join(struct.pack("<HHI", *one[:3]) + one[3] for one in sorted(entries))
    exif = b"Exif\0\0II*\0\x08\0\0\0\x02\0" + directory + bytes(4)
    data = encode(Image.fromarray(picture()), "JPEG", quality=95, subsampling=0, exif=exif)
    pixels = decode(data, InputSpec(height=48, width=32)).pixels.astype(int)
    assert np.abs(pixels - turned(picture(), 6)).mean() < 4


def _rejected() -> dict[str, tuple[bytes, InputSpec]]:
    """One real file for each reason that `decode` gives."""
    jpeg = encode(Image.fromarray(picture()), "JPEG")
    webp = encode(Image.fromarray(picture()), "WEBP")
    return {
        "empty": (b"", SQUARE),
        "not-an-image": (b"%PDF-1.7 not a picture", SQUARE),
        "format-not-allowed": (odd_images()["avif"].data, InputSpec(height=8, width=8)),
        "truncated": (jpeg[:-20], SQUARE),
        "truncated webp": (webp[:-20], SQUARE),
        "corrupt": (b"\xff\xd8\xff" + b"x" * 100, SQUARE),
        "unsupported-mode": (encode(Image.new("F", (8, 8)), "TIFF"), SQUARE),
        "too-many-pixels": (png(png_header(9000, 9000), b""), SQUARE),
    }


@pytest.mark.parametrize("case", _rejected())
def test_every_reason_is_reached_by_a_file(case: str) -> None:
    data, spec = _rejected()[case]
    with pytest.raises(ImageRejected) as caught:
        decode(data, spec)
    assert caught.value.reason == case.split(maxsplit=1)[0]
    assert caught.value.detail.endswith(".")


def test_the_files_above_reach_every_reason_but_those_of_the_reader_and_of_the_service() -> None:
    assert {case.split()[0] for case in _rejected()} == set(REASONS) - {"too-large", "too-costly"}


@pytest.mark.filterwarnings("ignore::UserWarning:PIL")
@pytest.mark.parametrize("name", odd_images())
def test_hostile_bytes_are_rejected_or_decoded_and_nothing_else(name: str) -> None:
    dice = random.Random(name)
    reasons = set()
    for _ in range(HOSTILE_CASES_A_FILE):
        try:
            pixels = decode(_damaged(odd_images()[name].data, dice), SQUARE, max_image_pixels=2_000_000).pixels
        except ImageRejected as rejected:
            reasons.add(rejected.reason)
        else:
            assert pixels.shape == (32, 32, 3)
    assert reasons <= set(REASONS)


def test_there_are_two_thousand_hostile_cases() -> None:
    assert len(odd_images()) * HOSTILE_CASES_A_FILE >= 2000


def _damaged(data: bytes, dice: random.Random) -> bytes:
    """Change a few bytes, mostly in the header, and at times cut the file."""
    damaged = bytearray(data)
    for _ in range(dice.choice([1, 1, 2, 4, 16])):
        place = dice.randrange(min(len(damaged), dice.choice([64, 512, len(damaged)])))
        damaged[place] = dice.choice([0, 1, 0x7F, 0x80, 0xFF, dice.randrange(256)])
    return bytes(damaged[: dice.randrange(len(damaged) + 1)] if dice.random() < 0.3 else damaged)


@pytest.mark.parametrize(
    "name", ["jpeg-progressive", "jpeg-grey", "png-rgba", "png-grey16", "webp-lossy", "bmp", "avif"]
)
@pytest.mark.parametrize("share", [0.2, 0.5, 0.9])
def test_a_part_of_a_file_is_never_taken_for_the_whole(name: str, share: float) -> None:
    odd = odd_images()[name]
    with pytest.raises(ImageRejected):
        decode(odd.data[: int(len(odd.data) * share)], odd.spec)


@pytest.mark.parametrize("side", [20_000, 9_000, 0x7FFFFFFF])
def test_a_decompression_bomb_is_rejected_at_once_and_costs_no_memory(side: int) -> None:
    bomb = png(png_header(side, side), bytes(100_000))
    before, started = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.perf_counter()
    with pytest.raises(ImageRejected) as caught:
        decode(bomb, SQUARE)
    assert caught.value.reason == "too-many-pixels"
    assert time.perf_counter() - started < 0.5
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 20_000  # KiB


def test_the_limit_of_pixels_is_the_callers() -> None:
    data = odd_images()["bmp"].data
    assert decode(data, SQUARE, max_image_pixels=32 * 48).width == 48
    with pytest.raises(ImageRejected, match="48x32"):
        decode(data, SQUARE, max_image_pixels=32 * 48 - 1)


def _with_scans(count: int) -> bytes:
    """A progressive JPEG whose last scan is repeated: every repetition costs the decoder a pass."""
    data = encode(Image.new("L", (2000, 2000)), "JPEG", progressive=True)
    last = data[data.rindex(b"\xff\xda") : -2]
    return data[:-2] + last * count + data[-2:]


def test_a_jpeg_of_endless_scans_is_rejected_before_it_is_decoded() -> None:
    started = time.perf_counter()
    with pytest.raises(ImageRejected, match="scans") as caught:
        decode(_with_scans(20_000), SQUARE)
    assert caught.value.reason == "corrupt"
    assert time.perf_counter() - started < 0.5


def test_what_follows_a_jpeg_is_no_scan_of_it() -> None:
    motion_photograph = odd_images()["jpeg-progressive"].data + b"\0\0" + b"\xff\xda\0\2" * 500
    assert decode(motion_photograph, SQUARE).format == "JPEG"


def test_a_file_says_itself_what_it_is() -> None:
    odd: OddImage = odd_images()["webp-lossless"]
    decoded = decode(odd.data, odd.spec)
    assert (decoded.format, decoded.width, decoded.height) == ("WEBP", 48, 32)
