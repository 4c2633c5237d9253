"""Rates are counted by what was done, and what is slow is found to be slow."""

import threading
import time

import numpy as np

from app.bench.limits import measure_limits, median_ms, rate, stack
from app.bench.pictures import COUNT, SIZE, make_pictures
from model_store.images.pixels import InputSpec, Pixels, decode
from tests.support.fakes import FakeEngine

SPEC = InputSpec(height=8, width=8)
SAMPLES: Pixels = np.random.default_rng(0).integers(0, 256, (3, 32, 32, 3), dtype=np.uint8)


def test_a_rate_is_the_work_of_all_threads_over_the_time() -> None:
    seen: set[int] = set()

    def work(number: int) -> None:
        del number
        seen.add(threading.get_ident())
        time.sleep(0.02)

    found = rate(work, 3, 0.6)
    assert len(seen) == 3
    assert 75 < found <= 151  # 3 threads, 20 ms each


def test_each_piece_of_work_is_done_once() -> None:
    numbers: list[int] = []
    rate(numbers.append, 4, 0.05)
    assert sorted(numbers) == list(range(len(numbers)))


def test_the_time_of_one_is_a_median() -> None:
    def work(number: int) -> None:
        time.sleep(0.2 if number == 1 else 0.01)

    assert 10 <= median_ms(work, 0.5) < 100


def test_the_limit_of_both_is_below_that_of_each() -> None:
    engine = FakeEngine(delay_s=0.01)
    limits = measure_limits(engine, SPEC, make_pictures(SAMPLES), threads=1, seconds=0.3)
    assert limits.both < limits.compute <= 800  # batches of 8, 10 ms each
    assert limits.both < limits.decode
    assert limits.alone_ms >= 10
    assert set(engine.batches) == {1, 8}


def test_a_batch_begins_again_at_the_end() -> None:
    pixels = [np.full((1, 1, 3), number, np.uint8) for number in range(3)]
    assert stack(pixels, 2, 4)[:, 0, 0, 0].tolist() == [2, 0, 1, 2]


def test_pictures_are_distinct_photographs_of_a_usual_size_and_the_same_every_time() -> None:
    pictures = make_pictures(SAMPLES)
    assert len(set(pictures)) == COUNT
    assert pictures == make_pictures(SAMPLES)
    decoded = [decode(picture, SPEC) for picture in pictures]
    assert {(one.format, one.width, one.height) for one in decoded} == {("JPEG", *SIZE)}
    assert all(len(picture) > 20_000 for picture in pictures)
