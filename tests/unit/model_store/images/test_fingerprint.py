import numpy as np
import pytest
from PIL import Image
from sklearn.datasets import load_sample_images

from model_store.images.fingerprint import perceptual_hash, pixel_digest
from model_store.images.pixels import InputSpec, Pixels, decode
from tests.support.images import encode, picture

NEAR, FAR = 6, 20
HASH_OF_THE_PICTURE = 0x802B5737413F493F
"""Stored with models, so it may not change without a new schema."""
SPEC = InputSpec(height=224, width=224)
CHINA, FLOWER = (Image.fromarray(pixels) for pixels in load_sample_images().images)


def through(image: Image.Image, form: str = "PNG", **options: object) -> Pixels:
    return decode(encode(image, form, **options), SPEC).pixels


def distance(one: Pixels, other: Pixels) -> int:
    return (perceptual_hash(one) ^ perceptual_hash(other)).bit_count()


@pytest.mark.parametrize("photograph", [CHINA, FLOWER], ids=["china", "flower"])
@pytest.mark.parametrize("quality", [95, 50, 20])
def test_a_photograph_compressed_again_is_near(photograph: Image.Image, quality: int) -> None:
    assert distance(through(photograph), through(photograph, "JPEG", quality=quality)) <= NEAR


@pytest.mark.parametrize("photograph", [CHINA, FLOWER], ids=["china", "flower"])
@pytest.mark.parametrize("scale", [0.25, 0.5, 2])
def test_a_photograph_of_another_size_is_near(photograph: Image.Image, scale: float) -> None:
    resized = photograph.resize((round(640 * scale), round(427 * scale)), Image.Resampling.BICUBIC)
    assert distance(through(photograph), through(resized)) <= NEAR


def test_other_photographs_are_far() -> None:
    parts = [image.crop((x, 0, x + 200, 200)) for image in (CHINA, FLOWER) for x in (0, 200, 400)]
    between = [distance(through(one), through(other)) for i, one in enumerate(parts) for other in parts[:i]]
    assert min(between) >= FAR


def test_a_hash_fits_64_bits() -> None:
    assert all(0 <= perceptual_hash(through(image)) < 2**64 for image in (CHINA, FLOWER))


def test_a_digest_is_of_shape_and_values_whatever_the_layout() -> None:
    pixels = through(CHINA)
    assert pixel_digest(pixels) == pixel_digest(np.asfortranarray(pixels))
    assert pixel_digest(pixels) != pixel_digest(pixels.reshape(112, 448, 3))
    changed = pixels.copy()
    changed[-1, -1, -1] ^= 1
    assert pixel_digest(pixels) != pixel_digest(changed)


def test_the_same_pixels_in_another_container_have_the_same_digest() -> None:
    assert pixel_digest(through(CHINA, "PNG")) == pixel_digest(through(CHINA, "WEBP", lossless=True))


@pytest.mark.parametrize("grey", [1, 77, 255])
def test_a_hash_has_no_bits_of_rounding(grey: int) -> None:
    flat = np.full((50, 60, 3), grey, np.uint8)
    assert perceptual_hash(flat) == 1 << 63  # nothing but the constant


def test_a_hash_is_the_same_for_ever() -> None:
    assert perceptual_hash(picture(64, 64)) == HASH_OF_THE_PICTURE
