"""The OpenVINO engine, for CPUs. It reads the SavedModel directly and does not import TensorFlow.

Spreading a convolution over all cores gives the lowest latency. One image per core gives the highest throughput, since
no core waits for another. The model is compiled for both: a lone image gets all cores, and images that arrive together
get a core each. Background images get a core that nothing else needs. Larger batches gain nothing on a CPU, so the
batch size is always 1. See docs/explanation/performance.md.
"""

import functools
import math
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from queue import SimpleQueue
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from app.concurrency import call_at_low_priority
from app.errors import DeviceMissing, PrecisionMissing
from app.inference.engines.base import ComputeMaps, Predict, Probabilities
from app.inference.engines.graph_check import check_graph
from app.inference.engines.saved_model import write_serving
from model_store.images.pixels import Pixels
from model_store.manifest import Manifest, Signature
from model_store.precision import INT8_DIRECTORY, Precision
from model_store.quiet import forbid_telemetry

CPU: Final = "cpu"
TOLERANCES: Final[dict[Precision, float]] = {"f32": 1e-4, "bf16": 0.15, "int8": 0.15}
"""Tolerances by precision. bfloat16 has 8 bits of mantissa; int8 is compared with the machine that quantised it."""
_SLACK: Final = 1.5
"""Factor on the measured difference, since another processor rounds in another order."""

_SPREAD: Final[dict[str, object]] = {"PERFORMANCE_HINT": "LATENCY"}
"""Options for one image on all cores."""

_Requests = SimpleQueue[Any]
"""Free inference requests, each of which computes one image at a time."""
_ALONE_IN_A_ROW: Final = 8
"""Number of calls without an overlap after which images count as arriving one at a time."""
_QUIET_S: Final = 0.2
"""Seconds without a call after which images count as arriving one at a time."""


class OpenVinoEngine:
    """A SavedModel compiled by OpenVINO for this CPU.

    Args:
        directory: The version directory, a private copy; nothing refers to it later.
        manifest: The version's manifest.
        threads: Number of cores to use.
        device: `auto` or `cpu`.
        precision: `f32`, `bf16` if the CPU supports it, or `int8` if the version has such a variant.

    Raises:
        DeviceMissing: If a GPU is requested.
        GraphRefused: If the graph may not be loaded: see `check_graph`.
        PrecisionMissing: If the CPU or the version does not support the precision.
    """

    name = "openvino"
    device = CPU
    batch_sizes: tuple[int, ...] = (1,)

    def __init__(
        self,
        directory: Path,
        manifest: Manifest,
        *,
        threads: int,
        device: str = "auto",
        precision: Precision = "f32",
    ) -> None:
        if device not in {"auto", CPU}:
            raise DeviceMissing("OpenVINO", device, [CPU])
        if precision != "f32":
            check_precision(precision, manifest)
        check_graph(directory)
        self.precision = precision
        self.tolerance = _tolerance(precision, manifest)
        self.lanes = threads
        self._shape = [1, manifest.input.height, manifest.input.width, 3]
        model = _read(directory / INT8_DIRECTORY / "model.xml" if precision == "int8" else directory, self._shape)
        common = _options(threads, "bf16" if precision == "bf16" else "f32")  # for operations that are not in int8
        self._spread = _requests(model, common | _SPREAD, 1)
        self._compile_apart = functools.partial(_requests, model, common | {"NUM_STREAMS": threads}, threads)
        self._apart = self._compile_apart() if threads > 1 else self._spread
        self._background: _Requests | None = None
        self._lock = threading.Lock()
        self._output = manifest.signature.output.name
        self._crowd = _Crowd()

    def predict(self, pixels: Pixels) -> Probabilities:
        """Compute probabilities; see `Engine.predict`."""
        with self._crowd.entered() as is_alone:
            return self._infer(self._spread if is_alone else self._apart, pixels)

    def predict_in_background(self, pixels: Pixels) -> Probabilities:
        """Compute on one core that `predict` does not need; see `Engine.predict_in_background`.

        It uses threads of low priority, made on the first call. They compile the same model with the same options as
        `apart`, which the golden samples have checked.
        """
        with self._lock:
            if self._background is None:
                self._background = call_at_low_priority(self._compile_apart)
        return self._infer(self._background, pixels)

    def ways(self) -> tuple[Predict, ...]:
        """Return both implementations, on all cores and on one; see `Engine.ways`."""
        return functools.partial(self._infer, self._spread), functools.partial(self._infer, self._apart)

    def load_maps(self, directory: Path, signature: Signature) -> ComputeMaps:
        """Compile the function for all cores; see `Engine.load_maps`.

        OpenVINO reads only the signature `serving_default`, so it gets a copy of the graph with the names swapped.

        Raises:
            GraphRefused: If the graph may not be loaded: see `check_graph`.
        """
        check_graph(directory)
        with tempfile.TemporaryDirectory(dir=directory) as copy:
            write_serving(signature.name, directory, Path(copy))
            requests = _requests(_read(Path(copy), self._shape), _options(self.lanes, "f32") | _SPREAD, 1)
        return functools.partial(_infer, requests, signature.output.name)

    def close(self) -> None:
        """Release the model's memory."""
        self._spread = self._apart = self._background = SimpleQueue()
        del self._compile_apart  # it refers to the model

    def _infer(self, requests: "_Requests", pixels: Pixels) -> Probabilities:
        return _infer(requests, self._output, pixels)


