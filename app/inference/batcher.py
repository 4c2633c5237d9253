"""The batcher, which collects waiting images into batches for the engine. Knows no HTTP.

It is work-conserving and has no timer. If a lane of the engine is free, an image is computed at once; a batch grows
only while all lanes are busy. Foreground images go before background ones, those of batches and evaluations. A
background image still gets one place in every larger batch, and a turn now and then, so that nothing waits forever.

A lane is not a thread of its own. The worker that brings an image to a free lane computes that image and those that
arrive in the meantime. So an image that need not wait is decoded and computed in one thread, without a switch.
"""

import asyncio
import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

import numpy as np

from app.errors import InferenceFailed, Overloaded, ShuttingDown
from app.inference.engines.base import Engine, Probabilities
from model_store.images.pixels import Pixels

log = logging.getLogger(__name__)

FOREGROUND_IN_A_ROW: Final = 8
"""Number of foreground images computed in a row while a background one waits, if a batch is one image."""
SUM_TOLERANCE: Final = 0.02
"""Largest difference from 1 of the sum of an image's probabilities; those of bfloat16 have 8 bits each."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The engine's answer to one caller."""

    probabilities: Probabilities
    """float32 `(labels,)`."""
    queue_ms: float
    """Time in the queue, in milliseconds."""
    inference_ms: float
    """Time that the engine took for the image's batch, in milliseconds."""


@dataclass(slots=True, eq=False)
class _Waiting:
    pixels: Pixels
    answer: asyncio.Future[Answer]
    is_background: bool
    since: float


Delivery = tuple["asyncio.Future[Answer]", Answer | BaseException]
"""A caller's future and the answer or error to complete it with."""


def deliver(deliveries: list[Delivery]) -> None:
    """Complete the futures of the callers that are still waiting; may be called from any thread."""
    with suppress(RuntimeError):  # the loop is closed, so no caller waits any more
        deliveries[0][0].get_loop().call_soon_threadsafe(_deliver_now, deliveries)


def _deliver_now(deliveries: list[Delivery]) -> None:
    for answer, outcome in deliveries:
        if answer.done():
            continue
        if isinstance(outcome, BaseException):
            answer.set_exception(outcome)
        else:
            answer.set_result(outcome)


def _are_background(batch: list[_Waiting]) -> bool:
    return all(waiting.is_background for waiting in batch)


def _start(threads: int) -> ThreadPoolExecutor:
    """Start all threads now, since a worker of the lowest priority would pass its priority on to them."""
    pool, barrier = ThreadPoolExecutor(threads, "engine"), threading.Barrier(threads)
    for _ in range(threads):
        pool.submit(barrier.wait)
    return pool


def _end(ended: asyncio.Future[None]) -> None:
    if not ended.done():
        ended.set_result(None)


