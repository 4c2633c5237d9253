"""Many awaiting callers, few blocking calls: collects what is waiting into batches. Knows no engine and no HTTP.

Work-conserving: an idle lane of the engine starts at once with what is there, and a batch grows only while all lanes
are busy. There is no timer. Callers of single images are served before the patient ones, batches and evaluations,
which still have a place in every larger batch and a turn now and then, so that nobody waits for ever.

A lane is a thread that takes the next batch itself: handed out by the event loop, the engine would wait for that each
time, a tenth of an image's time on two cores.
"""

import asyncio
import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

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


_Settled = tuple[asyncio.Future[Any], Answer | InferenceFailed | None]


def _settle(outcomes: list[_Settled]) -> None:
    """Give each caller that is still there its answer."""
    for answer, outcome in outcomes:
        if answer.done():
            continue
        if isinstance(outcome, Exception):
            answer.set_exception(outcome)
        else:
            answer.set_result(outcome)


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
        self._lanes = lanes
        self._ended: list[asyncio.Future[None]] = []  # one for each lane
        # what follows is shared by the loop and the lanes, and touched under the lock of `_changed` only
        self._changed = threading.Condition()
        self._urgent: deque[_Waiting] = deque()
        self._patient: deque[_Waiting] = deque()
        self._is_closed = False
        self._urgent_in_a_row = 0

    def start(self) -> None:
        """Begin to answer."""
        loop = asyncio.get_running_loop()
        self._ended = [loop.create_future() for _ in range(self._lanes)]
        for lane, ended in enumerate(self._ended):
            threading.Thread(target=self._run, args=(loop, ended), name=f"engine-{lane}").start()

    async def close(self) -> None:
        """Finish the batches under way, turn the waiting away, and let go of the threads."""
        with self._changed:
            self._is_closed = True
            left = [*self._urgent, *self._patient]
            self._urgent.clear()
            self._patient.clear()
            self._changed.notify_all()
        for waiting in left:
            if not waiting.answer.done():
                waiting.answer.set_exception(ShuttingDown())
        await asyncio.gather(*self._ended)

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
        waiting = _Waiting(pixels, asyncio.get_running_loop().create_future(), time.perf_counter())
        queue = self._patient if is_patient else self._urgent
        with self._changed:
            if self._is_closed:
                raise ShuttingDown
            if not is_patient and len(self._urgent) >= self._max_waiting:
                raise Overloaded("images waiting", self._max_waiting)
            queue.append(waiting)
            self._changed.notify()
        try:
            return await waiting.answer
        except asyncio.CancelledError:
            with self._changed, suppress(ValueError):  # where a lane has it already
                queue.remove(waiting)  # its place is free again at once
            raise

    def _run(self, loop: asyncio.AbstractEventLoop, ended: asyncio.Future[None]) -> None:
        """Be one lane."""
        while batch := self._next():
            self._answer(batch, loop)
        self._hand_over(loop, [(ended, None)])

    def _next(self) -> list[_Waiting]:
        """Wait for a batch; nothing when the batcher is closed."""
        with self._changed:
            while not (batch := self._take()) and not self._is_closed:
                self._changed.wait()
            if self.waiting():
                self._changed.notify()  # for what this lane leaves
            return batch

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

    def _answer(self, batch: list[_Waiting], loop: asyncio.AbstractEventLoop) -> None:
        started = time.perf_counter()
        try:
            probabilities = self._compute(batch)
        except Exception:
            log.exception("the engine failed on a batch of %d", len(batch))
            if len(batch) == 1:
                self._hand_over(loop, [(batch[0].answer, InferenceFailed())])
            else:  # find out whose image it was, so that the others have their answers
                for waiting in batch:
                    self._answer([waiting], loop)
            return
        taken_ms = (time.perf_counter() - started) * 1e3
        self._observe(len(batch))
        self._hand_over(
            loop,
            [
                (waiting.answer, Answer(row, (started - waiting.since) * 1e3, taken_ms))
                for waiting, row in zip(batch, probabilities, strict=True)
            ],
        )

    def _compute(self, batch: list[_Waiting]) -> Probabilities:
        alone = len(batch) == 1  # and needs no copy
        pixels = batch[0].pixels[np.newaxis] if alone else np.stack([waiting.pixels for waiting in batch])
        probabilities = self._predict(pixels)
        if len(probabilities) != len(batch):
            raise ValueError(f"the engine answered {len(probabilities)} of {len(batch)} images")
        return probabilities

    @staticmethod
    def _hand_over(loop: asyncio.AbstractEventLoop, outcomes: list[_Settled]) -> None:
        with suppress(RuntimeError):  # the loop is gone, and with it everybody who waited
            loop.call_soon_threadsafe(_settle, outcomes)
