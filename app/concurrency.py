"""Threads for blocking work, bounded slots and ordered results, for coroutines.

On Linux each thread has its own priority, which the threads that it starts inherit. On other systems, lowering the
priority of a thread does nothing.
"""

import asyncio
import logging
import os
import sys
import threading
import time
from collections import deque
from collections.abc import AsyncGenerator, Callable, Coroutine, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Final, ParamSpec, Protocol, TypeVar

from app.errors import NotReady, Overloaded

log = logging.getLogger(__name__)

P = ParamSpec("P")
T = TypeVar("T")

NICENESS: Final = 19
"""The lowest priority: about a hundredth of a core that an ordinary thread also wants, and all of an idle core."""

STOPPED_S: Final = 10.0
"""Seconds without anything done, while work waits, after which a service is not ready."""


def lower_own_priority() -> None:
    """Give the calling thread the lowest priority permanently. If a sandbox forbids it, log a warning and continue."""
    if sys.platform != "linux":
        return
    try:
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICENESS)
    except OSError as error:
        log.warning("a thread keeps its priority, so evaluations may slow down single predictions: %s", error)


def call_at_low_priority(function: Callable[[], T]) -> T:
    """Call a function in a new thread of the lowest priority, wait, and return its result."""
    with ThreadPoolExecutor(1, initializer=lower_own_priority) as thread:
        return thread.submit(function).result()


class FileThreads:
    """Threads for work that waits on the disk, so that it does not occupy a decoder's thread.

    Args:
        threads: The number of threads.
    """

    def __init__(self, threads: int) -> None:
        self._threads = ThreadPoolExecutor(threads, "file")

    def close(self) -> None:
        """Release the threads; calls that have not begun are cancelled."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def run(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Call a function in one of the threads and return its result."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, lambda: function(*args, **kwargs))

    async def run_to_its_end(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Call a function and return its result; when cancelled, wait until it has ended.

        So what the caller holds for it, such as a slot, is not free before its thread is.
        """
        work = asyncio.ensure_future(self.run(function, *args, **kwargs))
        try:
            return await asyncio.shield(work)
        except asyncio.CancelledError:
            await asyncio.gather(work, return_exceptions=True)
            raise

    async def run_in_background(self, function: Callable[[], T]) -> T:
        """Call a function at the lowest priority, and as `run_to_its_end` does."""
        return await self.run_to_its_end(call_at_low_priority, function)


class Slots:
    """A bounded number of slots, for the coroutines of one event loop.

    Args:
        what: The plural of what takes a slot, for the error.
        limit: The number of slots.

    Attributes:
        taken: The number of slots in use.
    """

    def __init__(self, what: str, limit: int) -> None:
        self._what = what
        self._limit = limit
        self.taken = 0

    @contextmanager
    def take(self) -> Iterator[None]:
        """Hold a slot until the block ends.

        Raises:
            Overloaded: If every slot is in use.
        """
        if self.taken >= self._limit:
            raise Overloaded(self._what, self._limit)
        self.taken += 1
        try:
            yield
        finally:
            self.taken -= 1


class Pulse:
    """Tells how long work has been under way without anything being done; may be used from any thread.

    Args:
        what: The plural of what works, for the reason of not being ready.
    """

    def __init__(self, what: str) -> None:
        self.what = what
        self._lock = threading.Lock()
        self._under_way = 0
        self._beat_s = 0.0

    def begin(self) -> None:
        """Note that one more piece of work is waiting or under way."""
        with self._lock:
            if not self._under_way:
                self._beat_s = time.monotonic()
            self._under_way += 1

    def end(self) -> None:
        """Note that a piece of work is done, or was given up."""
        with self._lock:
            self._under_way -= 1
            self._beat_s = time.monotonic()

    @contextmanager
    def work(self) -> Iterator[None]:
        """Count a block as work."""
        self.begin()
        try:
            yield
        finally:
            self.end()

    def stopped_s(self) -> float:
        """Return the seconds since the last piece of work was done, while there is more; else 0."""
        with self._lock:
            return time.monotonic() - self._beat_s if self._under_way else 0.0


class Beating(Protocol):
    """Work that can tell whether anything of it is done."""

    what: str
    """What works, for the reason of not being ready."""

    def stopped_s(self) -> float:
        """Return the seconds since the last piece of work was done, while there is more; else 0."""


def check_beating(beating: Iterable[Beating], most_s: float = STOPPED_S) -> None:
    """Check that work which is under way gets done.

    Args:
        beating: What works.
        most_s: The most seconds in which nothing may be done while there is work.

    Raises:
        NotReady: If nothing was done for longer.
    """
    for one in beating:
        stopped_s = one.stopped_s()
        if stopped_s > most_s:
            raise NotReady(f"Images wait, and the {one.what} finished nothing for {stopped_s:.0f} s.")


async def in_order(works: Iterable[Coroutine[None, None, T]], at_once: int) -> AsyncGenerator[T, None]:
    """Await coroutines concurrently and yield their results in order.

    Close the generator (`contextlib.aclosing`) to cancel those in progress.

    Args:
        works: The coroutines; each is taken only when there is room for it and started at once.
        at_once: The greatest number in progress.
    """
    window: deque[asyncio.Task[T]] = deque()
    try:
        for work in works:
            window.append(asyncio.create_task(work))
            if len(window) >= at_once:
                yield await window[0]
                window.popleft()
        while window:
            yield await window[0]
            window.popleft()
    finally:
        for task in window:
            task.cancel()
        await asyncio.gather(*window, return_exceptions=True)
