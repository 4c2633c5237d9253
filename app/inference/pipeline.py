"""The path of one image from bytes to probabilities: worker threads read it, decode it and hand it to the batcher.

Foreground and background images have separate workers, so that neither waits behind the other. Background workers
run at the lowest priority, so that a foreground image gets a core at once.
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
from model_store.errors import ImageRejected
from model_store.images.pixels import Decoded, InputSpec, Pixels, decode

Read = Callable[[], bytes]
"""Returns the bytes of one file. It blocks and runs in a worker's thread."""

Source = Read | Decoded
"""A file's bytes, to be read and decoded; or the image that they were decoded to, by the same `InputSpec`."""

See = Callable[[Pixels], None]
"""Called with the pixels of one image, uint8 `(height, width, 3)`."""


@dataclass(frozen=True, slots=True)
class Computed:
    """The decoded image, the engine's answer and the time that decoding took."""

    decoded: Decoded
    decode_ms: float
    """Time of reading and decoding, in milliseconds."""
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
        threads: The number of workers for foreground images, and for background images.
        max_image_pixels: The greatest number of pixels in an image.
        max_queue: The greatest number of foreground images that wait for a worker or are decoded; more are refused.
    """

    def __init__(self, *, threads: int, max_image_pixels: int, max_queue: int) -> None:
        self._max_image_pixels = max_image_pixels
        self._max_queue = max_queue
        self._foreground = ThreadPoolExecutor(threads, "image")
        self._background = ThreadPoolExecutor(threads, "image-background", initializer=lower_own_priority)
        self._undecoded = 0  # foreground images
        self._lock = threading.Lock()  # guards the number

    def close(self) -> None:
        """Release the threads; waiting callers have been cancelled before."""
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
            source: Reads the file's bytes, or is the image that they were decoded to by the same `spec`.
            spec: The model's input.
            batcher: The model's batcher.
            is_background: Whether to work at low priority. Such an image is never refused; the caller limits them.
            see: Called with the pixels, in the worker's thread.

        Raises:
            ImageRejected: If the bytes cannot be decoded.
            Overloaded: If too many images are waiting.
            InferenceFailed: If the engine failed on the image.
            ShuttingDown: If the model is being unloaded.
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
        return Computed(cast("Decoded", work.decoded), work.decode_ms, answer)  # it has an answer, so it was decoded

    def _count(self, more: int) -> None:
        with self._lock:
            if more > 0 and self._undecoded >= self._max_queue:
                raise Overloaded("images waiting", self._max_queue)
            self._undecoded += more

    def _do(self, work: _Work, *, is_background: bool) -> None:
        """Decode one image and compute it, and perhaps others that wait for the engine meanwhile."""
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
        except Exception as error:  # noqa: BLE001  the waiting caller handles it
            deliver([(work.answer, _without_frames(error))])


def _without_frames(error: Exception) -> Exception:
    """Forget the frames of an error that says all there is to say: they hold the bytes of the image."""
    if isinstance(error, ImageRejected):
        error.__traceback__ = error.__cause__ = error.__context__ = None
    return error
