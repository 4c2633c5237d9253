"""Large JPEGs are answered if shrinking keeps them within the memory of the limit; anything else is not."""

import numpy as np
import pytest
from PIL import Image

from model_store.errors import ImageRejected
from model_store.images.pixels import DEFAULT_MAX_IMAGE_PIXELS, InputSpec, decode
from tests.support.images import encode, picture

SPEC = InputSpec(height=32, width=48)
LARGE = Image.fromarray(picture()).resize((480, 320), Image.Resampling.BICUBIC)
PIXELS = 480 * 320


def jpeg(**options: object) -> bytes:
    return encode(LARGE, "JPEG", quality=92, **options)


@pytest.mark.parametrize("options", [{}, {"subsampling": 0}, {"progressive": True}])
def test_a_jpeg_may_have_four_times_the_pixels_with_the_same_result(options: dict[str, object]) -> None:
    data = jpeg(**options)
    assert (decode(data, SPEC, max_image_pixels=PIXELS // 4).pixels == decode(data, SPEC).pixels).all()


@pytest.mark.parametrize(
    ("data", "spec", "limit"),
    [
        (jpeg(), SPEC, PIXELS // 4 - 1),
        (jpeg(), SPEC.model_copy(update={"draft": False}), PIXELS - 1),
        (jpeg(), InputSpec(height=200, width=300), PIXELS - 1),  # too large an input for any shrinking
        (jpeg(progressive=True, subsampling=0), SPEC, PIXELS // 2 - 1),  # all coefficients have to be kept
        (encode(LARGE, "PNG"), SPEC, PIXELS - 1),
        (encode(LARGE, "WEBP"), SPEC, PIXELS - 1),
    ],
)
def test_what_would_take_more_memory_than_the_limit_is_refused_with_the_setting(
    data: bytes, spec: InputSpec, limit: int
) -> None:
    with pytest.raises(
        ImageRejected, match=rf"480x320 pixels.*limit of {limit} .*FULLCOUNT_MAX_IMAGE_PIXELS"
    ) as caught:
        decode(data, spec, max_image_pixels=limit)
    assert caught.value.reason == "too-many-pixels"
    assert decode(data, spec, max_image_pixels=limit + 1).width == 480


def test_a_photograph_of_54_megapixels_is_answered_by_default() -> None:
    assert DEFAULT_MAX_IMAGE_PIXELS < 9000 * 6000
    data = encode(Image.new("L", (9000, 6000), 99), "JPEG", quality=20)
    assert np.abs(decode(data, SPEC).pixels.astype(int) - 99).max() <= 4


def test_the_limit_may_be_higher_than_pillows_own() -> None:
    data = encode(Image.new("1", (10_000, 9_000)), "PNG")
    assert decode(data, SPEC, max_image_pixels=90_000_000).width == 10_000
