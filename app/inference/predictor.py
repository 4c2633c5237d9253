"""Predictions: the one path from an image to an answer, for routes, commands and evaluations.

A single image is predicted in the foreground. The images of a batch or an evaluation take the same path in the
background. A bounded number of them is in progress, and each file is read only when its turn comes.
"""

import time
from collections.abc import AsyncGenerator, Iterable
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Final

from app.concurrency import Pulse, in_order
from app.errors import InferenceFailed
from app.inference.admission import Admission
from app.inference.decoding.processes import DecodingLimits
from app.inference.engines.base import Maps, Probabilities
from app.inference.explainer import Explainer
from app.inference.loaded_version import LoadedVersion
from app.inference.pipeline import Pipeline
from app.inference.sources import See, Source, SourceFile
from app.memory.budget import MemoryBudget
from app.observability.metrics import ServiceMetrics
from app.settings import Settings, cores
from model_store.errors import ImageRejected
from model_store.images.pixels import Decoded

_LEAST_PROCESSES: Final = 2
"""Decoding processes on one core: a costly picture in one keeps no other from being decoded."""


@dataclass(slots=True)
class Timing:
    """The time of one image, or the sum over several, by stage in milliseconds."""

    decode_ms: float = 0.0
    """Reading and decoding."""
    queue_ms: float = 0.0
    """Waiting for a worker and for the engine."""
    inference_ms: float = 0.0
    """Computing the batch that held the image."""
    explain_ms: float = 0.0
    """Waiting for and computing class activation maps; 0 if none were computed."""

    def add(self, other: "Timing") -> None:
        """Add the times of another image."""
        self.decode_ms += other.decode_ms
        self.queue_ms += other.queue_ms
        self.inference_ms += other.inference_ms


@dataclass(frozen=True, slots=True)
class Prediction:
    """The probabilities of one image's labels, with the pixels that the model saw."""

    probabilities: Probabilities
    """float32 `(labels,)`."""
    decoded: Decoded
    timing: Timing = field(default_factory=Timing)


PredictionOutcome = Prediction | ImageRejected | InferenceFailed
"""The outcome for one image of many: its prediction, or the error that concerns it alone."""


class Predictor:
    """Predicts the images of one process.

    Args:
        settings: Threads and limits.
        metrics: Counts every image.
        memory: The memory that requests take together.
    """

    def __init__(self, settings: Settings, metrics: ServiceMetrics, memory: MemoryBudget) -> None:
        self._metrics = metrics
        self._threads = settings.image_threads(cores())
        self._max_in_flight = settings.max_in_flight
        self._pipeline = Pipeline(
            threads=self._threads,
            processes=max(_LEAST_PROCESSES, cores()),
            limits=DecodingLimits(settings.max_image_pixels, settings.max_decode_s),
            max_queue=settings.max_queue,
            budget=memory,
        )
        self._admission = Admission(beside=max(1, cores() // 4))
        self._scored = metrics.images.labels("scored")
        self._stages = [metrics.stage_seconds.labels(stage) for stage in ("decode", "queue", "inference")]

    async def close(self) -> None:
        """Release the threads and processes."""
        await self._pipeline.close()

    @property
    def pulses(self) -> list[Pulse]:
        """The pulses of what decodes single images."""
        return self._pipeline.pulses

    async def predict(self, version: LoadedVersion, source: Source) -> Prediction:
        """Predict one image in the foreground, ahead of batches and evaluations.

        Args:
            version: The version that predicts.
            source: Reads the file's bytes, or is the decoded image.

        Raises:
            ImageRejected: If the bytes cannot be decoded.
            Overloaded: If too many images are waiting.
            InferenceFailed: If the engine failed on the image.
        """
        with self._admission.foreground():
            return await self._predict(version, source, is_background=False)

    async def predict_in_background(
        self, version: LoadedVersion, source: Source, see: See = lambda _: None
    ) -> PredictionOutcome:
        """Predict one image of many when the foreground leaves room for it.

        Args:
            version: The version that predicts.
            source: Reads the file's bytes, or is the decoded image.
            see: Called with the pixels, in the worker's thread.
        """
        try:
            async with self._admission.background(most=version.batcher.appetite + self._threads):
                return await self._predict(version, source, is_background=True, see=see)
        except (ImageRejected, InferenceFailed) as error:
            return error

    async def predict_each(
        self, version: LoadedVersion, sources: Iterable[SourceFile]
    ) -> AsyncGenerator[PredictionOutcome, None]:
        """Predict many images in the background, in order; one that fails does not stop the others.

        Close the generator (`contextlib.aclosing`) to cancel the images in progress.
        """
        works = (self.predict_in_background(version, source) for source in sources)
        async with aclosing(in_order(works, self._max_in_flight)) as outcomes:
            async for outcome in outcomes:
                yield outcome

    async def decode(self, file: SourceFile, version: LoadedVersion) -> Decoded:
        """Decode an image as a version sees it, in the background and without predicting it.

        Raises:
            ImageRejected: If the bytes cannot be decoded.
        """
        return await self._pipeline.decode(file, version.input)

    async def explain(self, explainer: Explainer, prediction: Prediction) -> Maps:
        """Compute the class activation maps of a predicted image and add the time to the prediction's.

        Args:
            explainer: The explainer of the version that predicted.
            prediction: The prediction.

        Returns:
            float32 `(rows, columns, labels)`.

        Raises:
            Overloaded: If too many images are waiting.
            InferenceFailed: If the maps cannot be computed.
        """
        started = time.perf_counter()
        with self._admission.foreground():
            maps = await explainer.explain(prediction.decoded.pixels)
        prediction.timing.explain_ms = (time.perf_counter() - started) * 1e3
        return maps

    async def _predict(
        self, version: LoadedVersion, source: Source, *, is_background: bool, see: See = lambda _: None
    ) -> Prediction:
        started = time.perf_counter()
        try:
            done = await self._pipeline.run(
                source, version.input, version.batcher, is_background=is_background, see=see
            )
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
