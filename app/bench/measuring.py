"""Limits and service, measured in turns, and what follows from the figures. Prints nothing."""

import asyncio
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from app.bench.limits import Limits, measure_limits
from app.bench.load import Load, run_load
from app.bench.process import serving
from app.inference.engines.base import Engine
from app.inference.engines.loading import choose_precision
from app.settings import Settings, cores
from model_store.manifest import Manifest

CONNECTIONS: Final = (1, 8, 32)
REPETITIONS: Final = 3
_WARM_UP_S: Final = 1.0
_GOOD: Final = 0.9
"""Share of the limit from which the machine holds the service back, and not the service itself."""
_DECODING_IS_MUCH: Final = 0.4


@dataclass(frozen=True)
class Subject:
    """What is measured.

    Attributes:
        engine: Loaded here, as the service loads it.
        manifest: Of the version.
        settings: Of the service.
        pictures: Image files.
    """

    engine: Engine
    manifest: Manifest
    settings: Settings
    pictures: Sequence[bytes]

    def limits(self, seconds: float) -> Limits:
        """Measure the limits; each of four measurements takes so long."""
        spec = self.settings.input_of(self.manifest.input)
        threads = self.settings.engine_threads or cores()
        return measure_limits(self.engine, spec, self.pictures, threads=threads, seconds=seconds)


@dataclass(frozen=True)
class Figures:
    """Medians of the repetitions.

    Attributes:
        engine: What computes, where and in which precision.
        limits: Of decoder and engine in one process.
        loads: Connections to what the service did.
        ratios: Connections to the service's rate as a share of the limit, each pair of the same repetition.
        start_s: From the start of the process until it was ready.
        peak_mib: Most memory that the service had resident.
    """

    engine: str
    limits: Limits
    loads: dict[int, "LoadFigures"]
    ratios: dict[int, float]
    start_s: float
    peak_mib: float


@dataclass(frozen=True)
class LoadFigures:
    """One load: images per second, and milliseconds within which half and 99% of the answers came."""

    rate: float
    p50_ms: float
    p99_ms: float
    refused: int


def measure(subject: Subject, seconds: float, advance: Callable[[], None]) -> Figures:
    """Measure limits and service `REPETITIONS` times, one after the other.

    Args:
        subject: What to measure.
        seconds: Of each measurement.
        advance: Called after each repetition.

    Raises:
        ServerUnreachable: The service does not start, or breaks.
    """
    limits: list[Limits] = []
    loads: dict[int, list[Load]] = {connections: [] for connections in CONNECTIONS}
    starts, peaks = [], []
    for _ in range(REPETITIONS):
        limits.append(subject.limits(seconds))
        with serving(subject.settings, subject.manifest.model) as service:
            asyncio.run(run_load(service.port, subject.pictures, CONNECTIONS[-1], _WARM_UP_S))
            for connections, found in loads.items():
                found.append(asyncio.run(run_load(service.port, subject.pictures, connections, seconds)))
            starts.append(service.start_s)
            peaks.append(service.peak_mib())
        advance()
    return Figures(
        engine=f"{subject.engine.name} on {subject.engine.device} in {subject.engine.precision}",
        limits=Limits(*(statistics.median(values) for values in zip(*map(_numbers, limits), strict=True))),
        loads={connections: _median(found) for connections, found in loads.items()},
        ratios={
            connections: statistics.median(load.rate / limit.both for load, limit in zip(found, limits, strict=True))
            for connections, found in loads.items()
        },
        start_s=statistics.median(starts),
        peak_mib=max(peaks),
    )


def _numbers(limits: Limits) -> tuple[float, float, float, float]:
    return limits.decode, limits.compute, limits.both, limits.alone_ms


def _median(loads: Sequence[Load]) -> LoadFigures:
    return LoadFigures(
        statistics.median(load.rate for load in loads),
        statistics.median(load.percentile_ms(0.5) for load in loads),
        statistics.median(load.percentile_ms(0.99) for load in loads),
        sum(load.refused for load in loads),
    )


def verdict(figures: Figures, subject: Subject) -> list[str]:
    """Say in sentences what holds the service back, and what would help."""
    limits = figures.limits
    decoding = limits.compute / (limits.compute + limits.decode)  # of the time of an image, by the two rates
    best = max(figures.ratios.values())
    shares = f"{decoding:.0%} of an image's time is decoding, {1 - decoding:.0%} computing"
    sentences = [f"The service does {best:.0%} of what decoder and engine can do here; {shares}."]
    if best < _GOOD:
        sentences.append("The rest is HTTP, scheduling, and this command's own client, which shares the cores.")
    else:
        sentences.append("So the machine holds it back: more cores, or a faster engine, and it does more.")
    if decoding > _DECODING_IS_MUCH:
        sentences.append("Decoding is a large part: smaller pictures, or JPEGs instead of PNGs, would help.")
    return sentences + _advice(subject)


def _advice(subject: Subject) -> list[str]:
    engine, manifest = subject.engine, subject.manifest
    if engine.name == "tensorflow" and engine.device == "cpu":
        return ["OpenVINO is faster on a processor: pip install 'fullcount[serve]'."]
    if engine.name != "openvino" or engine.precision != "f32":
        return []
    faster = choose_precision(manifest)
    if faster != "f32":
        return [f"--precision {faster} is faster, and was measured to be as accurate for this version."]
    return [] if "int8" in manifest.precisions else ["`fullcount models quantize` may make a faster variant."]
