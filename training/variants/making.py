"""Makes and measures what a version is in other precisions: at the end of training, and later for a stored version."""

from dataclasses import dataclass, field
from pathlib import Path

from rich.progress import Progress

from model_store.images.pixels import InputSpec
from model_store.precision import MeasuredPrecision, Precision
from model_store.storage.golden import load_golden
from training.variants.computing import answer, engine_name, has_bf16, is_installed, read_model
from training.variants.held_out import HeldOut, Rows
from training.variants.quantization import quantize, write_variant


@dataclass(frozen=True)
class Variants:
    """What there is beside float32.

    Attributes:
        measured: Precision to what it costs.
        method: How int8 was made: `plain` or `accuracy-aware`; None where there is none.
    """

    measured: dict[Precision, MeasuredPrecision] = field(default_factory=dict)
    method: str | None = None


def measure_bf16(directory: Path, spec: InputSpec, held_out: HeldOut, progress: Progress) -> Variants:
    """Measure bfloat16; nothing where OpenVINO is not installed or the processor has none.

    Args:
        directory: The SavedModel.
        spec: Its input.
        held_out: The images to judge by.
        progress: Gets a bar.
    """
    if not is_installed() or not has_bf16():
        return Variants()
    task = progress.add_task("Measuring bfloat16", total=1)
    answers = answer(read_model(directory, spec), held_out.pixels, held_out.rows, "bf16")
    progress.advance(task)
    return Variants({"bf16": held_out.judge(answers, engine_name())})


def add_int8(directory: Path, spec: InputSpec, calibration: Rows, held_out: HeldOut, progress: Progress) -> Variants:
    """Quantise, and write the variant into the version's directory.

    Args:
        directory: The SavedModel, with golden samples.
        spec: Its input.
        calibration: Rows of training images, of `choose_calibration`.
        held_out: The images to judge by.
        progress: Gets a bar.

    Raises:
        QuantizerMissing: NNCF or OpenVINO is not installed.
        QuantizationRefused: Nothing keeps the margins.
    """
    variant = quantize(directory, spec, calibration, held_out, progress)
    write_variant(directory, variant.model, load_golden(directory).pixels)
    return Variants({"int8": variant.measured}, variant.method)
