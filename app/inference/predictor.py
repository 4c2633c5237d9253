"""Predictions and evaluations: what the routes and the command line ask for.

Every image goes the same way, alone, in a batch or in an evaluation; the latter two take it many times, with a bounded
number in flight, and read a file only when its turn comes.
"""

import asyncio
import functools
import time
from collections import deque
from collections.abc import AsyncGenerator, Callable, Coroutine, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing, contextmanager
from dataclasses import dataclass, field
from typing import ParamSpec, TypeVar

from app.concurrency import call_at_low_priority
from app.errors import InferenceFailed, Overloaded
from app.inference.admission import Admission
from app.inference.engines.base import Maps, Probabilities
from app.inference.explainer import Explainer
from app.inference.loaded_version import LoadedVersion
from app.inference.pipeline import Pipeline, Read, See
from app.observability.metrics import ServiceMetrics
from app.reports.conclusions import Conclusions, conclude
from app.reports.thumbnails import add_thumbnails
from app.settings import Settings, cores
from model_store.errors import ImageRejected
from model_store.evaluation.records import Records
from model_store.images.pixels import Decoded
from model_store.labelled_sets.labelled_set import LabelledImage, LabelledSet

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(slots=True)
class Timing:
    """Where the time went, in milliseconds."""

    decode_ms: float = 0.0
    """Reading and decoding."""
    queue_ms: float = 0.0
    """Waiting for a worker and for the engine."""
    inference_ms: float = 0.0
    """The engine's batch that the image was in."""
    explain_ms: float = 0.0
    """Class activation maps, where they are asked for, with waiting for them."""

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
    decoded: Decoded
    timing: Timing = field(default_factory=Timing)


Progress = Callable[[int], None]
"""Told the number of image files that are done."""

Outcome = Prediction | ImageRejected | InferenceFailed
"""What became of one image among many."""


