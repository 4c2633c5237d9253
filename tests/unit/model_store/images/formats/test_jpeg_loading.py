"""A JPEG that is whole gives Pillow's pixels, with or without its end marker; one that is damaged is told apart."""

import contextlib
import io
import random
import time

import numpy as np
import pytest
from PIL import Image
from sklearn.datasets import load_sample_images

from model_store.errors import ImageRejected
from model_store.images.pixels import Decoded, InputSpec, decode
from tests.support.images import encode

PHOTOGRAPH = Image.fromarray(load_sample_images().images[0])
SPEC = InputSpec(height=427, width=640, draft=False)
KINDS: dict[str, dict[str, object]] = {
    "baseline": {},
    "full colour": {"subsampling": 0},
    "optimised": {"optimize": True},
    "progressive": {"progressive": True},
    "restarts": {"restart_marker_rows": 1},
    "many restarts": {"restart_marker_blocks": 3},
    "progressive restarts": {"progressive": True, "restart_marker_rows": 2},
}


def jpeg(kind: str, image: Image.Image = PHOTOGRAPH, quality: int = 85) -> bytes:
    return encode(image, "JPEG", quality=quality, **KINDS[kind])


def seen(data: bytes) -> Decoded:
    width, height = Image.open(io.BytesIO(data)).size
    return decode(data, InputSpec(height=height, width=width, draft=False))


def scan_start(data: bytes) -> int:
    return data.index(b"\xff\xda") + 14


@pytest.mark.parametrize("kind", KINDS)
def test_a_sound_file_gives_pillows_pixels_and_is_not_damaged(kind: str) -> None:
    dice = random.Random(kind)
    for _ in range(12):
        size = dice.randrange(1, 200), dice.randrange(1, 200)
        image = PHOTOGRAPH.resize(size) if dice.random() < 0.7 else Image.new("RGB", size, "navy")
        data = jpeg(kind, image.convert(dice.choice(["RGB", "L", "CMYK"])), dice.randrange(5, 100))
        decoded = seen(data)
        assert (decoded.pixels == np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))).all()
        assert not decoded.is_damaged


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("after", [b"", b"\xff", b"\0\0\0", b"\xff\xff"])
def test_a_file_without_its_end_marker_gives_the_same_pixels(kind: str, after: bytes) -> None:
    data = jpeg(kind)
    decoded = decode(data[:-2] + after, SPEC)
    assert (decoded.pixels == decode(data, SPEC).pixels).all()
    assert not decoded.is_damaged


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("missing", [6, 12, 40, 400, 4000])
def test_a_file_that_is_cut_in_its_scan_is_truncated(kind: str, missing: int) -> None:
    with pytest.raises(ImageRejected) as caught:
        decode(jpeg(kind, quality=95)[:-missing], SPEC)
    assert caught.value.reason == "truncated"


def test_a_progressive_file_that_ends_between_two_scans_is_truncated() -> None:
    data = jpeg("progressive")
    with pytest.raises(ImageRejected) as caught:
        decode(data[: data.rindex(b"\xff\xc4")], SPEC)
    assert caught.value.reason == "truncated"


@pytest.mark.parametrize("kind", KINDS)
def test_a_hole_in_a_scan_is_damage(kind: str) -> None:
    data, dice, found = jpeg(kind), random.Random(kind), 0
    for _ in range(20):
        hole = dice.randrange(scan_start(data), len(data) - 4000)
        found += decode(data[:hole] + data[hole + 3000 :], SPEC).is_damaged
    assert found >= 19  # a decoder that falls into step again shows nothing


@pytest.mark.parametrize("kind", ["baseline", "optimised", "progressive"])
def test_a_scan_that_ends_too_early_is_damage(kind: str) -> None:
    data = jpeg(kind)
    decoded = decode(data[: len(data) * 3 // 4] + b"\xff\xd9", SPEC)
    assert decoded.is_damaged


def test_what_follows_the_end_marker_is_no_damage() -> None:
    data = jpeg("baseline")
    assert not decode(data + b"\xff\xd8\xff" + bytes(1000), SPEC).is_damaged


def test_shrinking_on_load_finds_damage_as_well() -> None:
    data = jpeg("baseline")
    middle = len(data) // 2
    small = InputSpec(height=50, width=60)
    assert decode(data[:middle] + data[middle + 3000 :], small).is_damaged
    assert not decode(data, small).is_damaged


@pytest.mark.parametrize(
    "hostile",
    [
        jpeg("restarts")[:-2] + b"\xff\xd0" * 500_000,
        jpeg("progressive")[:-2] + b"\xff" * 1_000_000,
        b"\xff\xd8" + b"\xff\xc0\0\2" * 500_000,
        jpeg("baseline")[:-2] + b"\xff\xdd\0\4\0\1" * 200_000,
    ],
    ids=["restarts", "fill", "frames", "segments"],
)
def test_no_padding_of_a_file_costs_more_than_a_moment(hostile: bytes) -> None:
    started = time.perf_counter()
    with contextlib.suppress(ImageRejected):
        decode(hostile, SPEC)
    assert time.perf_counter() - started < 0.5
