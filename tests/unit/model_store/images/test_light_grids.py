"""A picture is found again by its grid of light, re-encoded and resized; one that is merely alike is not."""

import io
from pathlib import Path

import elpv_dataset
import numpy as np
import pytest
from PIL import Image

from model_store.images.light_grids import GRID_BYTES, Grids, has_grid, light_grid, near_pairs
from model_store.images.pixels import InputSpec, Pixels, decode

CELLS = sorted((Path(elpv_dataset.__file__).parent / "data/images").glob("*.png"))[::13]
SPEC = InputSpec(height=224, width=224)
FACTORS = (0.5, 0.7, 0.9, 1.0, 1.5)


def reencoded(data: bytes, factor: float) -> bytes:
    """Resize a picture and save it as JPEG of quality 80."""
    with Image.open(io.BytesIO(data)) as picture:
        size = round(picture.width * factor), round(picture.height * factor)
        file = io.BytesIO()
        picture.convert("RGB").resize(size, Image.Resampling.LANCZOS).save(file, "JPEG", quality=80)
    return file.getvalue()


def grids_of(files: list[bytes]) -> Grids:
    return np.stack([light_grid(decode(data, SPEC).pixels) for data in files])


def pairs(one: Grids, other: Grids) -> set[tuple[int, int]]:
    return {
        pair for block in near_pairs(one, other) for pair in zip(*(places.tolist() for places in block), strict=True)
    }


@pytest.fixture(scope="module")
def cells() -> list[bytes]:
    return [path.read_bytes() for path in CELLS]


@pytest.fixture(scope="module")
def originals(cells: list[bytes]) -> Grids:
    return grids_of(cells)


@pytest.mark.parametrize("factor", FACTORS)
def test_a_photograph_is_found_again_and_no_other_taken_for_it(
    cells: list[bytes], originals: Grids, factor: float
) -> None:
    found = pairs(grids_of([reencoded(data, factor) for data in cells]), originals)
    same = {(place, place) for place in np.flatnonzero(has_grid(originals)).tolist()}
    assert len(same) >= 0.99 * len(cells)
    assert found == same


def test_pairs_are_those_of_comparing_all_with_all() -> None:
    dice = np.random.default_rng(4)
    base = dice.integers(60, 200, (40, GRID_BYTES))
    one = (base[dice.integers(0, 40, 600)] + dice.integers(-2, 3, (600, GRID_BYTES))).astype(np.uint8)
    other = (base[dice.integers(0, 40, 500)] + dice.integers(-2, 3, (500, GRID_BYTES))).astype(np.uint8)
    apart = one[:, None].astype(int) - other[None].astype(int)
    is_near = (np.abs(apart[..., 0]) <= 2) & ((apart[..., 1:] ** 2).sum(axis=-1) <= 138)
    expected = {(int(at), int(to)) for at, to in zip(*np.nonzero(is_near), strict=True)}
    assert len(expected) > 100
    assert pairs(one, other) == expected


@pytest.mark.parametrize(
    "pixels",
    [
        np.full((224, 224, 3), 99, np.uint8),
        np.random.default_rng(1).integers(0, 255, (224, 224, 3)).astype(np.uint8),
        np.zeros((6, 300, 3), np.uint8),
        np.zeros((0, 0, 3), np.uint8),
    ],
    ids=["one colour", "noise", "low", "nothing"],
)
def test_a_picture_without_light_and_shade_has_no_grid_and_is_near_nothing(pixels: Pixels) -> None:
    grid = light_grid(pixels)[None]
    assert not has_grid(grid).any()
    assert pairs(grid, grid) == set()


@pytest.mark.parametrize("size", [(224, 224), (300, 300), (2100, 2100), (97, 455)])
def test_a_grid_is_the_mean_grey_of_its_cells(size: tuple[int, int]) -> None:
    pixels = np.random.default_rng(2).integers(0, 255, (*size, 3)).astype(np.uint8)
    pixels[: size[0] // 2] //= 3
    rows, columns = (side - side % 7 for side in size)
    inside = pixels[:rows, :columns].astype(np.float64) @ [0.299, 0.587, 0.114]
    cells = inside.reshape(7, rows // 7, 7, columns // 7).mean(axis=(1, 3))
    levels = np.rint((cells - cells.mean()) / cells.std() * 48) + 128
    assert light_grid(pixels).tolist() == [round(cells.mean()), *levels.ravel()]


def test_nothing_is_near_nothing() -> None:
    nothing = np.zeros((0, GRID_BYTES), np.uint8)
    assert pairs(nothing, nothing) == set()
