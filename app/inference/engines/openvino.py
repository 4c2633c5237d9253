"""The OpenVINO engine, for CPUs. It reads the SavedModel as it is and does not import TensorFlow.

A convolution spread over all cores answers one image soonest; one image per core answers the most images a second,
since no core waits for another. Both are compiled from the one model: a lone image gets all cores, images that arrive
together get a core each, and background images get a core that nothing else wants. Larger batches gain nothing on a
CPU, so there are none. See docs/performance.md.
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
"""bfloat16 has 8 bits of mantissa; int8 is compared with what it answered where it was made."""
_SLACK: Final = 1.5
"""Times what was measured: another processor rounds in another order."""

_SPREAD: Final[dict[str, object]] = {"PERFORMANCE_HINT": "LATENCY"}
"""One image on all cores."""

_Requests = SimpleQueue[Any]
"""Each computes one image at a time."""
_ALONE_IN_A_ROW: Final = 8
_QUIET_S: Final = 0.2


class OpenVinoEngine:
    """A SavedModel compiled by OpenVINO for this CPU.

    Args:
        directory: The version directory, its digests verified by the caller.
        manifest: Its manifest.
        threads: Cores to use.
        device: `auto` or `cpu`.
        precision: `f32`, `bf16` where the CPU has it, or `int8` where the version has such a variant.
        scratch: A directory for a temporary file, needed while `load_maps` runs; None: the system's.

    Raises:
        DeviceMissing: A GPU is asked for.
        GraphRefused: The graph holds operations outside the allow-list.
        PrecisionMissing: The CPU or the version does not have the precision.
    """

    name = "openvino"
    device = CPU
    batch_sizes: tuple[int, ...] = (1,)

    def __init__(  # noqa: PLR0913  one for each thing that can be set
        self,
        directory: Path,
        manifest: Manifest,
        *,
        threads: int,
        device: str = "auto",
        precision: Precision = "f32",
        scratch: Path | None = None,
    ) -> None:
        if device not in {"auto", CPU}:
            raise DeviceMissing("OpenVINO", device, [CPU])
        if precision != "f32":
            check_precision(precision, manifest)
        check_graph(directory)
        self.precision = precision
        self.tolerance = _tolerance(precision, manifest)
        self.lanes = threads
        self._directory, self._scratch = directory, scratch
        self._shape = [1, manifest.input.height, manifest.input.width, 3]
        model = _read(directory / INT8_DIRECTORY / "model.xml" if precision == "int8" else directory, self._shape)
        common = _options(threads, "bf16" if precision == "bf16" else "f32")  # of what is not in int8
        self._spread = _requests(model, common | _SPREAD, 1)
        self._compile_apart = functools.partial(_requests, model, common | {"NUM_STREAMS": threads}, threads)
        self._apart = self._compile_apart() if threads > 1 else self._spread
        self._stepped_back: _Requests | None = None
        self._lock = threading.Lock()
        self._output = manifest.signature.output.name
        self._crowd = _Crowd()

    def predict(self, pixels: Pixels) -> Probabilities:
        """Compute probabilities; see `Engine.predict`."""
        with self._crowd.entered() as is_alone:
            return self._infer(self._spread if is_alone else self._apart, pixels)

    def predict_in_background(self, pixels: Pixels) -> Probabilities:
        """Compute on one core that `predict` does not want; see `Engine.predict_in_background`.

        For that it has threads of its own, made when they are first needed: from the same model and with the same
        options as `apart`, which has been checked.
        """
        with self._lock:
            if self._stepped_back is None:
                self._stepped_back = call_at_low_priority(self._compile_apart)
        return self._infer(self._stepped_back, pixels)

    def ways(self) -> tuple[Predict, ...]:
        """Return both: over all cores, and on one; see `Engine.ways`."""
        return functools.partial(self._infer, self._spread), functools.partial(self._infer, self._apart)

    def load_maps(self, signature: Signature) -> ComputeMaps:
        """Compile it, over all cores; see `Engine.load_maps`.

        OpenVINO reads the signature `serving_default` and no other: it gets the graph with the names exchanged.

        Raises:
            GraphRefused: The graph holds operations outside the allow-list.
        """
        check_graph(self._directory)
        with tempfile.TemporaryDirectory(dir=self._scratch) as copy:
            write_serving(signature.name, self._directory, Path(copy))
            requests = _requests(_read(Path(copy), self._shape), _options(self.lanes, "f32") | _SPREAD, 1)
        return functools.partial(_infer, requests, signature.output.name)

    def close(self) -> None:
        """Let go of the model's memory."""
        self._spread = self._apart = self._stepped_back = SimpleQueue()
        del self._compile_apart  # it holds the model

    def _infer(self, requests: "_Requests", pixels: Pixels) -> Probabilities:
        return _infer(requests, self._output, pixels)


class _Crowd:
    """Tells whether images come one at a time.

    Under load the engine is idle now and then as well, while the next images are decoded: an image that took all cores
    then would hold those up. So it must have been quiet for a while: so many calls, or so long, without two at once.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._inside = 0
        self._alone_in_a_row = _ALONE_IN_A_ROW
        self._last_left = -math.inf

    @contextmanager
    def entered(self) -> Iterator[bool]:
        """Be inside; gives whether nobody else is, and has not been lately."""
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
    """Raise unless a version can be computed in a precision on this machine.

    Raises:
        PrecisionMissing: It cannot.
    """
    if precision == "bf16" and not has_bf16():
        raise PrecisionMissing(precision, "this processor computes in f32 only")
    if precision == "int8" and precision not in manifest.precisions:
        which = f"version {manifest.version} of {manifest.model} has no such variant"
        hint = "`fullcount models quantize` makes a version that has one; else use --precision f32."
        raise PrecisionMissing(precision, which, hint=hint)


def _tolerance(precision: Precision, manifest: Manifest) -> float:
    """Return how far a golden sample may be off: more where the version was measured to be further off in bfloat16."""
    measured = manifest.precisions.get(precision) if precision == "bf16" else None
    return max(TOLERANCES[precision], _SLACK * measured.largest_difference if measured else 0)


@functools.cache
def has_bf16() -> bool:
    """Tell whether this CPU multiplies in bfloat16."""
    return "BF16" in _core().get_property("CPU", "OPTIMIZATION_CAPABILITIES")


@functools.cache
def _core() -> Any:  # noqa: ANN401  a class of an untyped extension
    forbid_telemetry()
    import openvino  # noqa: PLC0415  only who serves with it pays

    return openvino.Core()


def _read(path: Path, shape: Sequence[int]) -> Any:  # noqa: ANN401  as above
    model = _core().read_model(path)
    model.reshape(shape)
    return model


def _options(threads: int, hint: str) -> dict[str, object]:
    return {"INFERENCE_PRECISION_HINT": hint, "INFERENCE_NUM_THREADS": threads, "ENABLE_CPU_PINNING": False}


def _requests(model: Any, options: dict[str, object], count: int) -> "_Requests":  # noqa: ANN401  as above
    """Compile the model; return so many requests, each of which computes one image at a time."""
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
