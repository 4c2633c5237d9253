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

from app.inference.decoding.process import PROCESS_BYTES
from app.inference.decoding.processes import DecodingLimits, DecodingProcesses
from app.memory.budget import MemoryBudget
from model_store.errors import ImageRejected
from model_store.images.pixels import Decoded, InputSpec, decode
from tests.support.fakes import encode, grey

MIB = 2**20
SPEC = InputSpec(height=8, width=8)
Make = Callable[..., AbstractAsyncContextManager[DecodingProcesses]]


@pytest.fixture
def budget() -> MemoryBudget:
    return MemoryBudget(1024 * MIB)


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


async def decode_in(made: DecodingProcesses, data: bytes, spec: InputSpec, memory_bytes: int) -> Decoded:
    async with made.place() as place:
        with made._budget.share("the image") as share:
            assert share.take_if_free(place.bytes_to_start)
            return await place.decode(data, spec, memory_bytes, share)


def noise(size: int, form: str) -> bytes:
    pixels = np.random.default_rng(7).integers(0, 256, (size, size, 3), np.uint8)
    return encode(Image.fromarray(pixels), form)


@pytest.mark.parametrize("form", ["GIF", "BMP", "TIFF", "PNG", "JPEG"])
async def test_a_process_decodes_to_the_same_pixels(processes: Make, form: str) -> None:
    data = noise(50, form)
    async with processes() as made:
        there = await decode_in(made, data, SPEC, 64 * MIB)
    here = decode(data, SPEC)
    assert np.array_equal(there.pixels, here.pixels)
    assert there._replace(pixels=here.pixels) == here
    assert there.pixels.flags.writeable


async def test_a_rejection_keeps_its_reason_and_the_process_goes_on(processes: Make) -> None:
    async with processes() as made:
        before = children()
        for _ in range(3):
            with pytest.raises(ImageRejected) as error:
                await decode_in(made, b"nothing", SPEC, MIB)
            assert error.value.reason == "not-an-image"
        assert (await decode_in(made, grey(7), SPEC, MIB)).width == 16
        assert len(children() - before) == 1


async def test_too_much_processor_time_ends_the_image_alone(processes: Make) -> None:
    async with processes(processor_s=0.001) as made:
        with pytest.raises(ImageRejected, match=r"more than 0.001 s .*FULLCOUNT_MAX_DECODE_S") as error:
            await decode_in(made, noise(1500, "BMP"), SPEC, 64 * MIB)
    assert error.value.reason == "too-costly"


async def test_too_much_memory_ends_the_image_alone(processes: Make) -> None:
    data = encode(Image.new("RGBA", (3000, 3000), (1, 2, 3, 4)), "WEBP", lossless=True, quality=0, method=0)
    async with processes() as made:
        before = children()
        with pytest.raises(ImageRejected, match="more than the 40 MiB") as error:
            await decode_in(made, data, SPEC, 40 * MIB)
        assert error.value.reason == "too-costly"
        assert (await decode_in(made, grey(7), SPEC, MIB)).width == 16
        assert len(children() - before) == 1


async def process_of(made: DecodingProcesses) -> str:
    """Have a process started, and return its number."""
    before = children()
    await decode_in(made, grey(1), SPEC, MIB)
    (one,) = children() - before
    return one


async def test_who_gives_up_ends_the_work(processes: Make, budget: MemoryBudget) -> None:
    async with processes() as made:
        one = await process_of(made)
        os.kill(int(one), signal.SIGSTOP)
        work = asyncio.create_task(decode_in(made, grey(2), SPEC, MIB))
        await asyncio.sleep(0.05)
        work.cancel()
        await asyncio.gather(work, return_exceptions=True)
        while one in children():  # noqa: ASYNC110  the system ends it
            await asyncio.sleep(0.01)
        assert budget.taken == 0


async def test_no_more_processes_than_allowed_take_turns(processes: Make, budget: MemoryBudget) -> None:
    async with processes(at_once=2) as made:
        decoded = await asyncio.gather(*(decode_in(made, grey(level, "BMP"), SPEC, MIB) for level in range(0, 100, 10)))
        assert [int(one.pixels[0, 0, 0]) for one in decoded] == list(range(0, 100, 10))
        assert budget.taken == 2 * PROCESS_BYTES


async def test_a_killed_process_is_replaced(processes: Make) -> None:
    async with processes() as made:
        one = await process_of(made)
        os.kill(int(one), signal.SIGKILL)
        while one in children():  # noqa: ASYNC110  until it is noticed
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.05)
        assert (await decode_in(made, grey(3), SPEC, MIB)).width == 16


async def test_an_image_whose_process_is_killed_is_decoded_in_another(processes: Make, budget: MemoryBudget) -> None:
    async with processes() as made:
        one = await process_of(made)
        os.kill(int(one), signal.SIGSTOP)
        work = asyncio.create_task(decode_in(made, grey(2), SPEC, MIB))
        await asyncio.sleep(0.05)
        os.kill(int(one), signal.SIGKILL)
        assert (await work).width == 16
        assert budget.taken == PROCESS_BYTES


async def test_processes_without_work_end_when_memory_is_waited_for(processes: Make, budget: MemoryBudget) -> None:
    async with processes() as made:
        await decode_in(made, grey(1), SPEC, MIB)
        assert budget.taken == PROCESS_BYTES
        with budget.share("a large picture") as share:
            await share.take(budget.largest, 0.1)
            assert budget.taken == budget.largest
