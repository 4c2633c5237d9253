"""Predictions and evaluations: decode in threads, then the batcher. The one place where async meets threads.

Every image goes the same way, alone, in a batch or in an evaluation; the latter two take it many times, with a bounded
number in flight, and read a file only when its turn comes.
"""

import asyncio
import functools
import time
from collections import deque
from collections.abc import AsyncGenerator, Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing, contextmanager
from dataclasses import dataclass, field
from typing import ParamSpec, TypeVar

from app.engines.base import Probabilities
from app.errors import InferenceFailed, Overloaded
from app.labelled_set import LabelledImage, LabelledSet
from app.metrics import Metrics
from app.precedence import Precedence
from app.registry import LoadedVersion
from app.settings import Settings, cores
from model_store.errors import ImageRejected
from model_store.evaluation import Scored, Unreadable, evaluate
from model_store.pixels import Decoded, InputSpec, decode
from model_store.report import Evaluation

P = ParamSpec("P")
T = TypeVar("T")

Read = Callable[[], bytes]
"""Hands over the bytes of one file; blocks, and runs in a decoding thread."""


@dataclass(slots=True)
class Timing:
    """Where the time went, in milliseconds."""

    decode_ms: float = 0.0
    """Reading and decoding."""
    queue_ms: float = 0.0
    """Waiting for a decoding thread and for the engine."""
    inference_ms: float = 0.0
    """The engine's batch that the image was in."""

    def add(self, other: "Timing") -> None:
        """Add another image's times."""
        self.decode_ms += other.decode_ms
        self.queue_ms += other.queue_ms
        self.inference_ms += other.inference_ms


@dataclass(frozen=True, slots=True)
class Prediction:
    """One image's answer."""

    probabilities: Probabilities
    """float32 `(labels,)`."""
    format: str
    width: int
    height: int
    timing: Timing = field(default_factory=Timing)


Outcome = Prediction | ImageRejected | InferenceFailed
"""What became of one image among many."""


