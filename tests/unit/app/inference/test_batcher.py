"""The batcher's promises: work-conserving, bounded, fair, and every future completed."""

import asyncio
import os
import sys
import threading
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import numpy as np
import pytest

from app.concurrency import NICENESS, lower_own_priority
from app.errors import InferenceFailed, Overloaded, ShuttingDown
from app.inference.batcher import Answer, Batcher
from app.inference.engines.base import Probabilities
from model_store.images.pixels import Pixels
from tests.support.fakes import SIZE, FakeEngine, bring, computing

Run = Callable[..., AbstractAsyncContextManager[Batcher]]


@pytest.fixture
def engine() -> FakeEngine:
    return FakeEngine()


@pytest.fixture
def run(engine: FakeEngine) -> Run:
    """Return a function that runs a batcher for the engine."""

    @asynccontextmanager
    async def running(*, max_waiting: int = 100, sizes: tuple[int, ...] = engine.batch_sizes) -> AsyncIterator[Batcher]:
        engine.batch_sizes = sizes
        batcher = Batcher(engine, max_waiting=max_waiting)
        try:
            yield batcher
        finally:
            engine.gate.set()
            await batcher.close()

    return running


def shade(level: int) -> Pixels:
    return np.full((SIZE, SIZE, 3), level, np.uint8)


def ask(batcher: Batcher, *levels: int, is_background: bool = False) -> list[asyncio.Future[Answer]]:
    return [bring(batcher, shade(level), is_background=is_background) for level in levels]


def queue(batcher: Batcher, *levels: int, is_background: bool = False) -> list[asyncio.Future[Answer]]:
    """Bring images, in order, while all lanes are busy."""
    answers = [asyncio.get_running_loop().create_future() for _ in levels]
    for level, answer in zip(levels, answers, strict=True):
        batcher.compute(shade(level), answer, is_background=is_background)
    return answers


async def occupy(batcher: Batcher, engine: FakeEngine) -> asyncio.Future[Answer]:
    """Keep the engine busy with one image until its gate is opened."""
    engine.gate.clear()
    (first,) = ask(batcher, 0)
    await asyncio.to_thread(engine.begun.wait)
    return first


def levels_of(answers: list[Answer]) -> list[int]:
    return [round(float(answer.probabilities[1]) * 255) for answer in answers]


async def test_an_idle_engine_starts_at_once_with_a_single_image(engine: FakeEngine, run: Run) -> None:
    async with run() as batcher:
        answer = await asyncio.wait_for(bring(batcher, shade(51)), 5)
    assert engine.batches == [1]
    assert levels_of([answer]) == [51]


async def test_a_batch_grows_only_while_the_engine_is_busy(engine: FakeEngine, run: Run) -> None:
    async with run() as batcher:
        first = await occupy(batcher, engine)
        others = queue(batcher, *range(1, 9))
        engine.gate.set()
        answers = await asyncio.gather(first, *others)
    assert engine.batches == [1, 8]
    assert levels_of(answers) == list(range(9))


async def test_every_batch_has_one_of_the_allowed_sizes(engine: FakeEngine, run: Run) -> None:
    async with run() as batcher:
        first = await occupy(batcher, engine)
        others = queue(batcher, *range(1, 8))
        engine.gate.set()
        await asyncio.gather(first, *others)
    assert engine.batches == [1, 4, 2, 1]


async def test_one_more_than_may_wait_is_refused_at_once(engine: FakeEngine, run: Run) -> None:
    async with run(max_waiting=2) as batcher:
        first = await occupy(batcher, engine)
        waiting = queue(batcher, 1, 2)
        with pytest.raises(Overloaded, match="already 2 images waiting"):
            queue(batcher, 3)
        engine.gate.set()
        assert levels_of(await asyncio.gather(first, *waiting)) == [0, 1, 2]


async def test_a_background_caller_is_not_refused(engine: FakeEngine, run: Run) -> None:
    async with run(max_waiting=1) as batcher:
        first = await occupy(batcher, engine)
        foreground = queue(batcher, 1)
        background = queue(batcher, 2, 3, 4, is_background=True)
        engine.gate.set()
        assert levels_of(await asyncio.gather(first, *foreground, *background)) == [0, 1, 2, 3, 4]


async def test_a_cancelled_caller_frees_its_place(engine: FakeEngine, run: Run) -> None:
    async with run(max_waiting=1) as batcher:
        await occupy(batcher, engine)
        (gone,) = queue(batcher, 1)
        gone.cancel()
        batcher.withdraw(gone)
        assert batcher.waiting() == 0
        (other,) = queue(batcher, 2)
        engine.gate.set()
        assert levels_of([await other]) == [2]