class Service:
    """Answers for the images of one process.

    Args:
        settings: Threads and limits.
        metrics: Told about every image.
    """

    def __init__(self, settings: Settings, metrics: ServiceMetrics) -> None:
        self._settings = settings
        self._metrics = metrics
        threads = settings.image_threads(cores())
        self._threads = threads
        self._pipeline = Pipeline(
            threads=threads, max_image_pixels=settings.max_image_pixels, max_queue=settings.max_queue
        )
        self._admission = Admission(beside=max(1, cores() // 4))
        self._files = ThreadPoolExecutor(settings.max_evaluations + 4, thread_name_prefix="file")
        self._jobs = 0
        self._scored = metrics.images.labels("scored")
        self._stages = [metrics.stage_seconds.labels(stage) for stage in ("decode", "queue", "inference")]

    def close(self) -> None:
        """Let go of the threads."""
        self._pipeline.close()
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
        with self._admission.foreground():
            return await self._predict(loaded, read, is_background=False)

    async def explain(self, explainer: Explainer, prediction: Prediction) -> Maps:
        """Compute the class activation maps of an image that was predicted; the time they took is noted there.

        Args:
            explainer: Of the version that predicted it.
            prediction: What it said.

        Returns:
            float32 `(rows, columns, labels)`.

        Raises:
            Overloaded: Too many are waiting.
            InferenceFailed: They cannot be computed.
        """
        started = time.perf_counter()
        with self._admission.foreground():
            maps = await explainer.explain(prediction.decoded.pixels)
        prediction.timing.explain_ms = (time.perf_counter() - started) * 1e3
        return maps

    async def predict_each(self, loaded: LoadedVersion, reads: Iterable[Read]) -> AsyncGenerator[Outcome, None]:
        """Predict many images, in order; one that fails does not stop the others.

        Close the iterator (`contextlib.aclosing`) to give up what is under way.
        """
        async with aclosing(self._in_order(self._outcome(loaded, read) for read in reads)) as outcomes:
            async for outcome in outcomes:
                yield outcome

    async def _in_order(self, works: Iterable[Coroutine[None, None, T]]) -> AsyncGenerator[T, None]:
        """Await many, a bounded number of them at the same time."""
        window: deque[asyncio.Task[T]] = deque()
        try:
            for work in works:
                window.append(asyncio.create_task(work))
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

    async def evaluate(
        self,
        loaded: LoadedVersion,
        given: LabelledSet,
        on_progress: Progress = lambda _: None,
        *,
        against: LoadedVersion | None = None,
        explainer: Explainer | None = None,
    ) -> tuple[Conclusions, Timing]:
        """Evaluate a labelled set; every file of it is in the result.

        Args:
            loaded: By which version.
            given: The set.
            on_progress: Called with the number of image files that are done, after each.
            against: Another version of the same labels, to compare with on the same files.
            explainer: Explains the files that have a thumbnail; None: nothing is explained.

        Raises:
            InferenceFailed: The engine failed on an image: an evaluation without it would be none.
        """
        timing = Timing()
        versions = (loaded,) if against is None else (loaded, against)
        answers = [Records(given.images, version.manifest.labels) for version in versions]
        works = (
            self._outcomes(versions, _reader(given, image), functools.partial(answers[0].see, place))
            for place, image in enumerate(given.images)
        )
        async with aclosing(self._in_order(works)) as outcomes_of_images:
            place = 0
            async for outcomes in outcomes_of_images:
                for records, outcome in zip(answers, outcomes, strict=True):
                    _note(records, place, outcome, timing)
                place += 1
                on_progress(place)
        return await self.in_thread(
            call_at_low_priority, lambda: self._conclude(versions, answers, given, explainer)
        ), timing

    def _conclude(
        self,
        versions: Sequence[LoadedVersion],
        answers: Sequence[Records],
        given: LabelledSet,
        explainer: Explainer | None,
    ) -> Conclusions:
        evaluated = conclude(versions, answers, given)
        add_thumbnails(evaluated, versions[0], given, self._settings.max_image_pixels, explainer)
        return evaluated

    async def _outcome(self, loaded: LoadedVersion, source: Read | Decoded, see: See = lambda _: None) -> Outcome:
        """Predict one image of many, when there is nothing more urgent."""
        try:
            async with self._admission.background(most=loaded.batcher.appetite + self._threads):
                return await self._predict(loaded, source, is_background=True, see=see)
        except (ImageRejected, InferenceFailed) as error:
            return error

    async def _outcomes(self, versions: Sequence[LoadedVersion], read: Read, see: See) -> list[Outcome]:
        """Predict one image by one or two versions; it is decoded once, unless they see it differently."""
        outcomes = [await self._outcome(versions[0], read, see)]
        for other in versions[1:]:
            first = outcomes[0]
            if other.input != versions[0].input or isinstance(first, InferenceFailed):
                outcomes.append(await self._outcome(other, read))
            else:
                source = first if isinstance(first, ImageRejected) else await self._outcome(other, first.decoded)
                outcomes.append(source)
        return outcomes

    async def _predict(
        self, loaded: LoadedVersion, source: Read | Decoded, *, is_background: bool, see: See = lambda _: None
    ) -> Prediction:
        started = time.perf_counter()
        try:
            done = await self._pipeline.run(source, loaded.input, loaded.batcher, is_background=is_background, see=see)
        except ImageRejected as error:
            self._metrics.images.labels(error.reason).inc()
            raise
        total_ms = (time.perf_counter() - started) * 1e3
        queue_ms = max(0.0, total_ms - done.decode_ms - done.answer.inference_ms)
        timing = Timing(done.decode_ms, queue_ms, done.answer.inference_ms)
        self._observe(timing)
        return Prediction(done.answer.probabilities, done.decoded, timing)

    def _observe(self, timing: Timing) -> None:
        self._scored.inc()
        for stage, taken_ms in zip(self._stages, (timing.decode_ms, timing.queue_ms, timing.inference_ms), strict=True):
            stage.observe(taken_ms / 1e3)


def _reader(given: LabelledSet, image: LabelledImage) -> Read:
    return lambda: given.read(image.path)


def _note(records: Records, place: int, outcome: Outcome, timing: Timing) -> None:
    if isinstance(outcome, InferenceFailed):
        raise outcome
    if isinstance(outcome, ImageRejected):
        records.reject(place, outcome.reason, outcome.detail)
    else:
        timing.add(outcome.timing)
        records.score(place, outcome.probabilities)
