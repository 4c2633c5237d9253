"""Loading a stored version into an engine, which must reproduce the golden samples before it is used."""

import importlib.util
import logging
import os
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Final

from app.errors import EngineMissing, PrecisionMissing, VersionUnloadable
from app.inference.engines.base import Engine
from app.inference.engines.proof import replay_golden
from app.inference.engines.replicas import replicate
from app.settings import Settings, cores
from model_store.errors import FullcountError, VersionCorrupt
from model_store.manifest import Manifest
from model_store.precision import INT8_DIRECTORY, Precision
from model_store.quiet import hold_back_stderr
from model_store.storage.golden import GOLDEN_NAME, Golden, load_golden
from model_store.store import StoredVersion

log = logging.getLogger(__name__)

EngineFactory = Callable[[StoredVersion, Settings], Engine]

PACKAGES: Final = {"openvino": "openvino", "tensorflow": "tensorflow"}
_FASTEST_FIRST: Final[tuple[Precision, ...]] = ("int8", "bf16")


def load_engine(stored: StoredVersion, settings: Settings) -> Engine:
    """Load a version.

    Args:
        stored: The version, as `private_copy` yields it where others can write to the store. The engine does not need
            its files afterwards.
        settings: Engine, device, precision and threads.

    Raises:
        EngineError: If the engine, device or precision is missing, the graph is refused, the engine cannot load it or
            the golden samples are not reproduced.
        VersionCorrupt: If its golden samples are missing or damaged, or are not of its input and labels.
    """
    name = choose_engine(settings)
    try:
        return _prove(_openvino(stored, settings) if name == "openvino" else _tensorflow(stored, settings), stored)
    except (FullcountError, ImportError, MemoryError):
        raise
    except Exception as error:  # the libraries raise many classes for files that are not as they expect
        log.info("the engine %r cannot load %s", name, stored.directory, exc_info=True)
        raise VersionUnloadable(name, str(stored.directory), error) from error


def _prove(engine: Engine, stored: StoredVersion) -> Engine:
    """Return the engine if it reproduces the golden samples; else close it."""
    with ExitStack() as on_failure:
        on_failure.callback(engine.close)
        golden = load_golden(stored.directory / INT8_DIRECTORY if engine.precision == "int8" else stored.directory)
        _check_shapes(golden, stored)
        replay_golden(engine, golden)
        on_failure.pop_all()
    return engine


def _check_shapes(golden: Golden, stored: StoredVersion) -> None:
    """Check that the golden samples are of the manifest's input and labels: what they prove is then what is served."""
    spec, labels = stored.manifest.input, len(stored.manifest.labels)
    pixels, probabilities = golden.pixels.shape[1:], golden.probabilities.shape[1]
    if (pixels, probabilities) != ((spec.height, spec.width, 3), labels):
        shapes = f"pixels {pixels} and {probabilities} probabilities for {labels} labels"
        raise VersionCorrupt(stored.directory, [f"{GOLDEN_NAME} holds {shapes}"])


def choose_engine(settings: Settings) -> str:
    """Choose `openvino`, which is faster on a CPU, or `tensorflow`, which supports GPUs.

    Raises:
        EngineMissing: If the requested engine, or any engine for `auto`, is not installed.
    """
    if settings.engine != "auto":
        if not is_installed(settings.engine):
            raise EngineMissing(settings.engine, PACKAGES[settings.engine])
        return settings.engine
    wants_gpu = settings.device.startswith("gpu") or (settings.device == "auto" and has_gpu_driver())
    preferred, other = ("tensorflow", "openvino") if wants_gpu else ("openvino", "tensorflow")
    if is_installed(preferred):
        return preferred
    if is_installed(other):
        return other
    raise EngineMissing(preferred, PACKAGES[preferred])


def is_installed(engine: str) -> bool:
    """Return True if an engine's package is installed, without importing it."""
    return importlib.util.find_spec(PACKAGES[engine]) is not None


def has_gpu_driver() -> bool:
    """Return True if an NVIDIA driver has a GPU, without importing TensorFlow, which takes seconds."""
    return any(Path("/proc/driver/nvidia/gpus").glob("*"))


def _openvino(stored: StoredVersion, settings: Settings) -> Engine:
    from app.inference.engines.openvino import OpenVinoEngine  # noqa: PLC0415  an engine is imported when it is used

    return OpenVinoEngine(
        stored.directory,
        stored.manifest,
        device=settings.device,
        threads=settings.engine_threads or cores(),
        precision=choose_precision(stored.manifest) if settings.precision == "auto" else settings.precision,
    )


def choose_precision(manifest: Manifest) -> Precision:
    """Return the fastest precision that this machine supports and whose measured loss is negligible."""
    from app.inference.engines.openvino import check_precision  # noqa: PLC0415  as above

    for precision in _FASTEST_FIRST:
        measured = manifest.precisions.get(precision)
        if measured is not None and measured.keeps_accuracy:
            try:
                check_precision(precision, manifest)
            except PrecisionMissing:
                continue
            return precision
    return "f32"


def _tensorflow(stored: StoredVersion, settings: Settings) -> Engine:
    from app.inference.engines.tensorflow import (  # noqa: PLC0415  imports TensorFlow
        TensorFlowEngine,
        choose_devices,
        visible_gpus,
    )

    if settings.precision not in {"auto", "f32"}:
        raise PrecisionMissing(settings.precision, "the TensorFlow engine computes in f32")

    def load(device: str) -> Engine:
        return TensorFlowEngine(
            stored.directory,
            stored.manifest,
            device=device,
            max_batch_size=settings.max_batch_size,
            threads=settings.engine_threads or _quota(),
        )

    return replicate(load, choose_devices(settings.device, visible_gpus()))


def _quota() -> int:
    """Return the cores of a container's quota, or 0 without a quota, so that the engine counts the cores itself."""
    return cores() if cores() < len(os.sched_getaffinity(0)) else 0


def load_engine_quietly(stored: StoredVersion, settings: Settings) -> Engine:
    """Load as `load_engine` does, but hold back TensorFlow's output. For commands only, not for a service."""
    with hold_back_stderr():
        return load_engine(stored, settings)