async def test_a_caller_cancelled_in_a_running_batch_hurts_nobody(engine: FakeEngine, run: Run) -> None:
    async with run() as batcher:
        first = await occupy(batcher, engine)
        first.cancel()
        others = queue(batcher, 5, 6)
        engine.gate.set()
        assert levels_of(await asyncio.gather(*others)) == [5, 6]
        assert first.cancelled()


async def test_an_image_that_the_engine_fails_on_fails_alone(engine: FakeEngine, run: Run) -> None:
    engine.fails_on = 13
    async with run() as batcher:
        first = await occupy(batcher, engine)
        others = queue(batcher, 11, 12, 13, 14)
        engine.gate.set()
        outcomes = await asyncio.gather(first, *others, return_exceptions=True)
    assert levels_of([one for one in outcomes if isinstance(one, Answer)]) == [0, 11, 12, 14]
    assert isinstance(outcomes[3], InferenceFailed)


async def test_an_engine_with_too_few_answers_leaves_nobody_waiting() -> None:
    def short(pixels: Pixels) -> Probabilities:
        return np.zeros((len(pixels) - 1, 2), np.float32)

    batcher = Batcher(computing(short, batch_sizes=(1, 2)), max_waiting=9)
    outcomes = await asyncio.wait_for(asyncio.gather(*ask(batcher, 1, 2, 3), return_exceptions=True), 5)
    assert [type(one) for one in outcomes] == [InferenceFailed] * 3
    await batcher.close()


@pytest.mark.parametrize("row", [(np.nan, np.nan), (0.0, 0.0), (0.7, 0.7), (np.inf, 0.0)])
async def test_what_is_no_probability_fails_for_its_own_image_only(row: tuple[float, float]) -> None:
    def compute(pixels: Pixels) -> Probabilities:
        answers = np.full((len(pixels), 2), 0.5, np.float32)
        answers[pixels[:, 0, 0, 0] == 2] = row
        return answers

    batcher = Batcher(computing(compute, batch_sizes=(1, 2)), max_waiting=9)
    outcomes = await asyncio.gather(*ask(batcher, 1, 2, 3), return_exceptions=True)
    assert [type(one) for one in outcomes] == [Answer, InferenceFailed, Answer]
    await batcher.close()


@pytest.mark.parametrize("sizes", [(1,), (1, 2), (1, 2, 4)])
async def test_the_background_are_served_while_the_foreground_keep_coming(run: Run, sizes: tuple[int, ...]) -> None:
    async with run(sizes=sizes) as batcher:
        foreground = {*ask(batcher, *range(8))}
        (background,) = ask(batcher, 200, is_background=True)
        rounds = 0
        while not background.done():
            done, foreground = await asyncio.wait({*foreground, background}, return_when=asyncio.FIRST_COMPLETED)
            foreground = {*foreground, *ask(batcher, *range(len(done)))} - {background}
            rounds += 1
            assert rounds < 50, "the background starve"
        await asyncio.gather(*foreground)


@pytest.mark.parametrize("sizes", [(1,), (1, 2, 4, 8)])
async def test_the_foreground_wait_for_the_background_no_longer_than_one_batch(
    engine: FakeEngine, sizes: tuple[int, ...]
) -> None:
    computed: list[int] = []

    def predict(pixels: Pixels) -> Probabilities:
        computed.extend(pixels[:, 0, 0, 0])
        return engine.predict(pixels)

    batcher = Batcher(computing(predict, batch_sizes=sizes), max_waiting=100)
    await occupy(batcher, engine)
    background = queue(batcher, *range(1, 101), is_background=True)
    (foreground,) = queue(batcher, 200)
    engine.gate.set()
    await asyncio.gather(foreground, *background)
    assert computed.index(200) <= 1 + sizes[-1], "the one under way, at most one batch of the background, its own"
    await batcher.close()


async def test_close_finishes_the_batch_under_way_and_turns_the_rest_away(engine: FakeEngine, run: Run) -> None:
    async with run() as batcher:
        first = await occupy(batcher, engine)
        others = queue(batcher, 1, 2) + queue(batcher, 3, is_background=True)
        closing = asyncio.create_task(batcher.close())
        await asyncio.sleep(0)
        engine.gate.set()
        await closing
        outcomes = await asyncio.gather(first, *others, return_exceptions=True)
        with pytest.raises(ShuttingDown):
            queue(batcher, 4)
    assert isinstance(outcomes[0], Answer)
    assert [type(one) for one in outcomes[1:]] == [ShuttingDown] * 3


