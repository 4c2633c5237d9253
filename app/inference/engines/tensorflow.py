"""The TensorFlow engine: on a GPU if there is one, otherwise on the CPU with variables frozen to constants.

Freezing alone makes a CPU 1.3 to 1.5 times as fast: see docs/explanation/performance.md. On a GPU the variables stay in
place and memory grows on demand, which leaves some for other processes. A batch that does not fit is halved.
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
"""Tolerance on a GPU, which multiplies in TF32 with 10 bits of mantissa."""


class TensorFlowEngine:
    """A SavedModel loaded by TensorFlow.

    Args:
        directory: The version directory, a private copy; nothing refers to it later.
        manifest: The version's manifest.
        device: A device from `choose_devices`, `cpu` or `gpu:N`; TensorFlow would use the CPU for a missing GPU.
        max_batch_size: Maximum number of images in one call.
        threads: Number of threads of one operation; 0: TensorFlow's default, every core.

    Raises:
        GraphRefused: If the graph may not be loaded: see `check_graph`.
    """

    name = "tensorflow"
    precision: Precision = "f32"
    lanes = 1

    def __init__(
        self, directory: Path, manifest: Manifest, *, device: str = CPU, max_batch_size: int = 16, threads: int = 0
    ) -> None:
        check_graph(directory)
        tensorflow = _start(threads)
        self.device = device
        self.tolerance = CPU_TOLERANCE if self.device == CPU else GPU_TOLERANCE
        self.batch_sizes = powers_of_two(max_batch_size)
        self._tensorflow = tensorflow
        self._loaded: Any = None  # on a GPU, where all functions share the variables
        self._output = manifest.signature.output.name
        self._function = self._load(directory, manifest.signature)
        self._halving = Halving(
            self._compute, out_of_memory=tensorflow.errors.ResourceExhaustedError, device=self.device
        )

    def predict(self, pixels: Pixels) -> Probabilities:
        """Compute probabilities, in halves if memory is short; see `Engine.predict`."""
        return self._halving(pixels)

    predict_in_background = predict

    def ways(self) -> tuple[Predict, ...]:
        """Return the only implementation; see `Engine.ways`."""
        return (self.predict,)

    def load_maps(self, directory: Path, signature: Signature) -> ComputeMaps:
        """Load the function; see `Engine.load_maps`.

        Raises:
            GraphRefused: If the graph may not be loaded: see `check_graph`.
        """
        check_graph(directory)
        return functools.partial(self._call, self._load(directory, signature), signature.output.name)

    def close(self) -> None:
        """Release the model's memory."""
        self._loaded = self._function = None

    def _load(self, directory: Path, signature: Signature) -> Any:  # noqa: ANN401  an untyped function
        """Load a function, frozen on a CPU; there the loaded model with its variables is not kept."""
        with self._tensorflow.device(self.device.upper()):
            loaded = self._loaded or self._tensorflow.saved_model.load(str(directory))
            function = loaded.signatures[signature.name]
        if self.device == CPU:
            return _freeze(function)
        self._loaded = loaded
        return function

    def _compute(self, pixels: Pixels) -> Probabilities:
        return self._call(self._function, self._output, pixels)

    def _call(self, function: Any, output: str, pixels: Pixels) -> npt.NDArray[np.float32]:  # noqa: ANN401  as above
        with self._tensorflow.device(self.device.upper()):
            outputs = function(self._tensorflow.constant(pixels))
            tensor = outputs[output] if isinstance(outputs, dict) else outputs[0]  # frozen outputs have no names
            return np.asarray(tensor.numpy(), dtype=np.float32)


def powers_of_two(most: int) -> tuple[int, ...]:
    """Return the powers of two up to `most`: few shapes, since the first call of each is slow."""
    return tuple(1 << exponent for exponent in range(most.bit_length()))


def visible_gpus() -> list[str]:
    """Return the names of the GPUs that TensorFlow can use, such as `gpu:0`."""
    return [f"gpu:{number}" for number in range(len(_import_tensorflow().config.list_physical_devices("GPU")))]


def choose_devices(device: str, gpus: Sequence[str]) -> list[str]:
    """Return the devices to load the model on: `cpu` alone, or one or more `gpu:N`.

    Args:
        device: The setting: `cpu`, `gpu:N`, `gpu` for all GPUs, or `auto` for all GPUs or else the CPU.
        gpus: The GPUs that exist, as `visible_gpus` names them.

    Raises:
        DeviceMissing: If a GPU is requested that does not exist.
    """
    if device == CPU or (device == "auto" and not gpus):
        return [CPU]
    chosen = [gpu for gpu in gpus if device in {"auto", "gpu", gpu}]
    if not chosen:
        raise DeviceMissing("TensorFlow", device, [CPU, *gpus])
    return chosen


@functools.cache
def _import_tensorflow() -> Any:  # noqa: ANN401  an untyped module
    """Import TensorFlow quietly, and let memory on GPUs grow on demand."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    import tensorflow as tf  # noqa: PLC0415  takes seconds, so imported only if it is used

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
    """Return the names of the devices that TensorFlow can use, the CPU first."""
    config = _import_tensorflow().config
    gpus = config.list_physical_devices("GPU")
    names = [config.experimental.get_device_details(gpu).get("device_name", "unknown") for gpu in gpus]
    return [CPU, *(f"gpu:{number} {name}" for number, name in enumerate(names))]
