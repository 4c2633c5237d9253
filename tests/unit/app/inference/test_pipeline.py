"""The way of one image: who decodes it, with whose memory, and what is left when it fails."""

import asyncio
import gc
import threading
import tracemalloc
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, ExitStack, asynccontextmanager, contextmanager

import pytest

from app.errors import Exhausted
from app.inference import pipeline as pipeline_module
from app.inference import work as work_module
from app.inference.batcher import Batcher
from app.inference.decoding.process import PROCESS_BYTES
from app.inference.decoding.processes import DecodingLimits
from app.inference.pipeline import Computed, Pipeline
from app.inference.sources import Source, SourceFile
from app.memory.budget import MemoryBudget
from model_store.errors import ImageRejected
from model_store.images.examination import Examined, examine
from model_store.images.pixels import InputSpec
from tests.support.fakes import FakeEngine, grey

MIB = 2**20
SPEC = InputSpec(height=8, width=8)
Run = Callable[[Source], "asyncio.Task[Computed]"]
Make = Callable[..., AbstractAsyncContextManager[Run]]


@pytest.fixture
def budget() -> MemoryBudget:
    return MemoryBudget(1024 * MIB)


@pytest.fixture(params=[False, True], ids=["foreground", "background"])
def is_background(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


@pytest.fixture
def running(budget: MemoryBudget, *, is_background: bool) -> Make:
    """Return a function that makes a pipeline, and yields how to run an image in it."""

    @asynccontextmanager
    async def making(processor_s: float = 2.0) -> AsyncIterator[Run]:
        limits = DecodingLimits(10**8, processor_s)
        made = Pipeline(threads=2, processes=2, limits=limits, max_queue=4, budget=budget)
        batcher = Batcher(FakeEngine(), max_waiting=4)

        def run(source: Source) -> "asyncio.Task[Computed]":
            return asyncio.create_task(made.run(source, SPEC, batcher, is_background=is_background))

        yield run
        while any(pulse.stopped_s() for pulse in made.pulses):  # noqa: ASYNC110  a thread may be busy for nobody
            await asyncio.sleep(0.01)
        await batcher.close()
        await made.close()
        async with asyncio.timeout(5):
            while budget.taken:  # noqa: ASYNC110  the same in the background
                await asyncio.sleep(0.01)
        assert (budget.taken, budget.waiting) == (0, 0)

    return making


@contextmanager
def filled(budget: MemoryBudget) -> Iterator[None]:
    """Take every byte of a budget for the length of a block."""
    with ExitStack() as stack:
        while budget.taken < budget.total:
            share = stack.enter_context(budget.share("others"))
            assert share.take_if_free(min(budget.total // 16, budget.total - budget.taken))
        yield


def file_of(data: bytes) -> SourceFile:
    return SourceFile(lambda: data, len(data))


def level_of(computed: Computed) -> int:
    return round(float(computed.answer.probabilities[1]) * 255)


@pytest.mark.parametrize("form", ["PNG", "BMP", "GIF"])
async def test_every_format_is_answered_wherever_it_is_decoded(running: Make, budget: MemoryBudget, form: str) -> None:
    async with running() as run:
        assert level_of(await run(file_of(grey(77, form)))) == 77
        assert budget.taken == (0 if form == "PNG" else PROCESS_BYTES)


async def test_bytes_that_are_handed_over_once_are_enough(running: Make) -> None:
    data = [grey(78, "BMP")]
    async with running() as run:
        assert level_of(await run(data.pop)) == 78


async def test_without_room_an_image_waits_and_is_decoded_then(running: Make, budget: MemoryBudget) -> None:
    async with running() as run:
        with filled(budget):
            works = [run(file_of(grey(level))) for level in (10, 20, 30)]
            await asyncio.sleep(0.05)
            assert not any(work.done() for work in works)
        assert [level_of(one) for one in await asyncio.gather(*works)] == [10, 20, 30]


@pytest.mark.parametrize("is_background", [False], indirect=True)
async def test_a_single_image_without_room_in_time_is_refused(
    running: Make, budget: MemoryBudget, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(work_module, "PATIENCE_S", 0.01)
    async with running() as run:
        with filled(budget), pytest.raises(Exhausted):
            await run(file_of(grey(1)))


async def test_an_image_that_never_has_room_says_so_by_the_name_of_the_setting(
    running: Make, budget: MemoryBudget
) -> None:
    budget.resize(2 * MIB)
    async with running() as run:
        with pytest.raises(ImageRejected, match="FULLCOUNT_MEMORY_MIB") as error:
            await run(file_of(grey(1, size=(2000, 2000))))
    assert error.value.reason == "too-costly"


@pytest.mark.parametrize("is_background", [True], indirect=True)
async def test_many_images_share_little_memory_without_waiting_for_each_other_for_ever(
    running: Make, budget: MemoryBudget
) -> None:
    budget.resize(96 * MIB)
    pictures = [grey(level, "BMP", size=(1000, 1000)) for level in range(0, 240, 10)]
    async with running() as run:
        answers = await asyncio.gather(*(run(file_of(picture)) for picture in pictures))
    assert [level_of(one) for one in answers] == list(range(0, 240, 10))


async def test_whoever_gives_up_leaves_nothing(running: Make) -> None:
    async with running() as run:
        works = [run(file_of(grey(1, form, size=(1000, 1000)))) for form in ("BMP", "PNG", "BMP", "PNG")]
        await asyncio.sleep(0.02)
        for work in works:
            work.cancel()
        await asyncio.gather(*works, return_exceptions=True)
        assert level_of(await run(file_of(grey(9)))) == 9


async def test_the_bytes_of_a_broken_image_go_with_its_error(running: Make) -> None:
    async with running() as run:
        gc.collect()
        gc.disable()
        tracemalloc.start()
        try:
            for form in ("JPEG", "BMP") * 2:
                broken = [grey(1, form, size=(900, 900))[:200] + bytes(2 * MIB)]
                with pytest.raises(ImageRejected):
                    await run(broken.pop)
            assert tracemalloc.get_traced_memory()[0] < 2 * MIB
        finally:
            tracemalloc.stop()
            gc.enable()


async def test_costly_images_that_fill_the_budget_take_turns(running: Make, budget: MemoryBudget) -> None:
    budget.resize(96 * MIB)  # one process, and beside it one picture, which is in both processes
    files = [file_of(grey(level, "BMP", size=(1300, 1300))) for level in (10, 20, 30, 40)]
    async with running() as run:
        works = [run(file) for file in files]
        assert [level_of(one) for one in await asyncio.wait_for(asyncio.gather(*works), 20)] == [10, 20, 30, 40]


async def test_memory_is_taken_until_the_worker_of_an_image_that_was_given_up_has_ended(
    running: Make, budget: MemoryBudget, monkeypatch: pytest.MonkeyPatch
) -> None:
    has_begun, may_go_on = threading.Event(), threading.Event()

    def examine_slowly(data: bytes, spec: InputSpec, *, max_image_pixels: int) -> Examined:
        has_begun.set()
        may_go_on.wait()
        return examine(data, spec, max_image_pixels=max_image_pixels)

    monkeypatch.setattr(pipeline_module, "examine", examine_slowly)
    async with running() as run:
        file = file_of(grey(1, size=(1000, 1000)))
        work = run(file)
        await asyncio.to_thread(has_begun.wait)
        work.cancel()
        await asyncio.gather(work, return_exceptions=True)
        assert budget.taken == file.bytes
        may_go_on.set()
        while budget.taken:  # noqa: ASYNC110  a thread gives it back
            await asyncio.sleep(0.01)
