"""The path of one image from bytes to probabilities: worker threads read it, decode it and hand it to the batcher.

Foreground and background images have separate workers, so that neither waits behind the other. Background workers
run at the lowest priority, so that a foreground image gets a core at once.

A worker decodes what is usual, small and cheap. Anything else, and a format with a decoder that no header can be
trusted about, is decoded in another process, with limits. Whoever decodes takes the memory from the budget first.
"""

import asyncio
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final, cast

import numpy as np

from app.concurrency import NICENESS, Pulse, lower_own_priority
from app.errors import MemoryNeverEnough, Overloaded
from app.inference.batcher import Answer, deliver
from app.inference.decoding.process import PROCESS_BYTES
from app.inference.decoding.processes import DecodingLimits, DecodingProcesses
from app.inference.sources import See, Source, SourceFile
from app.inference.work import Computes, Work
from app.memory.budget import MemoryBudget, Share
from model_store.errors import ImageRejected
from model_store.images.examination import Examined, examine
from model_store.images.pixels import Decoded, InputSpec, Pixels

_MORE_MEMORY: Final = "Send a smaller picture, or give the service more memory (FULLCOUNT_MEMORY_MIB)."


@dataclass(frozen=True, slots=True)
class Computed:
    """The decoded image, the engine's answer and the time that decoding took."""

    decoded: Decoded
    decode_ms: float
    """Time of reading and decoding, in milliseconds."""
    answer: Answer


class _Postponed(Exception):
    """A picture that its worker did not decode: it is not light, or there was no room for it."""

    def __init__(self, examined: Examined) -> None:
        super().__init__()
        self.memory_bytes = examined.memory_bytes
        self.is_light = examined.is_light


