"""The upper limit of an engine in one process: JPEG bytes to probabilities without HTTP, with the service's own code.

Run: `python -m benchmarks.serving.limit STORE MODEL ENGINE PRECISION BODIES SECONDS`. One thread per core decodes and
computes, with `model_store.images.pixels.decode` and the engine that the service loads. Prints JSON.
"""

import itertools
import json
import random
import statistics
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from app.inference.engines.base import Engine, Predict
from app.inference.engines.loading import load_engine
from app.settings import Settings, cores
from benchmarks.serving.bodies import PICTURES, bodies_folder
from model_store.images.pixels import InputSpec, decode
from model_store.store import ModelStore

WARM_UP_S = 1.0


def rates(engine: Engine, spec: InputSpec, files: list[bytes], seconds: float) -> dict[str, float]:
    """Return images per second of each way to use the engine.

    A way is a function and a batch size. The functions are the engine's own choice, which the service calls, and all
    others that it has; the batch sizes are 1 and the largest.
    """
    ways: dict[str, Predict] = {"predict": engine.predict}
    ways |= {f"way {number}": way for number, way in enumerate(engine.ways()) if len(engine.ways()) > 1}
    sizes = sorted({engine.batch_sizes[0], engine.batch_sizes[-1]})
    tries = list(itertools.product(ways, sizes))
    return {f"{name}, batch {size}": rate(ways[name], spec, files, size, seconds / len(tries)) for name, size in tries}


def rate(predict: Predict, spec: InputSpec, files: list[bytes], size: int, seconds: float) -> float:
    """Return images per second with a thread per core."""
    answer = answerer(predict, spec, files, size)
    done = [0] * cores()
    started = time.perf_counter()
    end = started + seconds

    def work(number: int) -> None:
        chooser = random.Random(number)
        while time.perf_counter() < end:
            answer(chooser)
            done[number] += size

    threads = [threading.Thread(target=work, args=(number,)) for number in range(len(done))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(done) / (time.perf_counter() - started)


def alone_ms(predict: Predict, spec: InputSpec, files: list[bytes], seconds: float) -> float:
    """Return the median time of one image without load, in milliseconds."""
    answer = answerer(predict, spec, files, 1)
    chooser = random.Random(0)
    times = []
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        started = time.perf_counter()
        answer(chooser)
        times.append(time.perf_counter() - started)
    return statistics.median(times) * 1e3


def answerer(predict: Predict, spec: InputSpec, files: list[bytes], size: int) -> Callable[[random.Random], object]:
    """Return a function that decodes and computes `size` files chosen at random."""

    def answer(chooser: random.Random) -> object:
        return predict(np.stack([decode(chooser.choice(files), spec).pixels for _ in range(size)]))

    return answer


def main(arguments: list[str]) -> None:
    """Measure and print."""
    store, model, engine_name, precision, bodies, seconds = arguments
    settings = Settings.model_validate({"store": store, "engine": engine_name, "precision": precision})
    stored = ModelStore(settings.store).open(model, ModelStore(settings.store).resolve(model))
    spec = stored.manifest.input
    engine = load_engine(stored, settings)
    result: dict[str, object] = {"threads": cores()}
    for size in PICTURES:
        files = [path.read_bytes() for path in sorted(bodies_folder(Path(bodies), "raw", size).iterdir())]
        rates(engine, spec, files, WARM_UP_S)
        result[size] = rates(engine, spec, files, float(seconds))
        result[f"{size} alone_ms"] = alone_ms(engine.predict, spec, files, float(seconds) / 2)
    print(json.dumps(result))


if __name__ == "__main__":
    main(sys.argv[1:])
