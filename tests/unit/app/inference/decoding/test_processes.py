"""Decoding in processes: the same pixels, limits that hold, and nothing left running."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from app.inference.decoding.processes import PROCESS_BYTES, DecodingLimits, DecodingProcesses
from app.memory.budget import MemoryBudget, Share
from model_store.errors import ImageRejected
from model_store.images.pixels import InputSpec, decode
from tests.support.fakes import encode, grey

MIB = 2**20
SPEC = InputSpec(height=8, width=8)
Make = Callable[..., AbstractAsyncContextManager[DecodingProcesses]]


@pytest.fixture
def budget() -> MemoryBudget:
    return MemoryBudget(1024 * MIB)


@pytest.fixture
def share(budget: MemoryBudget) -> Share:
    return Share(budget, "the image")


@pytest.fixture
def processes(budget: MemoryBudget) -> Make:
    @asynccontextmanager
    async def making(at_once: int = 1, processor_s: float = 2.0) -> AsyncIterator[DecodingProcesses]:
        made = DecodingProcesses(at_once, DecodingLimits(10**9, processor_s), budget)
        yield made
        await made.close()
        assert budget.taken == 0

    return making


def children() -> set[str]:
    return set(Path(f"/proc/self/task/{os.getpid()}/children").read_text().split())


def noise(size: int, form: str) -> bytes:
    pixels = np.random.default_rng(7).integers(0, 256, (size, size, 3), np.uint8)
    return encode(Image.fromarray(pixels), form)


@pytest.mark.parametrize("form", ["GIF", "BMP", "TIFF", "PNG", "JPEG"])
async def test_a_process_decodes_to_the_same_pixels(processes: Make, form: str, share: Share) -> None:
    data = noise(50, form)
    async with processes() as made:
        there = await made.decode(data, SPEC, share, 64 * MIB)
    here = decode(data, SPEC)
    assert np.array_equal(there.pixels, here.pixels)
    assert there._replace(pixels=here.pixels) == here
    assert there.pixels.flags.writeable


async def test_a_rejection_keeps_its_reason_and_the_process_goes_on(processes: Make, share: Share) -> None:
    async with processes() as made:
        before = children()
        for _ in range(3):
            with pytest.raises(ImageRejected) as error:
                await made.decode(b"nothing", SPEC, share, MIB)
            assert error.value.reason == "not-an-image"
        assert (await made.decode(grey(7), SPEC, share, MIB)).width == 16
        assert len(children() - before) == 1


async def test_too_much_processor_time_ends_the_image_alone(processes: Make, share: Share) -> None:
    async with processes(processor_s=0.001) as made:
        with pytest.raises(ImageRejected, match=r"more than 0.001 s .*FULLCOUNT_MAX_DECODE_S") as error:
            await made.decode(noise(1500, "BMP"), SPEC, share, 64 * MIB)
    assert error.value.reason == "too-costly"


async def test_too_much_memory_ends_the_image_alone(processes: Make, share: Share) -> None:
    data = encode(Image.new("RGBA", (3000, 3000), (1, 2, 3, 4)), "WEBP", lossless=True, quality=0, method=0)
    async with processes() as made:
        before = children()
        with pytest.raises(ImageRejected, match="more than the 40 MiB") as error:
            await made.decode(data, SPEC, share, 40 * MIB)
        assert error.value.reason == "too-costly"
        assert (await made.decode(grey(7), SPEC, share, MIB)).width == 16
        assert len(children() - before) == 1


async def test_who_gives_up_ends_the_work(processes: Make, budget: MemoryBudget, share: Share) -> None:
    async with processes() as made:
        before = children()
        await made.decode(grey(1), SPEC, share, MIB)
        (one,) = children() - before
        os.kill(int(one), signal.SIGSTOP)
        work = asyncio.create_task(made.decode(grey(2), SPEC, share, MIB))
        await asyncio.sleep(0.05)
        work.cancel()
        await asyncio.gather(work, return_exceptions=True)
        while one in children():  # noqa: ASYNC110  the system ends it
            await asyncio.sleep(0.01)
        assert budget.taken == 0


async def test_no_more_processes_than_allowed_take_turns(processes: Make, budget: MemoryBudget, share: Share) -> None:
    async with processes(at_once=2) as made:
        decoded = await asyncio.gather(
            *(made.decode(grey(level, "BMP"), SPEC, share, MIB) for level in range(0, 100, 10))
        )
        assert [int(one.pixels[0, 0, 0]) for one in decoded] == list(range(0, 100, 10))
        assert budget.taken == 2 * PROCESS_BYTES


async def test_a_killed_process_is_replaced(processes: Make, share: Share) -> None:
    async with processes() as made:
        before = children()
        await made.decode(grey(1), SPEC, share, MIB)
        (one,) = children() - before
        os.kill(int(one), signal.SIGKILL)
        while one in children():  # noqa: ASYNC110  until it is noticed
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.05)
        assert (await made.decode(grey(3), SPEC, share, MIB)).width == 16


async def test_a_process_without_work_ends_if_its_memory_is_needed(
    processes: Make, share: Share, budget: MemoryBudget
) -> None:
    async with processes() as made:
        await made.decode(grey(1), SPEC, share, MIB)
        assert budget.taken == PROCESS_BYTES
        await share.take(budget.largest, 1)
        assert budget.taken == budget.largest
        share.give_back()


async def test_images_that_all_wait_for_a_process_take_turns(processes: Make, budget: MemoryBudget) -> None:
    budget.resize(4 * PROCESS_BYTES)
    all_have_memory = asyncio.Barrier(3)
    async with processes(at_once=3) as made:

        async def decode_one(level: int) -> int:
            with budget.share("the image") as share:
                await share.take(PROCESS_BYTES, 1)
                await all_have_memory.wait()
                decoded = await made.decode(grey(level), SPEC, share, PROCESS_BYTES)
            return int(decoded.pixels[0, 0, 0])

        levels = await asyncio.wait_for(asyncio.gather(*map(decode_one, (10, 20, 30))), 8)
        assert levels == [10, 20, 30]
