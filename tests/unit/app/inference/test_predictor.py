"""Many images at once: bounded, in order, each with its own fate, and nothing left running."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, aclosing, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from app.errors import InferenceFailed, Overloaded
from app.inference.loaded_version import LoadedVersion
from app.inference.predictor import Prediction, PredictionOutcome, Predictor
from app.inference.sources import SourceFile
from app.lifecycle.registry import Registry
from app.memory.budget import MemoryBudget
from app.observability.metrics import ServiceMetrics
from app.settings import GIB, Settings
from model_store.errors import ImageRejected
from model_store.store import ModelStore
from tests.support.fakes import FakeEngine, FakeFactory, grey, publish

Ready = tuple[Predictor, LoadedVersion]


@pytest.fixture
def engine() -> FakeEngine:
    return FakeEngine()


@pytest.fixture
def ready(tmp_path: Path, engine: FakeEngine) -> Callable[..., AbstractAsyncContextManager[Ready]]:
    """Return a function that makes a predictor and a loaded version; keyword arguments are settings."""
    publish(tmp_path)

    @asynccontextmanager
    async def making(**given: Any) -> AsyncIterator[Ready]:  # noqa: ANN401  of any type
        settings, metrics = Settings(store=tmp_path, **given), ServiceMetrics()
        registry = Registry(ModelStore(tmp_path), settings, FakeFactory(engine), metrics)
        predictor = Predictor(settings, metrics, MemoryBudget(GIB))
        await registry.start()
        async with registry.use() as loaded:
            yield predictor, loaded
        await registry.close()
        await predictor.close()

    return making


Make = Callable[..., AbstractAsyncContextManager[Ready]]


def files(*levels: int) -> list[SourceFile]:
    return [file_of(grey(level)) for level in levels]


def file_of(data: bytes) -> SourceFile:
    return SourceFile(lambda: data, len(data))


def level_of(outcome: PredictionOutcome) -> int:
    assert isinstance(outcome, Prediction)
    return round(float(outcome.probabilities[1]) * 255)


async def test_predictions_come_in_the_order_of_the_images(ready: Make) -> None:
    async with ready(max_in_flight=4) as (predictor, loaded):
        outcomes = [one async for one in predictor.predict_each(loaded, files(*range(0, 250, 10)))]
    assert [level_of(one) for one in outcomes] == list(range(0, 250, 10))


async def test_no_more_images_are_in_memory_than_the_limit(ready: Make, engine: FakeEngine) -> None:
    held, most = 0, 0

    def read() -> bytes:
        nonlocal held, most
        held += 1
        most = max(most, held)
        return grey(9)

    async with ready(max_in_flight=3, decode_threads=1) as (predictor, loaded):
        async for _ in predictor.predict_each(loaded, [SourceFile(read, 9)] * 20):
            held -= 1
    assert most <= 3
    assert sum(engine.batches) == 20


async def test_an_image_that_is_none_fails_alone(ready: Make, engine: FakeEngine) -> None:
    engine.fails_on = 66
    async with ready() as (predictor, loaded):
        given = [*files(10), file_of(b"no image"), *files(66, 20)]
        outcomes = [one async for one in predictor.predict_each(loaded, given)]
    assert [type(one) for one in outcomes] == [Prediction, ImageRejected, InferenceFailed, Prediction]


async def test_giving_up_in_the_middle_leaves_nothing_waiting(ready: Make, engine: FakeEngine) -> None:
    async with ready() as (predictor, loaded):
        engine.gate.clear()
        before = asyncio.all_tasks()

        async def consume() -> None:
            async with aclosing(predictor.predict_each(loaded, files(*range(20)))) as outcomes:
                async for _ in outcomes:
                    pass

        consumer = asyncio.create_task(consume())
        await asyncio.to_thread(engine.begun.wait)
        consumer.cancel()
        await asyncio.gather(consumer, return_exceptions=True)
        assert asyncio.all_tasks() == before
        assert loaded.batcher.waiting() == 0
        engine.gate.set()
        assert level_of(await predictor.predict(loaded, *files(7))) == 7


async def test_closing_the_iterator_stops_what_is_under_way(ready: Make) -> None:
    async with ready(max_in_flight=4) as (predictor, loaded):
        before = asyncio.all_tasks()
        async with aclosing(predictor.predict_each(loaded, files(*range(50)))) as outcomes:
            assert level_of(await anext(outcomes)) == 0
        assert asyncio.all_tasks() == before


async def test_an_unexpected_error_of_a_reader_is_raised_and_ends_the_others(ready: Make) -> None:
    def broken() -> bytes:
        raise OSError("the disk")

    async with ready() as (predictor, loaded):
        before = asyncio.all_tasks()
        with pytest.raises(OSError, match="the disk"):
            async with aclosing(
                predictor.predict_each(loaded, [*files(1), SourceFile(broken, 9), *files(2, 3)])
            ) as outcomes:
                [one async for one in outcomes]
        assert asyncio.all_tasks() == before


async def test_more_single_images_than_may_wait_for_a_worker_are_refused(ready: Make) -> None:
    gate = threading.Event()

    def slow() -> bytes:
        gate.wait(10)
        return grey(1)

    async with ready(max_queue=3, decode_threads=1) as (predictor, loaded):
        tasks = [asyncio.create_task(predictor.predict(loaded, slow)) for _ in range(10)]
        refused, answered = await asyncio.wait(tasks, return_when=asyncio.FIRST_EXCEPTION)
        gate.set()
        await asyncio.wait(answered)
    assert len(answered) == 3
    assert [type(one.exception()) for one in refused] == [Overloaded] * 7
    assert [one.exception() for one in answered] == [None] * 3


async def test_images_are_counted_by_what_became_of_them(ready: Make) -> None:
    async with ready() as (predictor, loaded):
        outcomes = predictor.predict_each(loaded, [*files(1, 2), file_of(b""), file_of(b"x")])
        assert len([one async for one in outcomes]) == 4
        text = predictor._metrics.text().decode()
    for outcome, count in (("scored", 2), ("empty", 1), ("not-an-image", 1)):
        assert f'fullcount_images_total{{outcome="{outcome}"}} {count}.0' in text


async def test_a_single_image_does_not_wait_behind_the_images_of_a_batch(ready: Make) -> None:
    turn = threading.Event()
    order: list[str] = []

    def slow() -> bytes:
        turn.wait(10)
        order.append("batch")
        return grey(1)

    def single() -> bytes:
        order.append("single")
        return grey(2)

    async def answers(predictor: Predictor, loaded: LoadedVersion) -> list[PredictionOutcome]:
        return [one async for one in predictor.predict_each(loaded, [SourceFile(slow, 9)] * 20)]

    async with ready(decode_threads=1) as (predictor, loaded):
        batch = asyncio.create_task(answers(predictor, loaded))
        await asyncio.sleep(0.01)  # until the only decoder is busy with the first
        one = asyncio.create_task(predictor.predict(loaded, single))
        await asyncio.sleep(0.01)
        turn.set()
        await one
        assert order.index("single") <= 2
        assert len(await batch) == 20
