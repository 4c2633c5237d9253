from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFilter

from model_store.images.fingerprint import perceptual_hash
from model_store.images.pixels import decode
from tests.support.pictures import crop, encoded, smaller
from training.data.pixels.near_duplicates import REFERENCE, Likeness

FLOWER = crop(65, 260)


def near(folder: Path, *files: bytes) -> list[tuple[int, int]]:
    looks = Likeness(len(files), folder)
    for row, data in enumerate(files):
        pixels = decode(data, REFERENCE).pixels
        looks.put(row, pixels, perceptual_hash(pixels))
    return looks.near_pairs(np.arange(len(files)))


@pytest.mark.parametrize("factor", [0.5, 0.7, 0.9])
@pytest.mark.parametrize("format_", ["PNG", "JPEG"])
def test_a_smaller_copy_is_found(tmp_path: Path, factor: float, format_: str) -> None:
    assert near(tmp_path, encoded(FLOWER), encoded(smaller(FLOWER, factor), format_)) == [(0, 1)]


@pytest.mark.parametrize("quality", [60, 80, 95])
def test_a_re_encoded_copy_is_found(tmp_path: Path, quality: int) -> None:
    assert near(tmp_path, encoded(FLOWER), encoded(FLOWER, "JPEG", quality=quality)) == [(0, 1)]


def test_a_copy_in_grey_is_found(tmp_path: Path) -> None:
    assert near(tmp_path, encoded(FLOWER), encoded(FLOWER.convert("L"))) == [(0, 1)]


def test_a_group_is_joined_by_one_pair_fewer_than_it_has_pictures(tmp_path: Path) -> None:
    files = [encoded(FLOWER, "JPEG", quality=quality) for quality in range(60, 100, 4)]
    assert len(near(tmp_path, encoded(crop(3)), *files)) == 9


@pytest.mark.parametrize("shift", [8, 16])
def test_the_next_view_of_the_same_scene_is_another_picture(tmp_path: Path, shift: int) -> None:
    moved = crop(65, 300)
    files = [encoded(moved.crop((left, 0, left + 200, 200))) for left in (0, shift)]
    assert near(tmp_path, *files) == []


def test_a_picture_with_something_in_it_is_another_picture(tmp_path: Path) -> None:
    marked = FLOWER.copy()
    ImageDraw.Draw(marked).ellipse((20, 20, 70, 70), fill="white")
    assert near(tmp_path, encoded(FLOWER), encoded(marked)) == []


def test_a_picture_with_the_same_detail_and_a_darker_part_is_another_picture(tmp_path: Path) -> None:
    y, x = np.mgrid[0:260, 0:260] / 260
    shade = 20 * np.exp(-8 * ((x - 0.3) ** 2 + (y - 0.6) ** 2))  # as two cells of one kind differ
    darker = np.clip(np.asarray(FLOWER) - shade[..., None], 0, 255).astype(np.uint8)
    assert near(tmp_path, encoded(FLOWER), encoded(Image.fromarray(darker))) == []


def test_two_surfaces_with_the_same_shape_and_another_grain_are_other_pictures(tmp_path: Path) -> None:
    blurred = np.asarray(FLOWER.filter(ImageFilter.GaussianBlur(12)), dtype=float)
    grains = [np.random.default_rng(seed).normal(0, 6, (260, 260, 1)) for seed in range(2)]
    files = [Image.fromarray(np.clip(blurred + grain, 0, 255).astype(np.uint8)) for grain in grains]
    assert near(tmp_path, *map(encoded, files)) == []


def test_gradients_that_look_alike_are_other_pictures(tmp_path: Path) -> None:
    y, x = np.mgrid[0:100, 0:100] / 100
    tilts = [np.clip(127 + 60 * (x + tilt * y), 0, 255).astype(np.uint8) for tilt in (0.5, 0.6, 0.7)]
    assert near(tmp_path, *(encoded(Image.fromarray(tilt)) for tilt in tilts)) == []


def test_no_pictures_have_no_pairs(tmp_path: Path) -> None:
    assert near(tmp_path) == []