class Service:
    """Answers for the images of one process.

    Args:
        settings: Threads and limits.
        metrics: Told about every image.
    """

    def __init__(self, settings: Settings, metrics: Metrics) -> None:
        self._settings = settings
        self._metrics = metrics
        threads = settings.decode_threads or cores()
        self._threads = threads
        self._decoders = ThreadPoolExecutor(threads, thread_name_prefix="decode")
        self._patient_decoders = ThreadPoolExecutor(threads, thread_name_prefix="decode-patient")
        self._precedence = Precedence(beside=max(1, cores() // 4))
        self._files = ThreadPoolExecutor(settings.max_evaluations + 4, thread_name_prefix="file")
        self._decoding = 0
        self._jobs = 0
        self._scored = metrics.images.labels("scored")
        self._stages = [metrics.stage_seconds.labels(stage) for stage in ("decode", "queue", "inference")]

    def close(self) -> None:
        """Let go of the threads."""
        self._decoders.shutdown(wait=False, cancel_futures=True)
        self._patient_decoders.shutdown(wait=False, cancel_futures=True)
        self._files.shutdown(wait=False, cancel_futures=True)

    async def in_thread(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run what waits for the disk, where it does not take a decoder's place."""
        return await asyncio.get_running_loop().run_in_executor(self._files, lambda: function(*args, **kwargs))

    @contextmanager
    def job(self) -> Iterator[None]:
        """Take a place among the batches and evaluations under way.

        Raises:
            Overloaded: There is none.
        """
        if self._jobs >= self._settings.max_evaluations:
            raise Overloaded("batches and evaluations under way", self._settings.max_evaluations)
        self._jobs += 1
        try:
            yield
        finally:
            self._jobs -= 1

    async def predict(self, loaded: LoadedVersion, read: Read) -> Prediction:
        """Predict one image, before those of batches and evaluations.

        Args:
            loaded: By which version.
            read: Hands over the file's bytes.

        Raises:
            ImageRejected: The bytes do not become pixels.
            Overloaded: Too many are waiting.
            InferenceFailed: The engine failed on it.
        """
        if self._decoding >= self._settings.max_queue:
            raise Overloaded("images waiting", self._settings.max_queue)
        with self._precedence.urgent():
            return await self._predict(loaded, read, is_patient=False)

    async def predict_each(self, loaded: LoadedVersion, reads: Iterable[Read]) -> AsyncGenerator[Outcome, None]:
        """Predict many images, in order; one that fails does not stop the others.

        Close the iterator (`contextlib.aclosing`) to give up what is under way.
        """
        window: deque[asyncio.Task[Outcome]] = deque()
        try:
            for read in reads:
                window.append(asyncio.create_task(self._outcome(loaded, read)))
                if len(window) >= self._settings.max_in_flight:
                    yield await window[0]
                    window.popleft()
            while window:
                yield await window[0]
                window.popleft()
        finally:
            for task in window:
                task.cancel()
            await asyncio.gather(*window, return_exceptions=True)

    async def evaluate(self, loaded: LoadedVersion, given: LabelledSet) -> tuple[Evaluation, Timing]:
        """Evaluate a labelled set; every file of it is in the result.

        Raises:
            InferenceFailed: The engine failed on an image: an evaluation without it would be none.
        """
        timing = Timing()
        reads = (_reader(given, image) for image in given.images)
        async with aclosing(self.predict_each(loaded, reads)) as outcomes:
            images = iter(given.images)
            files = [_fate(next(images), outcome, timing) async for outcome in outcomes]
        evaluation = await self.in_thread(
            evaluate, files, loaded.manifest.decision, ignored=given.ignored, directories=given.directories
        )
        return evaluation, timing

    async def _outcome(self, loaded: LoadedVersion, read: Read) -> Outcome:
        """Predict one image of many, when there is nothing more urgent."""
        try:
            async with self._precedence.patient(most=loaded.batcher.appetite + self._threads):
                return await self._predict(loaded, read, is_patient=True)
        except (ImageRejected, InferenceFailed) as error:
            return error

    async def _predict(self, loaded: LoadedVersion, read: Read, *, is_patient: bool) -> Prediction:
        started = time.perf_counter()
        try:
            decoded, decode_ms = await self._decode(read, loaded.input, is_patient=is_patient)
            answer = await loaded.batcher.submit(decoded.pixels, is_patient=is_patient)
        except ImageRejected as error:
            self._metrics.images.labels(error.reason).inc()
            raise
        total_ms = (time.perf_counter() - started) * 1e3
        timing = Timing(decode_ms, max(0.0, total_ms - decode_ms - answer.inference_ms), answer.inference_ms)
        self._observe(timing)
        return Prediction(answer.probabilities, decoded.format, decoded.width, decoded.height, timing)

    async def _decode(self, read: Read, spec: InputSpec, *, is_patient: bool) -> tuple[Decoded, float]:
        """Read and decode in a thread; return the time it took there, in milliseconds."""
        decode_now = functools.partial(self._decode_now, read, spec)
        loop = asyncio.get_running_loop()
        if is_patient:
            return await loop.run_in_executor(self._patient_decoders, decode_now)
        self._decoding += 1
        try:
            return await loop.run_in_executor(self._decoders, decode_now)
        finally:
            self._decoding -= 1

    def _decode_now(self, read: Read, spec: InputSpec) -> tuple[Decoded, float]:
        started = time.perf_counter()
        decoded = decode(read(), spec, max_image_pixels=self._settings.max_image_pixels)
        return decoded, (time.perf_counter() - started) * 1e3

    def _observe(self, timing: Timing) -> None:
        self._scored.inc()
        for stage, taken_ms in zip(self._stages, (timing.decode_ms, timing.queue_ms, timing.inference_ms), strict=True):
            stage.observe(taken_ms / 1e3)


def _reader(given: LabelledSet, image: LabelledImage) -> Read:
    return lambda: given.read(image.path)


def _fate(image: LabelledImage, outcome: Outcome, timing: Timing) -> Scored | Unreadable:
    if isinstance(outcome, InferenceFailed):
        raise outcome
    if isinstance(outcome, ImageRejected):
        return Unreadable(image.path, image.label, outcome.reason, outcome.detail)
    timing.add(outcome.timing)
    return Scored(image.path, image.label, outcome.probabilities)
