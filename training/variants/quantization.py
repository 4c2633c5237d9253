"""Post-training quantisation to int8 by NNCF: plain first, then accuracy-aware if the plain model loses too much.

Calibration images are training images; they set the range of each activation. The validation images and the margins of
`model_store.precision` decide. If each model exceeds the margins, a variant is not made.
"""

import io
import logging
from collections.abc import Callable, Iterator
from contextlib import redirect_stdout
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
from rich.progress import Progress

from model_store.images.pixels import InputSpec, Pixels
from model_store.precision import ACCURACY_MARGIN, INT8_DIRECTORY, MeasuredPrecision
from model_store.quiet import forbid_telemetry
from model_store.storage.golden import Golden, save_golden
from training.errors import QuantizationRefused, QuantizerMissing
from training.variants.computing import answer, engine_name, read_model, save_model
from training.variants.held_out import HeldOut, Rows

CALIBRATION_IMAGES: Final = 300
"""Maximum number of calibration images: NNCF's default."""
_RANKED_BY: Final = 100
"""Images by which layers are ranked by the accuracy that they cost."""
_MAX_ITERATIONS: Final = 30
"""Maximum number of layers to revert to float, one after the other."""


class Variant(NamedTuple):
    """An int8 model and its measured cost."""

    model: Any
    measured: MeasuredPrecision
    method: str
    """Method of quantisation: `plain` or `accuracy-aware`."""


def check_quantizer() -> None:
    """Check that NNCF and OpenVINO are installed.

    Raises:
        QuantizerMissing: If one of them is not installed.
    """
    missing = [package for package in ("nncf", "openvino") if find_spec(package) is None]
    if missing:
        raise QuantizerMissing(missing)


def choose_calibration(rows: Rows, seed: int) -> Rows:
    """Choose at most `CALIBRATION_IMAGES` of the training images."""
    return np.random.default_rng(seed).permutation(rows)[:CALIBRATION_IMAGES]


def quantize(directory: Path, spec: InputSpec, calibration: Rows, held_out: HeldOut, progress: Progress) -> Variant:
    """Make an int8 model that keeps accuracy and calibration within their margins.

    Args:
        directory: Directory of the SavedModel.
        spec: Its input.
        calibration: Rows of `held_out.pixels` that are training images.
        held_out: Images to measure on.
        progress: Progress display, which gets a bar.

    Raises:
        QuantizerMissing: If NNCF or OpenVINO is not installed.
        QuantizationRefused: If each attempt exceeds the margins; the error has the figures of each.
    """
    check_quantizer()
    attempts: dict[str, MeasuredPrecision] = {}
    for method, make in _METHODS.items():
        task = progress.add_task(f"Quantising, {method}", total=1)
        model = make(lambda: read_model(directory, spec), calibration, held_out)
        measured = held_out.judge(answer(model, held_out.pixels, held_out.rows, "int8"), engine_name())
        progress.advance(task)
        if measured.keeps_accuracy:
            return Variant(model, measured, method)
        attempts[method] = measured
    raise QuantizationRefused(attempts)


def write_variant(directory: Path, model: Any, samples: Pixels) -> None:  # noqa: ANN401  a class of an untyped extension
    """Write an int8 model into a version, with golden samples that hold its own answers.

    Args:
        directory: Directory of the version.
        model: Model from `quantize`.
        samples: Golden samples of the version, uint8 `(k, height, width, 3)`.
    """
    folder = directory / INT8_DIRECTORY
    folder.mkdir()
    save_model(model, folder / "model.xml")
    save_golden(folder, Golden(samples, answer(model, samples, range(len(samples)), "int8")))


def _plain(read: Callable[[], Any], calibration: Rows, held_out: HeldOut) -> Any:  # noqa: ANN401  as above
    nncf = _nncf()
    with redirect_stdout(io.StringIO()):  # NNCF's bars; standard output is for results
        return nncf.quantize(read(), _dataset(calibration, held_out.pixels), subset_size=len(calibration))


def _accuracy_aware(read: Callable[[], Any], calibration: Rows, held_out: HeldOut) -> Any:  # noqa: ANN401  as above
    """Revert layers to float, the most harmful first, until both margins are kept."""
    nncf = _nncf()

    def validate(model: Callable[[list[Pixels]], dict[Any, Any]], places: Iterator[int]) -> tuple[float, None]:
        """Return the room; without figures per image NNCF ranks layers by how far they move answers, which is finer."""
        return held_out.only(list(places)).room_of(lambda pixels: next(iter(model([pixels]).values()))), None

    with redirect_stdout(io.StringIO()):
        return nncf.quantize_with_accuracy_control(
            read(),
            _dataset(calibration, held_out.pixels),
            nncf.Dataset(range(len(held_out.rows))),
            validate,
            max_drop=ACCURACY_MARGIN,  # of the room that float32 leaves, which is all of this margin
            drop_type=nncf.DropType.ABSOLUTE,
            subset_size=len(calibration),
            fast_bias_correction=False,
            advanced_accuracy_restorer_parameters=nncf.AdvancedAccuracyRestorerParameters(
                max_num_iterations=_MAX_ITERATIONS, ranking_subset_size=_RANKED_BY
            ),
        )


_METHODS: Final = {"plain": _plain, "accuracy-aware": _accuracy_aware}


def _dataset(rows: Rows, pixels: Pixels) -> Any:  # noqa: ANN401  as above
    return _nncf().Dataset(rows.tolist(), lambda row: pixels[row : row + 1])


def _nncf() -> Any:  # noqa: ANN401  an untyped module
    forbid_telemetry()
    import nncf  # noqa: PLC0415  takes seconds and is optional

    nncf.set_log_level(logging.ERROR)
    return nncf