async def test_an_answer_says_how_long_the_image_waited_and_was_computed(engine: FakeEngine, run: Run) -> None:
    async with run(sizes=(1,)) as batcher:
        computing = await occupy(batcher, engine)
        (waiting,) = queue(batcher, 1)
        await asyncio.sleep(0.05)
        engine.gate.set()
        first, second = await asyncio.gather(computing, waiting)
    assert first.inference_ms >= 50 > first.queue_ms >= 0
    assert second.queue_ms >= 50


async def test_of_two_hundred_callers_of_whom_half_give_up_the_other_half_are_answered_right(
    engine: FakeEngine, run: Run
) -> None:
    engine.delay_s = 0.001
    async with run(max_waiting=200) as batcher:
        tasks = ask(batcher, *range(200))
        await tasks[20]
        for task in tasks[1::2]:
            task.cancel()
            batcher.withdraw(task)
        kept = await asyncio.gather(*tasks[::2])
        assert levels_of(kept) == list(range(0, 200, 2))
        await asyncio.gather(*tasks, return_exceptions=True)
        assert batcher.waiting() == 0


async def test_as_many_batches_are_computed_at_once_as_there_are_lanes(engine: FakeEngine) -> None:
    together = threading.Barrier(3)

    def predict(pixels: Pixels) -> Probabilities:
        together.wait(5)  # breaks, and with it the answer, unless three threads are here at once
        return engine.predict(pixels)

    batcher = Batcher(computing(predict, batch_sizes=(1,), lanes=3), max_waiting=100)
    answers = await asyncio.gather(*ask(batcher, *range(9)))
    await batcher.close()
    assert levels_of(answers) == list(range(9))


async def test_closing_waits_for_every_lane(engine: FakeEngine) -> None:
    engine.batch_sizes, engine.lanes = (1,), 2
    batcher = Batcher(engine, max_waiting=100)
    engine.gate.clear()
    asked = ask(batcher, 0, 1)
    while batcher._free_lanes:  # noqa: ASYNC110  nothing tells that it has changed
        await asyncio.sleep(0.001)
    asked += queue(batcher, 2, 3)
    closing = asyncio.create_task(batcher.close())
    await asyncio.sleep(0.05)
    assert not closing.done()
    engine.gate.set()
    await closing
    outcomes = await asyncio.gather(*asked, return_exceptions=True)
    assert levels_of([one for one in outcomes if isinstance(one, Answer)]) == [0, 1]
    assert [type(one) for one in outcomes[2:]] == [ShuttingDown, ShuttingDown]


@pytest.mark.parametrize("sizes", [(1,), (1, 2)])
async def test_only_batches_of_background_callers_alone_are_computed_in_background(sizes: tuple[int, ...]) -> None:
    in_background: list[int] = []
    engine = FakeEngine()
    engine.batch_sizes = sizes

    def predict_in_background(pixels: Pixels) -> Probabilities:
        in_background.extend(pixels[:, 0, 0, 0])
        return engine.predict(pixels)

    engine.predict_in_background = predict_in_background  # type: ignore[method-assign]
    batcher = Batcher(engine, max_waiting=100)
    first = await occupy(batcher, engine)
    asked = queue(batcher, 1) + queue(batcher, 2, 3, 4, is_background=True)
    engine.gate.set()
    await asyncio.gather(first, *asked)
    assert in_background == ([2, 3, 4] if sizes == (1,) else [3, 4])
    await batcher.close()


@pytest.mark.parametrize("sizes", [(1,), (1, 2)])
async def test_no_foreground_image_is_computed_by_the_worker_of_a_background_one(sizes: tuple[int, ...]) -> None:
    threads: dict[int, int] = {}
    engine = FakeEngine()
    compute = engine.predict

    def predict(pixels: Pixels) -> Probabilities:
        threads.update(dict.fromkeys(pixels[:, 0, 0, 0].tolist(), threading.get_native_id()))
        return compute(pixels)

    engine.batch_sizes = sizes
    engine.predict = engine.predict_in_background = predict  # type: ignore[method-assign]
    batcher = Batcher(engine, max_waiting=100)
    engine.gate.clear()
    first: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
    with ThreadPoolExecutor(1, initializer=lower_own_priority) as worker:
        worker.submit(batcher.compute, shade(0), first, is_background=True)
        await asyncio.to_thread(engine.begun.wait)
        background = queue(batcher, 1, is_background=True)
        foreground = queue(batcher, 200)
        engine.gate.set()
        await asyncio.gather(first, *background, *foreground)
    assert threads[200] != threads[0]
    if sys.platform == "linux":
        assert os.getpriority(os.PRIO_PROCESS, threads[200]) < NICENESS
    await batcher.close()
