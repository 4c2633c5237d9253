import base64
import io
from dataclasses import replace

import numpy as np
from PIL import Image

from model_store.presentation.activation import tint
from model_store.presentation.thumbnails import SIDE, data_address, embedded, thumbnail
from tests.support.outcomes import SOLAR_CELLS, make_outcome
from training.report.mistakes import worst_mistakes


def opened(address: str) -> Image.Image:
    return Image.open(io.BytesIO(base64.b64decode(address.removeprefix("data:image/jpeg;base64,"))))


def test_the_surest_come_first_and_are_the_evaluations() -> None:
    outcome = make_outcome(SOLAR_CELLS)
    worst = worst_mistakes(outcome, most=5)
    assert [one.path for one in worst] == [one.path for one in outcome.evaluations["test"].misclassified[:5]]
    assert [one.probability for one in worst] == sorted((one.probability for one in worst), reverse=True)


def test_a_thumbnail_shows_the_image_of_its_path() -> None:
    outcome = make_outcome(SOLAR_CELLS)
    (first,) = worst_mistakes(outcome, most=1)
    row = next(file.row for file in outcome.dataset.audit.files if file.path == first.path)
    with opened(first.thumbnail) as picture:
        difference = np.abs(np.asarray(picture, dtype=int) - outcome.dataset.pixels[row])
    assert difference.mean() < 8


def test_the_map_of_a_mistake_is_its_tint_and_others_have_none() -> None:
    outcome = make_outcome(SOLAR_CELLS)
    first, second = worst_mistakes(outcome, most=2)
    activation = np.array([[1, -1], [0, 0.5]], np.float32)
    with_map, without = worst_mistakes(replace(outcome, maps={first.path: activation}), most=2)
    assert with_map == replace(first, tint=data_address(tint(activation), "image/png"))
    assert without == second
    assert without.tint is None


def test_a_large_image_becomes_small_and_keeps_its_shape() -> None:
    with opened(embedded(thumbnail(np.zeros((600, 300, 3), np.uint8)))) as picture:
        assert picture.size == (SIDE // 2, SIDE)
