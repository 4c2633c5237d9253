"""The golden check: an engine that does not compute what training computed does not serve."""

import numpy as np
import pytest

from app.errors import GoldenMismatch
from app.inference.engines.base import Probabilities
from app.inference.engines.proof import replay_golden
from model_store.images.pixels import Pixels
from model_store.storage.golden import Golden
from tests.support.fakes import SIZE, FakeEngine, brightness

PIXELS = np.stack([np.full((SIZE, SIZE, 3), level, np.uint8) for level in (0, 100, 255)])
GOLDEN = Golden(PIXELS, brightness(PIXELS))


class OffEngine(FakeEngine):
    """Adds something to the first label's probability in batches of one size, and takes it from the second's."""

    def __init__(self, by: float, *, size: int = 4) -> None:
        super().__init__()
        self.by = by
        self.size = size

    def predict(self, pixels: Pixels) -> Probabilities:
        shift = np.array([self.by, -self.by], np.float32) * (len(pixels) == self.size)
        return super().predict(pixels) + shift


class WideEngine(FakeEngine):
    """Answers with a label too many."""

    def predict(self, pixels: Pixels) -> Probabilities:
        return np.pad(super().predict(pixels), ((0, 0), (0, 1)))


def test_every_batch_size_is_replayed_with_whole_batches() -> None:
    engine = FakeEngine()
    replay_golden(engine, GOLDEN)
    assert engine.batches == [1, 1, 1, 2, 2, 4, 8]


def test_a_difference_within_the_tolerance_passes() -> None:
    engine = OffEngine(0.9e-4)
    replay_golden(engine, GOLDEN)
    assert engine.batches[-1] == engine.batch_sizes[-1]  # it was replayed to the end


def test_a_difference_above_the_tolerance_in_one_batch_size_is_named() -> None:
    with pytest.raises(GoldenMismatch, match=r"in batches of 4 a probability is off by 0\.001"):
        replay_golden(OffEngine(0.001), GOLDEN)


@pytest.mark.parametrize("nonsense", [np.nan, np.inf])
def test_what_is_no_number_is_refused(nonsense: float) -> None:
    with pytest.raises(GoldenMismatch, match="not finite"):
        replay_golden(OffEngine(nonsense, size=1), GOLDEN)


def test_another_number_of_labels_is_refused() -> None:
    with pytest.raises(GoldenMismatch, match=r"shape is \(3, 3\), not \(3, 2\)"):
        replay_golden(WideEngine(), GOLDEN)


def test_labels_closer_than_the_tolerance_may_change_places() -> None:
    close = Golden(PIXELS[1:2] + 28, np.array([[0.50001, 0.49999]], np.float32))
    engine = FakeEngine()
    engine.tolerance = 0.01
    assert engine.predict(close.pixels).argmax() == 1
    replay_golden(engine, close)
