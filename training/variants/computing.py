"""Computes probabilities in a given precision as a service on a CPU does, without TensorFlow."""

import functools
from collections.abc import Sequence
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from model_store.images.pixels import InputSpec, Pixels
from model_store.precision import Precision
from model_store.quiet import forbid_telemetry

Probabilities = npt.NDArray[np.float32]

REQUESTS_A_STREAM: Final = 2


def is_installed() -> bool:
    """Tell whether OpenVINO is installed."""
    return find_spec("openvino") is not None


def has_bf16() -> bool:
    """Tell whether this processor multiplies in bfloat16."""
    return "BF16" in _core().get_property("CPU", "OPTIMIZATION_CAPABILITIES")


def engine_name() -> str:
    """Return the name of the engine with its version."""
    return f"openvino {version('openvino')}"


def read_model(path: Path, spec: InputSpec) -> Any:  # noqa: ANN401  a class of an untyped extension
    """Read a SavedModel's directory, or a model in OpenVINO's format, for one image at a time."""
    model = _core().read_model(path)
    model.reshape([1, spec.height, spec.width, 3])
    return model


def answer(
    model: Any,  # noqa: ANN401  as above
    pixels: Pixels,
    rows: Sequence[int] | npt.NDArray[np.int64],
    precision: Precision,
) -> Probabilities:
    """Compute probabilities.

    Args:
        model: A model from `read_model`, or made from one.
        pixels: Pixels of all images, uint8 `(images, height, width, 3)`.
        rows: Rows of `pixels` to compute.
        precision: Precision of the answers; in an int8 model the rest is computed in float32.

    Returns:
        Probabilities, float32 `(rows, labels)`.
    """
    hint = "bf16" if precision == "bf16" else "f32"
    options = {"INFERENCE_PRECISION_HINT": hint, "PERFORMANCE_HINT": "THROUGHPUT", "ENABLE_CPU_PINNING": False}
    compiled = _core().compile_model(model, "CPU", options)
    answers = np.zeros((len(rows), compiled.output(0).partial_shape[1].get_length()), np.float32)
    queue = _openvino().AsyncInferQueue(compiled, REQUESTS_A_STREAM * compiled.get_property("NUM_STREAMS"))

    def keep(request: Any, place: int) -> None:  # noqa: ANN401  as above
        answers[place] = request.get_output_tensor(0).data[0]

    queue.set_callback(keep)
    for place, row in enumerate(rows):
        queue.start_async([pixels[row : row + 1]], place)
    queue.wait_all()
    return answers


def save_model(model: Any, path: Path) -> None:  # noqa: ANN401  as above
    """Write a model in OpenVINO's format to `path`, with its weights beside it under the suffix `.bin`."""
    _openvino().save_model(model, path, compress_to_fp16=False)


@functools.cache
def _core() -> Any:  # noqa: ANN401  as above
    return _openvino().Core()


def _openvino() -> Any:  # noqa: ANN401  an untyped module
    forbid_telemetry()
    import openvino  # noqa: PLC0415  takes half a second and is not needed to train

    return openvino
