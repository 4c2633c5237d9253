"""Measurements of limits and service in turns, and a verdict on the figures. Prints nothing."""

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
"""Share of the limit from which the machine, not the service, is the bottleneck."""
_DECODING_IS_MUCH: Final = 0.4
"""Share of an image's time from which decoding is worth advice."""


@dataclass(frozen=True)
class Subject:
    """The version, service and pictures to measure.

    Attributes:
        engine: The engine, loaded in this process as the service loads it.
        manifest: The version's manifest.
        settings: The service's settings.
        pictures: Bytes of image files.
    """

    engine: Engine
    manifest: Manifest
    settings: Settings
    pictures: Sequence[bytes]

    def limits(self, seconds: float) -> Limits:
        """Measure the limits, in four measurements of `seconds` each."""
        spec = self.settings.input_of(self.manifest.input)
        threads = self.settings.engine_threads or cores()
        return measure_limits(self.engine, spec, self.pictures, threads=threads, seconds=seconds)


@dataclass(frozen=True)
class Figures:
    """Medians of the repetitions.

    Attributes:
        engine: Name, device and precision of the engine.
        limits: Limits of decoder and engine in one process.
        loads: The service's figures by number of connections.
        ratios: The service's rate as a share of the limit of the same repetition, by number of connections.
        start_s: Seconds from the start of the process until it was ready.
        peak_mib: Peak resident memory of the service, in MiB.
    """

    engine: str
    limits: Limits
    loads: dict[int, "LoadFigures"]
    ratios: dict[int, float]
    start_s: float
    peak_mib: float


@dataclass(frozen=True)
class LoadFigures:
    """Figures of one load: images per second, and times within which 50% and 99% of the responses arrived."""

    rate: float
    p50_ms: float
    p99_ms: float
    refused: int


def measure(subject: Subject, seconds: float, advance: Callable[[], None]) -> Figures:
    """Measure limits and service `REPETITIONS` times, one after the other.

    Args:
        subject: The version, service and pictures to measure.
        seconds: Duration of each measurement.
        advance: Called after each repetition.

    Raises:
        ServerUnreachable: If the service does not start or a connection breaks.
    """
    limits: list[Limits] = []
    loads: dict[int, list[Load]] = {connections: [] for connections in CONNECTIONS}
    starts, peaks = [], []
    for _ in range(REPETITIONS):
        limits.append(subject.limits(seconds))
        with serving(subject.settings, subject.manifest.model) as service:
            asyncio.run(run_load(service.port, subject.pictures, CONNECTIONS[-1], _WARM_UP_S))
            for connections, measured in loads.items():
                measured.append(asyncio.run(run_load(service.port, subject.pictures, connections, seconds)))
            starts.append(service.start_s)
            peaks.append(service.peak_mib())
        advance()
    return Figures(
        engine=f"{subject.engine.name} on {subject.engine.device} in {subject.engine.precision}",
        limits=Limits(*(statistics.median(values) for values in zip(*map(_numbers, limits), strict=True))),
        loads={connections: _median(measured) for connections, measured in loads.items()},
        ratios={
            connections: statistics.median(load.rate / limit.both for load, limit in zip(measured, limits, strict=True))
            for connections, measured in loads.items()
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
    """Return sentences that name the bottleneck and advise on it."""
    limits = figures.limits
    decoding = limits.compute / (limits.compute + limits.decode)  # share of an image's time, from the two rates
    best = max(figures.ratios.values())
    shares = f"{decoding:.0%} of an image's time is decoding, {1 - decoding:.0%} computing"
    sentences = [f"The service does {best:.0%} of what decoder and engine can do here; {shares}."]
    if best < _GOOD:
        sentences.append("The rest is HTTP, scheduling and this command's own client, which shares the cores.")
    else:
        sentences.append("So the machine is the bottleneck: more cores or a faster engine would help.")
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
        return [f"--precision {faster} is faster and, as measured, as accurate for this version."]
    return [] if "int8" in manifest.precisions else ["`fullcount models quantize` may make a faster variant."]
