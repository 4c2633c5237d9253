"""Makes and measures variants in other precisions, at the end of training or for a stored version."""

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
    """The variants besides float32.

    Attributes:
        measured: Precision to its measured cost.
        method: Method of the int8 variant, `plain` or `accuracy-aware`; None without one.
    """

    measured: dict[Precision, MeasuredPrecision] = field(default_factory=dict)
    method: str | None = None


def measure_bf16(directory: Path, spec: InputSpec, held_out: HeldOut, progress: Progress) -> Variants:
    """Measure bfloat16; return an empty result without OpenVINO or without support by the processor.

    Args:
        directory: Directory of the SavedModel.
        spec: Its input.
        held_out: Images to measure on.
        progress: Progress display, which gets a bar.
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
        directory: Directory of the SavedModel, with golden samples.
        spec: Its input.
        calibration: Rows of training images from `choose_calibration`.
        held_out: Images to measure on.
        progress: Progress display, which gets a bar.

    Raises:
        QuantizerMissing: If NNCF or OpenVINO is not installed.
        QuantizationRefused: If each method exceeds the margins.
    """
    variant = quantize(directory, spec, calibration, held_out, progress)
    write_variant(directory, variant.model, load_golden(directory).pixels)
    return Variants({"int8": variant.measured}, variant.method)
