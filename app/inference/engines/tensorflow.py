"""The TensorFlow engine: a GPU when there is one, otherwise the CPU with variables frozen into constants.

Freezing alone makes a CPU 1.3 to 1.5 times as fast, see docs/performance.md. On a GPU the variables stay where they are
and memory grows as it is needed, so that other processes find some; a batch that finds too little is halved.
"""

import functools
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from app.errors import DeviceMissing
from app.inference.engines.base import ComputeMaps, Predict, Probabilities
from app.inference.engines.graph_check import check_graph
from app.inference.engines.halving import Halving
from model_store.images.pixels import Pixels
from model_store.manifest import Manifest, Signature
from model_store.precision import Precision

CPU: Final = "cpu"
CPU_TOLERANCE: Final = 1e-4
GPU_TOLERANCE: Final = 5e-3
"""A GPU multiplies in TF32, with 10 bits of mantissa."""


class TensorFlowEngine:
    """A SavedModel loaded by TensorFlow.

    Args:
        directory: The version directory, its digests verified by the caller.
        manifest: Its manifest.
        device: `cpu` or `gpu:N`, one that `choose_devices` returns: TensorFlow takes the CPU for a GPU that is missing.
        max_batch_size: Most images in one call.
        threads: Threads of one operation; 0 leaves it to TensorFlow, which takes every core.

    Raises:
        GraphRefused: The graph holds operations outside the allow-list.
    """

    name = "tensorflow"
    precision: Precision = "f32"
    lanes = 1

    def __init__(
        self, directory: Path, manifest: Manifest, *, device: str = CPU, max_batch_size: int = 16, threads: int = 0
    ) -> None:
        check_graph(directory)
        tensorflow = _start(threads)
        self._directory = directory
        self.device = device
        self.tolerance = CPU_TOLERANCE if self.device == CPU else GPU_TOLERANCE
        self.batch_sizes = powers_of_two(max_batch_size)
        self._tensorflow = tensorflow
        self._loaded: Any = None  # on a GPU, whose variables every function shares
        self._output = manifest.signature.output.name
        self._function = self._load(manifest.signature)
        self._halving = Halving(
            self._compute, out_of_memory=tensorflow.errors.ResourceExhaustedError, device=self.device
        )

    def predict(self, pixels: Pixels) -> Probabilities:
        """Compute probabilities, in halves where memory is short; see `Engine.predict`."""
        return self._halving(pixels)

    predict_in_background = predict

    def ways(self) -> tuple[Predict, ...]:
        """Return the one way; see `Engine.ways`."""
        return (self.predict,)

    def load_maps(self, signature: Signature) -> ComputeMaps:
        """Load it; see `Engine.load_maps`.

        Raises:
            GraphRefused: The graph holds operations outside the allow-list.
        """
        check_graph(self._directory)
        return functools.partial(self._call, self._load(signature), signature.output.name)

    def close(self) -> None:
        """Let go of the model's memory."""
        self._loaded = self._function = None

    def _load(self, signature: Signature) -> Any:  # noqa: ANN401  an untyped function
        """Load a function: on a CPU frozen, and then the variables are not needed twice."""
        with self._tensorflow.device(self.device.upper()):
            loaded = self._loaded or self._tensorflow.saved_model.load(str(self._directory))
            function = loaded.signatures[signature.name]
        if self.device == CPU:
            return _freeze(function)
        self._loaded = loaded
        return function

    def _compute(self, pixels: Pixels) -> Probabilities:
        return self._call(self._function, self._output, pixels)

    def _call(self, function: Any, output: str, pixels: Pixels) -> npt.NDArray[np.float32]:  # noqa: ANN401  as above
        with self._tensorflow.device(self.device.upper()):
            answers = function(self._tensorflow.constant(pixels))
            answer = answers[output] if isinstance(answers, dict) else answers[0]  # a frozen one's have no names
            return np.asarray(answer.numpy(), dtype=np.float32)


def powers_of_two(most: int) -> tuple[int, ...]:
    """Return 1, 2, 4 … up to `most`: few shapes, each of which is slow the first time."""
    return tuple(1 << exponent for exponent in range(most.bit_length()))


def visible_gpus() -> list[str]:
    """Name the GPUs that TensorFlow sees, as `gpu:0`."""
    return [f"gpu:{number}" for number in range(len(_import_tensorflow().config.list_physical_devices("GPU")))]


def choose_devices(wanted: str, gpus: Sequence[str]) -> list[str]:
    """Return the devices to use, each of which is to have the model: `cpu` alone, or one or more `gpu:N`.

    Args:
        wanted: `auto` and `gpu` mean every GPU there is, without one the former means the CPU; or `cpu` or `gpu:N`.
        gpus: Those that there are, as `visible_gpus` names them.

    Raises:
        DeviceMissing: A GPU is asked for and not there.
    """
    if wanted == CPU or (wanted == "auto" and not gpus):
        return [CPU]
    chosen = [gpu for gpu in gpus if wanted in {"auto", "gpu", gpu}]
    if not chosen:
        raise DeviceMissing("TensorFlow", wanted, [CPU, *gpus])
    return chosen


@functools.cache
def _import_tensorflow() -> Any:  # noqa: ANN401  an untyped module
    """Import TensorFlow, quietly; memory on GPUs grows as it is needed."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    import tensorflow as tf  # noqa: PLC0415  takes seconds; only who serves with it pays

    for gpu in tf.config.list_physical_devices("GPU"):
        tf.config.experimental.set_memory_growth(gpu, enable=True)
    return tf


@functools.cache
def _start(threads: int) -> Any:  # noqa: ANN401  an untyped module
    """Import TensorFlow and set its threads, which only works before its first operation."""
    tensorflow = _import_tensorflow()
    if threads:
        tensorflow.config.threading.set_intra_op_parallelism_threads(threads)
    return tensorflow


def _freeze(function: Any) -> Any:  # noqa: ANN401  an untyped function
    """Turn the variables of a signature into constants, which lets TensorFlow fold and fuse them."""
    from tensorflow.python.framework.convert_to_constants import (  # noqa: PLC0415  as above; has no public name
        convert_variables_to_constants_v2,
    )

    return convert_variables_to_constants_v2(function)


def describe_devices() -> list[str]:
    """Name the devices that TensorFlow sees, the processor first."""
    config = _import_tensorflow().config
    gpus = config.list_physical_devices("GPU")
    names = [config.experimental.get_device_details(gpu).get("device_name", "unknown") for gpu in gpus]
    return [CPU, *(f"gpu:{number} {name}" for number, name in enumerate(names))]
