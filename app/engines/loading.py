"""From a stored version to an engine that has proved itself: the golden samples are replayed here."""

import os
from collections.abc import Callable

from app.engines.base import Engine, replay_golden
from app.settings import Settings, cores
from model_store.golden import load_golden
from model_store.store import StoredVersion
from model_store.terminal import held_back_standard_error

EngineFactory = Callable[[StoredVersion, Settings], Engine]


def load_engine(stored: StoredVersion, settings: Settings) -> Engine:
    """Load a version whose digests have been verified.

    Raises:
        EngineError: The device is missing, the graph is refused, or the golden samples are not reproduced.
        VersionCorrupt: It has no golden samples.
    """
    from app.engines.tensorflow import TensorFlowEngine  # noqa: PLC0415  an engine is imported when it is used

    engine = TensorFlowEngine(
        stored.directory,
        stored.manifest,
        device=settings.device,
        max_batch_size=settings.max_batch_size,
        threads=settings.engine_threads or _quota(),
    )
    replay_golden(engine, load_golden(stored.directory))
    return engine


def _quota() -> int:
    """Return the cores of a container's quota; 0 where there is none, and the engine counts the cores itself."""
    return cores() if cores() < len(os.sched_getaffinity(0)) else 0


def load_engine_quietly(stored: StoredVersion, settings: Settings) -> Engine:
    """Load as `load_engine` does, without what TensorFlow says meanwhile: for commands, not for a service's log."""
    with held_back_standard_error():
        return load_engine(stored, settings)
