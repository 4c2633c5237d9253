"""Many awaiting callers, few blocking calls: collects what is waiting into batches. Knows no engine and no HTTP.

Work-conserving: an idle lane of the engine starts at once with what is there, and a batch grows only while all lanes
are busy. There is no timer. Callers of single images are served before the patient ones, batches and evaluations,
which still have a place in every larger batch and a turn now and then, so that nobody waits for ever.
"""

import asyncio
import logging
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final

import numpy as np

from app.engines.base import Predict, Probabilities
from app.errors import InferenceFailed, Overloaded, ShuttingDown
from model_store.pixels import Pixels

log = logging.getLogger(__name__)

URGENT_IN_A_ROW: Final = 8
"""So many urgent images are computed while a patient one waits, where a batch is one image."""


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
    since: float


class Batcher:
    """Collects single images into batches for one engine.

    Args:
        predict: The blocking call: uint8 `(n, height, width, 3)` → float32 `(n, labels)`.
        sizes: Batch sizes that `predict` takes, ascending, the first 1.
        lanes: Calls of `predict` that may run at the same time.
        max_waiting: Impatient callers that may wait; one more is refused.
        observe: Called with the size of each batch.

    `start` and `close` belong to the event loop that `submit` is called from.

    Attributes:
        appetite: Images that the engine computes at the same time.
    """

    def __init__(
        self,
        predict: Predict,
        *,
        sizes: Sequence[int],
        lanes: int = 1,
        max_waiting: int,
        observe: Callable[[int], None] = lambda _: None,
    ) -> None:
        self._predict = predict
        self.appetite = lanes * sizes[-1]
        self._sizes = sizes
        self._max_waiting = max_waiting
        self._observe = observe
        self._urgent: deque[_Waiting] = deque()
        self._patient: deque[_Waiting] = deque()
        self._threads = ThreadPoolExecutor(lanes, thread_name_prefix="engine")
        self._lanes = lanes
        self._tasks: list[asyncio.Task[None]] = []
        self._idle: deque[asyncio.Future[None]] = deque()  # one for each lane that waits for work
        self._is_closed = False
        self._urgent_in_a_row = 0

    def start(self) -> None:
        """Begin to answer."""
        self._tasks = [asyncio.create_task(self._run(), name=f"lane {lane}") for lane in range(self._lanes)]

    async def close(self) -> None:
        """Finish the batches under way, turn the waiting away, and let go of the threads."""
        self._is_closed = True
        while self._idle:
            self._wake_lane()
        await asyncio.gather(*self._tasks)
        for waiting in (*self._urgent, *self._patient):
            if not waiting.answer.done():
                waiting.answer.set_exception(ShuttingDown())
        self._threads.shutdown()

    def waiting(self) -> int:
        """Return how many images wait for the engine."""
        return len(self._urgent) + len(self._patient)

    async def submit(self, pixels: Pixels, *, is_patient: bool = False) -> Answer:
        """Wait for the engine's answer to one image.

        Args:
            pixels: uint8 `(height, width, 3)`.
            is_patient: The caller limits how many it has waiting, and would rather wait than be refused.

        Raises:
            Overloaded: Too many wait already.
            ShuttingDown: The batcher is closed.
            InferenceFailed: The engine failed on this image.
        """
        if self._is_closed:
            raise ShuttingDown
        if not is_patient and len(self._urgent) >= self._max_waiting:
            raise Overloaded("images waiting", self._max_waiting)
        waiting = _Waiting(pixels, asyncio.get_running_loop().create_future(), time.perf_counter())
        queue = self._patient if is_patient else self._urgent
        queue.append(waiting)
        self._wake_lane()
        try:
            return await waiting.answer
        except asyncio.CancelledError:
            if waiting in queue:  # its place is free again at once
                queue.remove(waiting)
            raise

    async def _run(self) -> None:
        """Be one lane."""
        while not self._is_closed:
            if batch := self._take():
                await self._answer(batch)
            else:
                idle = asyncio.get_running_loop().create_future()
                self._idle.append(idle)
                await idle

    def _wake_lane(self) -> None:
        if self._idle:
            self._idle.popleft().set_result(None)

    def _take(self) -> list[_Waiting]:
        """Take the largest batch that can be filled: the urgent first, with one place kept for the patient.

        Where a batch is one image, a patient one has its turn after `URGENT_IN_A_ROW`.
        """
        count = self.waiting()
        size = max((size for size in self._sizes if size <= count), default=0)
        kept = 1 if size > 1 or self._urgent_in_a_row >= URGENT_IN_A_ROW else 0
        from_patient = min(len(self._patient), max(size - len(self._urgent), kept))
        from_urgent = min(len(self._urgent), size - from_patient)
        self._urgent_in_a_row = 0 if from_patient or not self._patient else self._urgent_in_a_row + from_urgent
        return [self._urgent.popleft() for _ in range(from_urgent)] + [
            self._patient.popleft() for _ in range(size - from_urgent)
        ]

    async def _answer(self, batch: list[_Waiting]) -> None:
        started = time.perf_counter()
        try:
            probabilities = await self._in_thread(batch)
        except Exception:
            log.exception("the engine failed on a batch of %d", len(batch))
            await self._answer_one_by_one(batch)
            return
        taken_ms = (time.perf_counter() - started) * 1e3
        self._observe(len(batch))
        for waiting, row in zip(batch, probabilities, strict=True):
            if not waiting.answer.done():
                waiting.answer.set_result(Answer(row, (started - waiting.since) * 1e3, taken_ms))

    async def _answer_one_by_one(self, batch: list[_Waiting]) -> None:
        """Find out whose image it was, so that the others have their answers."""
        if len(batch) == 1:
            if not batch[0].answer.done():
                batch[0].answer.set_exception(InferenceFailed())
            return
        for waiting in batch:
            await self._answer([waiting])

    async def _in_thread(self, batch: list[_Waiting]) -> Probabilities:
        alone = len(batch) == 1  # and needs no copy
        pixels = batch[0].pixels[np.newaxis] if alone else np.stack([waiting.pixels for waiting in batch])
        probabilities = await asyncio.get_running_loop().run_in_executor(self._threads, self._predict, pixels)
        if len(probabilities) != len(batch):
            raise ValueError(f"the engine answered {len(probabilities)} of {len(batch)} images")
        return probabilities
