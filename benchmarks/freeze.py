"""The gain of freezing variables to constants on a CPU: the engine's graph against the signature as loaded.

Run: `python -m benchmarks.freeze STORE MODEL`, for instance with `.cache/demo/store solar-cells` after `make demo`.
Prints images per second, medians of interleaved repetitions, and the ratio.
"""

import statistics
import sys
import time
from collections.abc import Callable

import numpy as np
import tensorflow as tf
from rich.console import Console
from rich.table import Table

from app.inference.engines.tensorflow import TensorFlowEngine
from model_store.images.pixels import Pixels
from model_store.store import ModelStore

REPETITIONS = 9
IMAGES = 64


def rate(predict: Callable[[Pixels], object], pixels: Pixels) -> float:
    """Return images per second for about `IMAGES` images in batches of this size."""
    calls = max(1, IMAGES // len(pixels))
    started = time.perf_counter()
    for _ in range(calls):
        predict(pixels)
    return calls * len(pixels) / (time.perf_counter() - started)


def main(store: str, model: str) -> None:
    """Measure and print."""
    stored = ModelStore(store).open(model)
    engine = TensorFlowEngine(stored.directory, stored.manifest, device="cpu", max_batch_size=16)
    loaded_model = tf.saved_model.load(str(stored.directory))
    signature = loaded_model.signatures[stored.manifest.signature.name]
    output = stored.manifest.signature.output.name

    def as_loaded(pixels: Pixels) -> object:
        return signature(tf.constant(pixels))[output].numpy()

    table = Table("batch", "as loaded /s", "frozen /s", "frozen / as loaded")
    spec = stored.manifest.input
    for size in engine.batch_sizes:
        shape = (size, spec.height, spec.width, 3)
        pixels = np.random.default_rng(size).integers(0, 256, shape, dtype=np.uint8)
        rates = [[rate(predict, pixels) for predict in (as_loaded, engine.predict)] for _ in range(REPETITIONS + 1)][1:]
        loaded, frozen = (statistics.median(column) for column in zip(*rates, strict=True))
        table.add_row(str(size), f"{loaded:.1f}", f"{frozen:.1f}", f"{frozen / loaded:.2f}")
    Console().print(table)


if __name__ == "__main__":
    main(*sys.argv[1:])
