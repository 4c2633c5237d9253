"""Images per second of several ways to use the cores: the reason why the OpenVINO engine has a lane per core.

Run: `python -m benchmarks.openvino_designs STORE MODEL`. `spread` is one request on all cores, `apart` one request per
core from as many threads; decoding is not included. Prints medians of interleaved repetitions.
"""

import statistics
import sys
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
import openvino
from rich.console import Console
from rich.table import Table

from app.settings import cores
from model_store.images.pixels import Pixels
from model_store.store import ModelStore, StoredVersion

REPETITIONS = 5
SECONDS = 1.5
BATCHES = (1, 2, 4, 8, 16)
PRECISIONS = ("f32", "bf16")
DESIGNS: dict[str, dict[str, object]] = {
    "spread": {"PERFORMANCE_HINT": "LATENCY"},
    "apart, pinned": {"NUM_STREAMS": cores()},
    "apart": {"NUM_STREAMS": cores(), "ENABLE_CPU_PINNING": False},
}


def compiled(stored: StoredVersion, batch: int, options: dict[str, object]) -> Any:  # noqa: ANN401  an untyped class
    """Compile the version for one batch size."""
    core = openvino.Core()
    model = core.read_model(stored.directory)
    model.reshape([batch, stored.manifest.input.height, stored.manifest.input.width, 3])
    return core.compile_model(model, "CPU", options | {"INFERENCE_NUM_THREADS": cores()})


def images_per_second(model: Any, pixels: Pixels, threads: int) -> float:  # noqa: ANN401  as above
    """Return the images per second of threads that compute the same batch repeatedly."""
    counts = [0] * threads
    end = time.perf_counter() + SECONDS

    def compute(number: int) -> None:
        request = model.create_infer_request()
        while time.perf_counter() < end:
            request.infer([pixels], share_inputs=True)
            counts[number] += len(pixels)

    workers = [threading.Thread(target=compute, args=(number,)) for number in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return sum(counts) / SECONDS


def main() -> None:
    """Measure and print."""
    store, model = sys.argv[1:]
    stored = ModelStore(Path(store)).open(model, ModelStore(Path(store)).resolve(model))
    spec = stored.manifest.input
    table = Table("precision", "batch", *DESIGNS, "apart / spread")
    for precision in PRECISIONS:
        for batch in BATCHES:
            pixels = np.random.default_rng(0).integers(0, 256, (batch, spec.height, spec.width, 3), dtype=np.uint8)
            hint = {"INFERENCE_PRECISION_HINT": precision}
            models = {name: compiled(stored, batch, options | hint) for name, options in DESIGNS.items()}
            rates: dict[str, list[float]] = {name: [] for name in models}
            for _ in range(REPETITIONS):
                for name, one in models.items():
                    rates[name].append(images_per_second(one, pixels, 1 if name == "spread" else cores()))
            medians = {name: statistics.median(values) for name, values in rates.items()}
            ratio = medians["apart"] / medians["spread"]
            table.add_row(precision, str(batch), *(f"{rate:.0f}" for rate in medians.values()), f"{ratio:.2f}")
    Console().print(table)


if __name__ == "__main__":
    main()
