"""A batch that is too large for the memory: every image is answered in its place, and it is not tried in vain again."""

import asyncio
import logging
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from app.errors import InferenceFailed
from app.inference.batcher import Batcher
from app.inference.engines.base import Probabilities
from app.inference.engines.halving import Halving
from model_store.images.pixels import Pixels
from tests.support.fakes import SIZE, FakeEngine, brightness, bring, computing

PIXELS = np.stack([np.full((SIZE, SIZE, 3), level, np.uint8) for level in range(0, 256, 16)])
ENORMOUS = 250
"""A grey level for which no memory is enough."""


class TooLittleMemory(Exception):
    pass


class SmallEngine(FakeEngine):
    """Has memory for so many images, and for no enormous one; remembers what it was asked for in vain, too."""

    batch_sizes = (1, 2, 4, 8, 16)

    def __init__(self, room: int) -> None:
        super().__init__()
        self.room = room
        self.asked: list[int] = []

    def predict(self, pixels: Pixels) -> Probabilities:
        self.asked.append(len(pixels))
        if len(pixels) > self.room or (pixels == ENORMOUS).any():
            raise TooLittleMemory
        return super().predict(pixels)


def halving(engine: FakeEngine) -> Halving:
    return Halving(engine.predict, out_of_memory=TooLittleMemory, device="gpu:1")


@pytest.mark.parametrize("room", SmallEngine.batch_sizes)
@pytest.mark.parametrize("size", SmallEngine.batch_sizes)
def test_every_image_is_answered_in_order_whatever_there_is_room_for(room: int, size: int) -> None:
    engine = SmallEngine(room)
    assert (halving(engine)(PIXELS[:size]) == brightness(PIXELS[:size])).all()
    assert engine.batches == [min(room, size)] * (size // min(room, size))
    assert set(engine.asked) <= set(engine.batch_sizes)


def test_what_fits_is_computed_at_once() -> None:
    engine = SmallEngine(16)
    halving(engine)(PIXELS)
    assert engine.asked == [16]


def test_the_size_that_fitted_is_remembered() -> None:
    engine = SmallEngine(4)
    predict = halving(engine)
    predict(PIXELS)
    engine.asked.clear()
    for size in (16, 8, 4, 2, 1):
        assert (predict(PIXELS[:size]) == brightness(PIXELS[:size])).all()
    assert engine.asked == [4] * 4 + [4] * 2 + [4, 2, 1]


def test_where_the_memory_becomes_less_the_parts_become_smaller_and_none_is_computed_twice() -> None:
    engine = SmallEngine(8)

    def shrinking(pixels: Pixels) -> Probabilities:
        answers = engine.predict(pixels)
        engine.room = 2
        return answers

    predict = Halving(shrinking, out_of_memory=TooLittleMemory, device="gpu:1")
    assert (predict(PIXELS) == brightness(PIXELS)).all()
    assert engine.batches == [8, 2, 2, 2, 2]


def test_each_new_limit_is_logged_once_with_both_sizes(caplog: pytest.LogCaptureFixture) -> None:
    engine = SmallEngine(4)
    predict = halving(engine)
    for engine.room in (4, 4, 1, 1):
        predict(PIXELS)
    assert [(record.levelno, record.getMessage()) for record in caplog.records] == [
        (logging.WARNING, "gpu:1 has no memory for 16 images at once; the limit is now 4"),
        (logging.WARNING, "gpu:1 has no memory for 4 images at once; the limit is now 1"),
    ]


def test_of_two_threads_that_find_it_out_at_once_one_says_so(caplog: pytest.LogCaptureFixture) -> None:
    engine = SmallEngine(4)
    both = threading.Barrier(2, timeout=10)

    def meeting(pixels: Pixels) -> Probabilities:
        if len(pixels) == 8:
            both.wait()
        return engine.predict(pixels)

    predict = Halving(meeting, out_of_memory=TooLittleMemory, device="gpu:1")
    with ThreadPoolExecutor(2) as pool:
        for answers, expected in zip(
            pool.map(predict, [PIXELS[:8], PIXELS[8:]]), [PIXELS[:8], PIXELS[8:]], strict=True
        ):
            assert (answers == brightness(expected)).all()
    assert len(caplog.records) == 1


def test_an_image_for_which_there_is_no_memory_at_all_is_an_error_and_teaches_nothing() -> None:
    engine = SmallEngine(16)
    predict = halving(engine)
    enormous = np.full_like(PIXELS, ENORMOUS)
    for size in (1, 16):
        with pytest.raises(TooLittleMemory):
            predict(enormous[:size])
    engine.asked.clear()
    predict(PIXELS)
    assert engine.asked == [16]


def test_another_error_goes_on_at_once() -> None:
    engine = FakeEngine(fails_on=16)
    with pytest.raises(RuntimeError, match="as it was told to"):
        halving(engine)(PIXELS[:8])
    assert engine.batches == [8]


async def test_in_a_batch_only_the_image_without_memory_fails() -> None:
    engine = SmallEngine(4)
    batcher = Batcher(computing(halving(engine), batch_sizes=engine.batch_sizes), max_waiting=100)
    images = PIXELS.copy()
    images[5] = ENORMOUS
    outcomes = await asyncio.gather(*(bring(batcher, image) for image in images), return_exceptions=True)
    await batcher.close()
    for at, outcome in enumerate(outcomes):
        if at == 5:
            assert isinstance(outcome, InferenceFailed)
        else:
            assert not isinstance(outcome, BaseException)
            assert (outcome.probabilities == brightness(images[at : at + 1])[0]).all()