class _Crowd:
    """Detects if images arrive one at a time.

    Even under load the engine is idle now and then, while the next images are decoded, and an image on all cores would
    delay them. So it must have been quiet for a while: a number of calls, or a time, without two at once.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._inside = 0
        self._alone_in_a_row = _ALONE_IN_A_ROW
        self._last_left = -math.inf

    @contextmanager
    def entered(self) -> Iterator[bool]:
        """Count a call until the block ends; yields True if no other call is running or has run recently."""
        with self._lock:
            if self._inside:
                self._alone_in_a_row = 0
            elif time.monotonic() - self._last_left > _QUIET_S:
                self._alone_in_a_row = _ALONE_IN_A_ROW
            is_alone = not self._inside and self._alone_in_a_row >= _ALONE_IN_A_ROW
            self._alone_in_a_row += 1
            self._inside += 1
        try:
            yield is_alone
        finally:
            with self._lock:
                self._inside -= 1
                self._last_left = time.monotonic()


def check_precision(precision: Precision, manifest: Manifest) -> None:
    """Check that a version can be computed in a precision on this machine.

    Raises:
        PrecisionMissing: If the CPU or the version does not support the precision.
    """
    if precision == "bf16" and not has_bf16():
        raise PrecisionMissing(precision, "this processor computes in f32 only")
    if precision == "int8" and precision not in manifest.precisions:
        reason = f"version {manifest.version} of {manifest.model} has no such variant"
        hint = "Make a version with one by `fullcount models quantize`, or use --precision f32."
        raise PrecisionMissing(precision, reason, hint=hint)


def _tolerance(precision: Precision, manifest: Manifest) -> float:
    """Return the tolerance of golden samples, which is larger for a version with a large error in bfloat16."""
    measured = manifest.precisions.get(precision) if precision == "bf16" else None
    return max(TOLERANCES[precision], _SLACK * measured.largest_difference if measured else 0)


@functools.cache
def has_bf16() -> bool:
    """Return True if this CPU multiplies in bfloat16."""
    return "BF16" in _core().get_property("CPU", "OPTIMIZATION_CAPABILITIES")


@functools.cache
def _core() -> Any:  # noqa: ANN401  a class of an untyped extension
    forbid_telemetry()
    import openvino  # noqa: PLC0415  imported only if it is used

    return openvino.Core()


def _read(path: Path, shape: Sequence[int]) -> Any:  # noqa: ANN401  as above
    model = _core().read_model(path)
    model.reshape(shape)
    return model


def _options(threads: int, hint: str) -> dict[str, object]:
    return {"INFERENCE_PRECISION_HINT": hint, "INFERENCE_NUM_THREADS": threads, "ENABLE_CPU_PINNING": False}


def _requests(model: Any, options: dict[str, object], count: int) -> "_Requests":  # noqa: ANN401  as above
    """Compile the model and return `count` requests, each of which computes one image at a time."""
    compiled = _core().compile_model(model, "CPU", options)
    requests: _Requests = SimpleQueue()
    for _ in range(count):
        requests.put(compiled.create_infer_request())
    return requests


def _infer(requests: "_Requests", output: str, pixels: Pixels) -> npt.NDArray[np.float32]:
    request = requests.get()
    try:
        request.infer([pixels], share_inputs=True)
        return np.array(request.get_tensor(output).data, dtype=np.float32)  # the next call overwrites it
    finally:
        requests.put(request)
