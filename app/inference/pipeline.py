"""One image from bytes to probabilities, in worker threads: read, decode, and hand to the engine's batcher.

Foreground and background images have workers of their own, so that neither queues behind the other. Background workers
run at the lowest priority: a foreground image gets a core at once and does not wait for the background one there.
"""

import asyncio
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import cast

from app.concurrency import lower_own_priority
from app.errors import Overloaded
from app.inference.batcher import Answer, Batcher, deliver
from model_store.images.pixels import Decoded, InputSpec, Pixels, decode

Read = Callable[[], bytes]
"""Hands over the bytes of one file; blocks, and runs in a worker's thread."""

Source = Read | Decoded
"""A file's bytes, to be read and decoded; or the image that they were decoded to, by the same `InputSpec`."""

See = Callable[[Pixels], None]
"""Looks at the pixels of one image, uint8 `(height, width, 3)`."""


@dataclass(frozen=True, slots=True)
class Computed:
    """What became of one image."""

    decoded: Decoded
    decode_ms: float
    """Reading and decoding."""
    answer: Answer


@dataclass(slots=True)
class _Work:
    source: Source
    spec: InputSpec
    batcher: Batcher
    see: See
    answer: "asyncio.Future[Answer]"
    decoded: Decoded | None = None
    decode_ms: float = 0.0


class Pipeline:
    """Worker threads for the images of one process.

    Args:
        threads: Workers for foreground images, and as many for background ones.
        max_image_pixels: Most pixels of one image.
        max_queue: Foreground images that may be waiting for a worker or be decoded; one more is refused.
    """

    def __init__(self, *, threads: int, max_image_pixels: int, max_queue: int) -> None:
        self._max_image_pixels = max_image_pixels
        self._max_queue = max_queue
        self._foreground = ThreadPoolExecutor(threads, "image")
        self._background = ThreadPoolExecutor(threads, "image-background", initializer=lower_own_priority)
        self._undecoded = 0  # of the foreground
        self._lock = threading.Lock()  # of the number

    def close(self) -> None:
        """Let go of the threads; who still waits has been cancelled before."""
        self._foreground.shutdown(wait=False, cancel_futures=True)
        self._background.shutdown(wait=False, cancel_futures=True)

    async def run(
        self,
        source: Source,
        spec: InputSpec,
        batcher: Batcher,
        *,
        is_background: bool,
        see: See = lambda _: None,
    ) -> Computed:
        """Compute one image.

        Args:
            source: Hands over the file's bytes; or is what they were decoded to before, by the same `spec`.
            spec: What the model sees.
            batcher: The model's.
            is_background: The caller limits how many it has under way, and would rather wait than be refused.
            see: Shown the pixels, in the worker's thread.

        Raises:
            ImageRejected: The bytes do not become pixels.
            Overloaded: Too many are waiting.
            InferenceFailed: The engine failed on it.
            ShuttingDown: The model is being closed.
        """
        work = _Work(source, spec, batcher, see, asyncio.get_running_loop().create_future())
        if is_background:
            self._background.submit(self._do, work, is_background=True)
        else:
            self._count(1)
            self._foreground.submit(self._do, work, is_background=False)
        try:
            answer = await work.answer
        except asyncio.CancelledError:
            batcher.withdraw(work.answer)
            raise
        return Computed(cast("Decoded", work.decoded), work.decode_ms, answer)  # else there were no answer

    def _count(self, more: int) -> None:
        with self._lock:
            if more > 0 and self._undecoded >= self._max_queue:
                raise Overloaded("images waiting", self._max_queue)
            self._undecoded += more

    def _do(self, work: _Work, *, is_background: bool) -> None:
        """Be the worker of one image, and perhaps of others that wait for the engine meanwhile."""
        try:
            try:
                if work.answer.cancelled():
                    return
                started = time.perf_counter()
                work.decoded = (
                    work.source
                    if isinstance(work.source, Decoded)
                    else decode(work.source(), work.spec, max_image_pixels=self._max_image_pixels)
                )
                work.see(work.decoded.pixels)
                work.decode_ms = (time.perf_counter() - started) * 1e3
            finally:
                if not is_background:
                    self._count(-1)
            work.batcher.compute(work.decoded.pixels, work.answer, is_background=is_background)
        except Exception as error:  # noqa: BLE001  whoever waits for it decides
            deliver([(work.answer, error)])
