"""Colours over a picture: none where a map is 0, the right ones elsewhere, and never more than was asked for."""

import io

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from model_store.presentation.activation import AGAINST, FOR, overlay, tint

PIXELS = np.random.default_rng(0).integers(0, 256, (32, 48, 3), dtype=np.uint8)


def read(png: bytes) -> npt.NDArray[np.uint8]:
    return np.asarray(Image.open(io.BytesIO(png)))


def test_without_strength_or_without_a_map_the_picture_is_as_it_was() -> None:
    maps = np.random.default_rng(1).normal(size=(4, 6, 2))
    assert (read(overlay(PIXELS, maps, 0, strength=0)) == PIXELS).all()
    assert (read(overlay(PIXELS, np.zeros((4, 6, 2)), 1)) == PIXELS).all()


@pytest.mark.parametrize(("label", "colour"), [(0, FOR), (1, AGAINST)])
def test_the_value_furthest_from_zero_has_the_full_colour(label: int, colour: tuple[int, int, int]) -> None:
    maps = np.stack([np.full((4, 6), 3.0), np.full((4, 6), -3.0)], axis=-1)
    assert (read(overlay(PIXELS, maps, label, strength=1)) == colour).all()


def test_a_map_lies_where_its_places_are() -> None:
    maps = np.zeros((4, 6, 2))
    maps[0, 5, 0] = 2.0
    changed = (read(overlay(PIXELS, maps, 0, strength=1)) != PIXELS).any(axis=2)
    assert changed[0, -1]
    assert not changed[16:].any()
    assert not changed[:, :24].any()


def test_a_map_is_as_strong_as_it_is_next_to_those_of_the_other_labels() -> None:
    maps = np.stack([np.full((2, 2), 1.0), np.full((2, 2), -2.0)], axis=-1)
    half = PIXELS / 2 + np.array(FOR) / 2
    assert np.abs(read(overlay(PIXELS, maps, 0, strength=1)) - half).max() <= 0.5


def test_a_tint_has_a_pixel_for_each_value() -> None:
    rgba = read(tint(np.array([[1.0, 0.0], [-0.5, -1.0]])))
    assert rgba[0, 0].tolist() == [*FOR, 255]
    assert rgba[0, 1, 3] == 0
    assert rgba[1, 0].tolist() == [*AGAINST, 128]
    assert rgba[1, 1].tolist() == [*AGAINST, 255]
