"""The segments of a JPEG are found in its bytes, without decoding."""

import io

import pytest
from PIL import Image

from model_store.images.formats.jpeg import MAX_SCANS, read_segments
from tests.support.images import encode, odd_images, picture

JPEGS = [name for name, odd in odd_images().items() if odd.format == "JPEG"]
SCAN = b"\xff\xda\0\2data\xff\0data\xff\xd0"


@pytest.mark.parametrize("name", JPEGS)
def test_every_file_of_an_encoder_is_complete(name: str) -> None:
    segments = read_segments(odd_images()[name].data)
    assert segments.is_complete
    assert not segments.has_too_many_scans
    assert segments.end is not None
    assert segments.frame is not None
    assert segments.frame.is_usual


def test_scans_are_counted_to_the_end_of_the_first_picture() -> None:
    assert read_segments(b"\xff\xd8" + SCAN * (MAX_SCANS + 1) + b"\xff\xd9").has_too_many_scans
    assert not read_segments(b"\xff\xd8" + SCAN * MAX_SCANS + b"\xff\xd9\0\0" + SCAN).has_too_many_scans


def test_what_looks_like_a_scan_within_a_segment_is_none() -> None:
    inside = b"\xff\xda" * 1000
    segments = read_segments(b"\xff\xd8\xff\xe1" + (len(inside) + 2).to_bytes(2) + inside + b"\xff\xd9")
    assert segments.scans == ()


@pytest.mark.parametrize(("progressive", "kind"), [(False, "baseline"), (True, "progressive")])
def test_the_frame_says_kind_bits_and_bands(progressive: bool, kind: str) -> None:  # noqa: FBT001
    frame = read_segments(encode(Image.fromarray(picture()), "JPEG", progressive=progressive)).frame
    assert frame is not None
    assert (frame.kind, frame.bits, frame.height, frame.bands) == (kind, 8, 32, 3)


def test_a_picture_ends_at_its_own_end_marker() -> None:
    data = encode(Image.fromarray(picture()), "JPEG")
    assert read_segments(data + data).end == len(data)
    assert read_segments(data[:-2]).end is None


def test_a_progressive_file_that_lacks_its_last_scan_is_not_complete() -> None:
    data = encode(Image.fromarray(picture()), "JPEG", progressive=True)
    assert not read_segments(data[: data.rindex(b"\xff\xda")]).is_complete
    assert Image.open(io.BytesIO(data)).info["progressive"]