class Batcher:
    """Collects single images into batches for one engine.

    Args:
        engine: The engine; it is called from as many threads at the same time as it has lanes.
        max_waiting: Maximum number of waiting foreground images; a further one is refused.
        observe: Called with the size of each batch.

    Attributes:
        appetite: Number of images that the engine can compute at the same time.
        what: What computes, for the reason of not being ready.
    """

    def __init__(self, engine: Engine, *, max_waiting: int, observe: Callable[[int], None] = lambda _: None) -> None:
        self._engine = engine
        self.what = "engine"
        self._sizes = engine.batch_sizes
        self.appetite = engine.lanes * self._sizes[-1]
        self._max_waiting = max_waiting
        self._observe = observe
        self._ordinary = _start(engine.lanes)
        self._ended: asyncio.Future[None] | None = None  # set by `close`, completed when all lanes are free
        # The workers share the following attributes, which are accessed only under the lock.
        self._lock = threading.Lock()
        self._free_lanes = engine.lanes
        self._beat_s = 0.0
        self._foreground: deque[_Waiting] = deque()
        self._background: deque[_Waiting] = deque()
        self._foreground_in_a_row = 0

    async def close(self) -> None:
        """Reject the waiting images, and wait for the batches under way."""
        with self._lock:
            self._ended = asyncio.get_running_loop().create_future()
            left = [*self._foreground, *self._background]
            self._foreground.clear()
            self._background.clear()
            self._notice_the_end()
        for waiting in left:
            if not waiting.answer.done():
                waiting.answer.set_exception(ShuttingDown())
        await self._ended
        self._ordinary.shutdown(wait=False)

    def stopped_s(self) -> float:
        """Return the seconds since the engine computed anything, while images wait for it; else 0."""
        with self._lock:
            is_idle = self._free_lanes == self._engine.lanes and not self.waiting()
            return 0.0 if is_idle else time.perf_counter() - self._beat_s

    def waiting(self) -> int:
        """Return the number of images that wait for the engine."""
        return len(self._foreground) + len(self._background)

    def compute(self, pixels: Pixels, answer: "asyncio.Future[Answer]", *, is_background: bool = False) -> None:
        """Enqueue one image from a worker's thread and, if a lane is free, compute until no image waits.

        Args:
            pixels: uint8 `(height, width, 3)`.
            answer: Is completed with the engine's answer, `InferenceFailed` or `ShuttingDown`. A caller that cancels
                it should also `withdraw` it.
            is_background: The image belongs to a batch or an evaluation. It is never refused: its caller limits the
                number of its waiting images.

        Raises:
            Overloaded: If as many foreground images as allowed are already waiting.
            ShuttingDown: If the batcher is closed.
        """
        with self._lock:
            if self._ended:
                raise ShuttingDown
            if answer.cancelled():
                return
            if not is_background and len(self._foreground) >= self._max_waiting:
                raise Overloaded("images waiting", self._max_waiting)
            waiting = _Waiting(pixels, answer, is_background, time.perf_counter())
            if self._free_lanes == self._engine.lanes:
                self._beat_s = waiting.since
            (self._background if is_background else self._foreground).append(waiting)
            if not self._free_lanes:
                return
            self._free_lanes -= 1
        self._work(self._next(), is_background=is_background)

    def withdraw(self, answer: "asyncio.Future[Answer]") -> None:
        """Remove an image from its queue, if it is still waiting."""
        with self._lock:
            for queue in (self._foreground, self._background):
                for waiting in queue:
                    if waiting.answer is answer:
                        queue.remove(waiting)
                        return

    def _work(self, batch: list[_Waiting], *, is_background: bool = False) -> None:
        """Run a lane until no image waits.

        The worker of a background image may have the lowest priority, and no foreground image may depend on it. So a
        batch with a foreground image continues in a thread of normal priority, and the lane with it.
        """
        while batch:
            if is_background and not _are_background(batch):
                self._ordinary.submit(self._work, batch)
                return
            self._answer(batch)
            batch = self._next()

    def _next(self) -> list[_Waiting]:
        """Take the next batch; if no image waits, return an empty one and free the lane."""
        with self._lock:
            self._beat_s = time.perf_counter()
            batch = self._take()
            if not batch:
                self._free_lanes += 1
                self._notice_the_end()
            return batch

    def _notice_the_end(self) -> None:
        if self._ended and self._free_lanes == self._engine.lanes:
            with suppress(RuntimeError):  # the loop is closed and does not wait for this
                self._ended.get_loop().call_soon_threadsafe(_end, self._ended)

    def _take(self) -> list[_Waiting]:
        """Take the largest batch that can be filled, foreground first, with one place reserved for the background.

        If a batch is one image, a background image gets its turn after `FOREGROUND_IN_A_ROW` foreground ones.
        """
        count = self.waiting()
        size = max((size for size in self._sizes if size <= count), default=0)
        kept = 1 if size > 1 or self._foreground_in_a_row >= FOREGROUND_IN_A_ROW else 0
        from_background = min(len(self._background), max(size - len(self._foreground), kept))
        from_foreground = min(len(self._foreground), size - from_background)
        self._foreground_in_a_row = (
            0 if from_background or not self._background else self._foreground_in_a_row + from_foreground
        )
        return [self._foreground.popleft() for _ in range(from_foreground)] + [
            self._background.popleft() for _ in range(size - from_foreground)
        ]

    def _answer(self, batch: list[_Waiting]) -> None:
        started = time.perf_counter()
        try:
            probabilities = self._compute(batch)
        except Exception:
            log.exception("the engine failed on a batch of %d", len(batch))
            if len(batch) == 1:
                deliver([(batch[0].answer, InferenceFailed())])
            else:  # compute each image alone, so that only the one at fault fails
                for waiting in batch:
                    self._answer([waiting])
            return
        taken_ms = (time.perf_counter() - started) * 1e3
        self._observe(len(batch))
        deliver(
            [
                (waiting.answer, Answer(row, (started - waiting.since) * 1e3, taken_ms))
                for waiting, row in zip(batch, probabilities, strict=True)
            ]
        )

    def _compute(self, batch: list[_Waiting]) -> Probabilities:
        is_alone = len(batch) == 1  # and needs no copy
        pixels = batch[0].pixels[np.newaxis] if is_alone else np.stack([waiting.pixels for waiting in batch])
        predict = self._engine.predict_in_background if _are_background(batch) else self._engine.predict
        probabilities = predict(pixels)
        if len(probabilities) != len(batch):
            raise ValueError(f"the engine returned {len(probabilities)} rows for {len(batch)} images")
        sums = probabilities.sum(axis=1)
        if not np.abs(sums - 1).max() <= SUM_TOLERANCE:  # false for NaN as well
            raise ValueError(f"the engine returned rows that sum to {sums}, not to 1")
        return probabilities
