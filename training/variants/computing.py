"""Answers of a model as a service on a CPU gives them, in a precision. No TensorFlow."""

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
    """Tell whether there is OpenVINO."""
    return find_spec("openvino") is not None


def has_bf16() -> bool:
    """Tell whether this processor multiplies in bfloat16."""
    return "BF16" in _core().get_property("CPU", "OPTIMIZATION_CAPABILITIES")


def engine_name() -> str:
    """Return what computes, with its version."""
    return f"openvino {version('openvino')}"


def read_model(path: Path, spec: InputSpec) -> Any:  # noqa: ANN401  a class of an untyped extension
    """Read a SavedModel's directory, or a model of OpenVINO's own, for one image at a time."""
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
        model: Of `read_model`, or made from one.
        pixels: uint8 `(images, height, width, 3)`.
        rows: Which of the images.
        precision: What is not in int8 is computed in float32.

    Returns:
        float32 `(rows, labels)`.
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
    """Write a model in OpenVINO's own format: `path`, and its weights beside it with the suffix `.bin`."""
    _openvino().save_model(model, path, compress_to_fp16=False)


@functools.cache
def _core() -> Any:  # noqa: ANN401  as above
    return _openvino().Core()


def _openvino() -> Any:  # noqa: ANN401  an untyped module
    forbid_telemetry()
    import openvino  # noqa: PLC0415  half a second, and not needed to train

    return openvino
