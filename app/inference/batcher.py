"""The batcher: collects waiting images into batches for the engine. Knows no HTTP.

It is work-conserving: if a lane of the engine is free, an image is computed at once, and a batch grows only while all
lanes are busy. There is no timer. Foreground images go before background ones (batches and evaluations), which still
get a place in every larger batch and a turn now and then, so that nothing waits forever.

A lane is not a thread of its own: the worker that brings an image to a free lane computes there, both its own image and
those that arrive meanwhile. So an image that need not wait is decoded and computed in one thread, without a switch.
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
"""So many foreground images are computed while a background one waits, where a batch is one image."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What one caller gets."""

    probabilities: Probabilities
    """float32 `(labels,)`."""
    queue_ms: float
    """Time until the engine took the image."""
    inference_ms: float
    """Time that the engine took for the batch the image was in."""


@dataclass(slots=True, eq=False)
class _Waiting:
    pixels: Pixels
    answer: asyncio.Future[Answer]
    is_background: bool
    since: float


Delivery = tuple["asyncio.Future[Answer]", Answer | BaseException]


def deliver(outcomes: list[Delivery]) -> None:
    """Give each caller that is still there its answer; from any thread."""
    with suppress(RuntimeError):  # the loop is gone, and with it everybody who waited
        outcomes[0][0].get_loop().call_soon_threadsafe(_settle_now, outcomes)


def _settle_now(outcomes: list[Delivery]) -> None:
    for answer, outcome in outcomes:
        if answer.done():
            continue
        if isinstance(outcome, BaseException):
            answer.set_exception(outcome)
        else:
            answer.set_result(outcome)


def _are_background(batch: list[_Waiting]) -> bool:
    return all(waiting.is_background for waiting in batch)


def _start(threads: int) -> ThreadPoolExecutor:
    """Start threads now: started by a worker of the lowest priority, they would have the same."""
    pool, all_are_there = ThreadPoolExecutor(threads, "engine"), threading.Barrier(threads)
    for _ in range(threads):
        pool.submit(all_are_there.wait)
    return pool


def _end(ended: asyncio.Future[None]) -> None:
    if not ended.done():
        ended.set_result(None)


class Batcher:
    """Collects single images into batches for one engine.

    Args:
        engine: Computes; several calls at the same time, as many as it has lanes.
        max_waiting: Foreground callers that may wait; one more is refused.
        observe: Called with the size of each batch.

    Attributes:
        appetite: Images that the engine computes at the same time.
    """

    def __init__(self, engine: Engine, *, max_waiting: int, observe: Callable[[int], None] = lambda _: None) -> None:
        self._engine = engine
        self._sizes = engine.batch_sizes
        self.appetite = engine.lanes * self._sizes[-1]
        self._max_waiting = max_waiting
        self._observe = observe
        self._ordinary = _start(engine.lanes)
        self._ended: asyncio.Future[None] | None = None  # of `close`: nobody computes any more
        # what follows is shared by the workers, and touched under the lock only
        self._lock = threading.Lock()
        self._free_lanes = engine.lanes
        self._foreground: deque[_Waiting] = deque()
        self._background: deque[_Waiting] = deque()
        self._foreground_in_a_row = 0

    async def close(self) -> None:
        """Turn the waiting away, and wait for the batches under way."""
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

    def waiting(self) -> int:
        """Return how many images wait for the engine."""
        return len(self._foreground) + len(self._background)

    def compute(self, pixels: Pixels, answer: "asyncio.Future[Answer]", *, is_background: bool = False) -> None:
        """Bring one image, from a worker's thread, and compute as long as there is a free lane and an image waiting.

        Args:
            pixels: uint8 `(height, width, 3)`.
            answer: Gets the engine's answer, or `InferenceFailed`, or `ShuttingDown`. Whoever cancels it should
                `withdraw` it too.
            is_background: The caller limits how many it has waiting, and would rather wait than be refused.

        Raises:
            Overloaded: Too many wait already.
            ShuttingDown: The batcher is closed.
        """
        with self._lock:
            if self._ended:
                raise ShuttingDown
            if answer.cancelled():
                return
            if not is_background and len(self._foreground) >= self._max_waiting:
                raise Overloaded("images waiting", self._max_waiting)
            waiting = _Waiting(pixels, answer, is_background, time.perf_counter())
            (self._background if is_background else self._foreground).append(waiting)
            if not self._free_lanes:
                return
            self._free_lanes -= 1
        self._work(self._next(), is_background=is_background)

    def withdraw(self, answer: "asyncio.Future[Answer]") -> None:
        """Give up the place of an image that nobody waits for any more, if it still waits."""
        with self._lock:
            for queue in (self._foreground, self._background):
                for waiting in queue:
                    if waiting.answer is answer:
                        queue.remove(waiting)
                        return

    def _work(self, batch: list[_Waiting], *, is_background: bool = False) -> None:
        """Be a lane until no image waits.

        The worker of a background image may have the lowest priority, and a foreground image must not wait for it: a
        batch that holds one goes on in an ordinary thread, and the lane with it.
        """
        while batch:
            if is_background and not _are_background(batch):
                self._ordinary.submit(self._work, batch)
                return
            self._answer(batch)
            batch = self._next()

    def _next(self) -> list[_Waiting]:
        """Take the next batch; nothing where none waits, and then the lane is free."""
        with self._lock:
            batch = self._take()
            if not batch:
                self._free_lanes += 1
                self._notice_the_end()
            return batch

    def _notice_the_end(self) -> None:
        if self._ended and self._free_lanes == self._engine.lanes:
            with suppress(RuntimeError):  # the loop is gone, and did not wait for this
                self._ended.get_loop().call_soon_threadsafe(_end, self._ended)

    def _take(self) -> list[_Waiting]:
        """Take the largest batch that can be filled: the foreground first, with one place kept for the background.

        Where a batch is one image, a background one has its turn after `FOREGROUND_IN_A_ROW`.
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
            else:  # find out whose image it was, so that the others have their answers
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
        alone = len(batch) == 1  # and needs no copy
        pixels = batch[0].pixels[np.newaxis] if alone else np.stack([waiting.pixels for waiting in batch])
        predict = self._engine.predict_in_background if _are_background(batch) else self._engine.predict
        probabilities = predict(pixels)
        if len(probabilities) != len(batch):
            raise ValueError(f"the engine answered {len(probabilities)} of {len(batch)} images")
        return probabilities