class Pipeline:
    """Worker threads and decoding processes for the images of one process.

    Args:
        threads: The number of workers for foreground images, and for background images.
        processes: The greatest number of decoding processes for foreground images, and for background images.
        limits: The limits of one image.
        max_queue: The greatest number of foreground images that wait to be decoded, or are; more are refused.
        budget: The memory that requests take together.
    """

    def __init__(
        self, *, threads: int, processes: int, limits: DecodingLimits, max_queue: int, budget: MemoryBudget
    ) -> None:
        self._limits = limits
        self._max_queue = max_queue
        self._budget = budget
        self._foreground = ThreadPoolExecutor(threads, "image")
        self._background = ThreadPoolExecutor(threads, "image-background", initializer=lower_own_priority)
        self._processes = DecodingProcesses(processes, limits, budget)
        self._background_processes = DecodingProcesses(processes, limits, budget, niceness=NICENESS)
        self._undecoded = 0  # foreground images
        self._lock = threading.Lock()  # guards the number
        self._threads_pulse = Pulse("decoding threads")

    @property
    def pulses(self) -> list[Pulse]:
        """The pulses of what decodes foreground images."""
        return [self._threads_pulse, self._processes.pulse]

    async def close(self) -> None:
        """Release the threads and processes; waiting callers have been cancelled before."""
        self._foreground.shutdown(wait=False, cancel_futures=True)
        self._background.shutdown(wait=False, cancel_futures=True)
        await self._processes.close()
        await self._background_processes.close()

    async def run(
        self,
        source: Source,
        spec: InputSpec,
        batcher: Computes,
        *,
        is_background: bool,
        see: See = lambda _: None,
    ) -> Computed:
        """Compute one image.

        Args:
            source: The image.
            spec: The model's input.
            batcher: The model's batcher.
            is_background: Whether to work at low priority. Such an image is never refused; the caller limits them.
            see: Called with the pixels, in the worker's thread.

        Raises:
            ImageRejected: If the bytes cannot be decoded.
            Overloaded: If too many images are waiting.
            Exhausted: If there was no memory for a foreground image in time.
            InferenceFailed: If the engine failed on the image.
            ShuttingDown: If the model is being unloaded.
        """
        work = Work(source, spec, batcher, see, is_background, Share(self._budget, "decoding the image"))
        if not is_background:
            self._count(work)
        try:
            answer = await self._answer(work)
        except MemoryNeverEnough as error:
            raise ImageRejected("too-costly", f"{error} {_MORE_MEMORY}") from None
        except ImageRejected as error:
            raise _without_frames(error) from None
        finally:
            self._uncount(work)
            work.leave()
        return Computed(cast("Decoded", work.decoded), work.decode_ms, answer)  # it has an answer: it was decoded

    async def decode(self, file: SourceFile, spec: InputSpec) -> Decoded:
        """Decode one image in the background, without computing it.

        Raises:
            ImageRejected: If the bytes cannot be decoded.
        """
        return (await self.run(file, spec, _Nowhere(), is_background=True)).decoded

    def _count(self, work: Work) -> None:
        with self._lock:
            if self._undecoded >= self._max_queue:
                raise Overloaded("images waiting", self._max_queue)
            self._undecoded += 1
            work.is_counted = True

    def _uncount(self, work: Work) -> None:
        if work.is_counted:
            with self._lock:
                self._undecoded -= work.is_counted
                work.is_counted = False

    async def _answer(self, work: Work) -> Answer:
        """Have an image decoded, by a worker or a process, and computed."""
        if isinstance(work.source, SourceFile) and not work.take_if_free(0):
            await work.take(0)
        while True:
            try:
                return await self._hand_over(work)
            except _Postponed as postponed:
                memory_bytes, is_light = postponed.memory_bytes, postponed.is_light
            await self._prepare(work, memory_bytes, is_light=is_light)

    async def _hand_over(self, work: Work) -> Answer:
        """Give an image to a worker, and wait for the answer."""
        answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        if work.is_background:
            self._background.submit(self._do, work, answer)
        else:
            self._threads_pulse.begin()
            self._foreground.submit(self._do, work, answer)
        try:
            return await answer
        except asyncio.CancelledError:
            work.batcher.withdraw(answer)
            raise
        finally:
            del answer  # it holds an error, whose traceback holds this frame: together they would stay for long

    async def _prepare(self, work: Work, memory_bytes: int, *, is_light: bool) -> None:
        """Wait for the memory that decoding takes, and decode what no worker does."""
        if not is_light:
            await self._decode_elsewhere(work, memory_bytes)
            return
        work.forget_file()
        await work.take(memory_bytes)
        work.has_room = True

    async def _decode_elsewhere(self, work: Work, memory_bytes: int) -> None:
        """Decode an image in a process."""
        processes = self._background_processes if work.is_background else self._processes
        length = len(work.data or b"")
        held = work.share.bytes or length  # one that was handed over is counted by whoever read it
        work.share.check(held + length + memory_bytes + PROCESS_BYTES)
        if processes.is_full:
            work.forget_file()
        async with processes.place() as place:
            needed = memory_bytes + length  # the process has the file as well
            if not work.take_if_free(needed + place.bytes_to_start):
                work.forget_file()
                place.end()
                await work.take(needed + place.bytes_to_start)
            data = await self._read_again(work)
            started = time.perf_counter()
            work.decoded = await place.decode(data, work.spec, memory_bytes, work.share)
            work.decode_ms += (time.perf_counter() - started) * 1e3
        work.keep_pixels()

    async def _read_again(self, work: Work) -> bytes:
        workers = self._background if work.is_background else self._foreground
        return await asyncio.get_running_loop().run_in_executor(workers, work.read)

    def _do(self, work: Work, answer: "asyncio.Future[Answer]") -> None:
        """Decode one image and compute it, and perhaps others that wait for the engine meanwhile."""
        try:
            try:
                with work.in_hand():
                    started = time.perf_counter()
                    decoded = work.decoded = work.decoded or self._decode(work)
                    work.see(decoded.pixels)
                    work.decode_ms += (time.perf_counter() - started) * 1e3
            finally:
                if not work.is_background:
                    self._threads_pulse.end()
            self._uncount(work)
            work.batcher.compute(decoded.pixels, answer, is_background=work.is_background)
        except Exception as error:  # noqa: BLE001  the waiting caller handles it
            deliver([(answer, _without_frames(error))])

    def _decode(self, work: Work) -> Decoded:
        """Decode an image, if it is light and there is room for it.

        Raises:
            _Postponed: If it is not, or there is none.
        """
        if isinstance(work.source, Decoded):
            return work.source
        data = work.read()
        examined = examine(data, work.spec, max_image_pixels=self._limits.max_image_pixels)
        if not examined.is_light or not (work.has_room or work.share.take_if_free(examined.memory_bytes)):
            work.data = data
            raise _Postponed(examined)
        decoded = work.decoded = examined.decode()
        work.keep_pixels()
        return decoded


class _Nowhere:
    """Stands in for a batcher where nothing is to be computed."""

    def compute(self, pixels: Pixels, answer: "asyncio.Future[Answer]", *, is_background: bool = False) -> None:
        """Answer without an answer."""
        del pixels, is_background
        deliver([(answer, Answer(np.empty(0, np.float32), 0.0, 0.0))])

    def withdraw(self, answer: "asyncio.Future[Answer]") -> None:
        """Forget nothing: nothing waits here."""


def _without_frames(error: Exception) -> Exception:
    """Forget the frames of an error that says all there is to say: they hold the bytes of the image."""
    if isinstance(error, ImageRejected | _Postponed):
        error.__traceback__ = error.__cause__ = error.__context__ = None
    return error
