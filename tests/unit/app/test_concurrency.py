"""Threads of low priority, slots, and work in order."""

import asyncio
import os
import sys
import threading
from collections.abc import AsyncIterator
from contextlib import aclosing

import pytest

from app.concurrency import NICENESS, FileThreads, Slots, call_at_low_priority, in_order, lower_own_priority
from app.errors import Overloaded

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux has a priority for each thread")


def niceness() -> int:
    return os.getpriority(os.PRIO_PROCESS, threading.get_native_id())


def test_the_calling_thread_and_those_it_starts_have_the_lowest_priority() -> None:
    found: list[int] = []

    def work() -> None:
        lower_own_priority()
        found.append(niceness())
        starts = threading.Thread(target=lambda: found.append(niceness()))
        starts.start()
        starts.join()

    before = niceness()
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert found == [NICENESS, NICENESS]
    assert niceness() == before < NICENESS


def test_where_it_is_forbidden_the_thread_goes_on_and_the_log_says_so(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def forbidden(*_: int) -> None:
        raise PermissionError("not here")

    monkeypatch.setattr(os, "setpriority", forbidden)
    assert call_at_low_priority(niceness) == niceness()
    assert "keeps its priority" in caplog.text


def test_a_function_called_at_low_priority_returns_or_raises_as_ever() -> None:
    assert call_at_low_priority(niceness) == NICENESS
    with pytest.raises(KeyError):
        call_at_low_priority({}.popitem)


def test_one_more_than_the_slots_is_refused_until_one_is_released() -> None:
    slots = Slots("evaluations", 1)
    with slots.take():
        with pytest.raises(Overloaded, match="1 evaluations"), slots.take():
            pass
        assert slots.taken == 1
    with slots.take():
        pass
    assert slots.taken == 0


async def test_results_come_in_order_and_no_more_work_is_in_progress_than_allowed() -> None:
    in_progress, most = 0, 0

    async def work(number: int) -> int:
        nonlocal in_progress, most
        in_progress += 1
        most = max(most, in_progress)
        for _ in range(10 - number):
            await asyncio.sleep(0)
        in_progress -= 1
        return number

    assert [result async for result in in_order(map(work, range(10)), 3)] == list(range(10))
    assert most == 3


async def test_closing_the_results_cancels_the_work_in_progress() -> None:
    before = asyncio.all_tasks()

    async def works() -> AsyncIterator[int]:
        async with aclosing(in_order((asyncio.sleep(number, number) for number in (0, 60, 60)), 2)) as results:
            yield await anext(results)

    assert [result async for result in works()] == [0]
    assert asyncio.all_tasks() == before


async def test_work_on_files_runs_in_threads_and_in_the_background_at_the_lowest_priority() -> None:
    files = FileThreads(1)
    assert await files.run(niceness) == niceness()
    assert await files.run_in_background(niceness) == NICENESS
    with pytest.raises(ValueError, match="invalid literal"):
        await files.run(int, "x")
    files.close()
