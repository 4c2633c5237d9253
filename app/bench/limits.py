"""Upper limits of decoder and engine in one process without HTTP, with the service's own code and a thread per core."""

import itertools
import statistics
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from app.inference.engines.base import Engine
from model_store.images.pixels import InputSpec, Pixels, decode

Work = Callable[[int], object]
"""A function that does the n-th piece of work."""


@dataclass(frozen=True)
class Limits:
    """Images per second with every core busy, and milliseconds of one image alone."""

    decode: float
    compute: float
    both: float
    """Images per second, decoded and computed."""
    alone_ms: float
    """Median time of one image, decoded and computed."""


def measure_limits(
    engine: Engine, spec: InputSpec, pictures: Sequence[bytes], *, threads: int, seconds: float
) -> Limits:
    """Measure the limits.

    Args:
        engine: The engine, loaded and warmed up.
        spec: The model's input.
        pictures: Bytes of image files.
        threads: Number of threads, each of which decodes and calls the engine.
        seconds: Duration of each measurement.
    """
    pixels = [decode(picture, spec).pixels for picture in pictures]
    size = engine.batch_sizes[-1]
    batches = [stack(pixels, first, size) for first in range(len(pixels))]

    def both(number: int) -> object:
        batch = [decode(pictures[(number * size + place) % len(pictures)], spec).pixels for place in range(size)]
        return engine.predict(np.stack(batch))

    return Limits(
        decode=rate(lambda number: decode(pictures[number % len(pictures)], spec), threads, seconds),
        compute=size * rate(lambda number: engine.predict(batches[number % len(batches)]), threads, seconds),
        both=size * rate(both, threads, seconds),
        alone_ms=median_ms(
            lambda number: engine.predict(decode(pictures[number % len(pictures)], spec).pixels[np.newaxis]), seconds
        ),
    )


def stack(pixels: Sequence[Pixels], first: int, size: int) -> Pixels:
    """Return a batch of `size` images from the index `first` on, starting over at the end."""
    return np.stack([pixels[(first + place) % len(pixels)] for place in range(size)])


def rate(work: Work, threads: int, seconds: float) -> float:
    """Return the pieces of work per second that this many threads do together."""
    done = [0] * threads
    numbers = itertools.count()
    started = time.perf_counter()
    end = started + seconds

    def work_until_end(thread: int) -> None:
        while time.perf_counter() < end:
            work(next(numbers))
            done[thread] += 1

    workers = [threading.Thread(target=work_until_end, args=(thread,)) for thread in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return sum(done) / (time.perf_counter() - started)


def median_ms(work: Work, seconds: float) -> float:
    """Return the median time of one piece of work, done one after the other."""
    times = []
    end = time.perf_counter() + seconds
    for number in itertools.count():
        started = time.perf_counter()
        work(number)
        times.append(time.perf_counter() - started)
        if time.perf_counter() >= end:
            break
    return statistics.median(times) * 1e3
