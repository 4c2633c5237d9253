"""A real backbone and head choose the views that keep a label, on small pictures."""

from collections.abc import Callable

import keras
import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image, ImageDraw
from rich.progress import Progress

from model_store.images.pixels import Pixels
from training.backbones.catalogue import BACKBONES
from training.config import HeadSettings
from training.learning.features import as_function, run_in_batches
from training.learning.head.fitting import fit_head
from training.learning.head.softmax_regression import Examples
from training.learning.variation.views import (
    FLIP_HORIZONTAL,
    FLIP_VERTICAL,
    IDENTITY,
    TRANSPOSE,
    VIEWS,
    View,
    ViewChoice,
    choose_views,
)

SILENT = Progress(disable=True)
SIZE = 224
TRAIN, VALIDATION = 60, 40

Draw = Callable[[int, np.random.Generator], Pixels]


def arrow(label: int, random: np.random.Generator) -> Pixels:
    """Draw an arrow somewhere, to the left (0) or to the right (1)."""
    picture = Image.new("RGB", (SIZE, SIZE), tuple(random.integers(150, 256, 3).tolist()))
    x, y, length, head = random.integers((50, 50, 60, 15), (80, 174, 100, 30)).tolist()
    draw = ImageDraw.Draw(picture)
    draw.line((x, y, x + length, y), fill="black", width=6)
    tip, back = (x + length + head, x + length) if label else (x - head, x)
    draw.polygon([(tip, y), (back, y - head), (back, y + head)], fill="black")
    return np.asarray(picture)


def texture(label: int, random: np.random.Generator) -> Pixels:
    """Draw fine (0) or coarse (1) grains."""
    grain = (4, 16)[label]
    coarse = random.integers(0, 256, (SIZE // grain, SIZE // grain, 3), dtype=np.uint8)
    return coarse.repeat(grain, axis=0).repeat(grain, axis=1)


def choice_for(draw: Draw) -> ViewChoice:
    """Train a head on unchanged pictures and let it choose."""
    keras.utils.set_random_seed(0)
    random, targets = np.random.default_rng(0), np.arange(TRAIN + VALIDATION) % 2
    pixels = np.stack([draw(int(label), random) for label in targets])
    function = as_function(BACKBONES["efficientnet-lite0"].load().model)
    validation = np.arange(TRAIN, TRAIN + VALIDATION)

    def examples(rows: npt.NDArray[np.int64], view: View) -> Examples:
        features = run_in_batches(function, pixels, rows, batch_size=32, bar=(SILENT, ""), view=view)
        return Examples(features, targets[rows])

    train = examples(np.arange(TRAIN), IDENTITY)
    settings = HeadSettings(epochs=30, learning_rate=3e-3, weight_decay=0.1)
    head = fit_head(train, examples(validation, IDENTITY), 2, settings, SILENT).model

    def score(view: View) -> npt.NDArray[np.bool_]:
        called = np.asarray(head(examples(validation, view).features)).argmax(axis=1)
        return np.asarray(called == targets[validation])

    return choose_views(score, targets[validation])


@pytest.fixture(scope="module")
def arrows() -> ViewChoice:
    return choice_for(arrow)


def test_arrows_to_the_left_and_right_may_be_turned_upside_down_and_never_mirrored(arrows: ViewChoice) -> None:
    assert arrows.allowed == (IDENTITY, FLIP_VERTICAL)
    assert [one.view for one in arrows.evidence if not one.is_allowed] == [FLIP_HORIZONTAL, TRANSPOSE]


def test_the_evidence_against_mirroring_is_that_nearly_every_arrow_is_lost(arrows: ViewChoice) -> None:
    mirrored = arrows.evidence[0]
    assert mirrored.before > 0.7
    assert mirrored.after < 0.4
    assert mirrored.lost > 10 * mirrored.won


def test_textures_may_be_seen_from_every_side() -> None:
    assert choice_for(texture).allowed == VIEWS
