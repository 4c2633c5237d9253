"""Errors of an engine: it is missing, does not load, or fails on an image."""

from collections.abc import Sequence
from typing import Final

from model_store.errors import FullcountError
from model_store.text import printable

_LONGEST_REASON: Final = 300
"""Characters of a library's message that are repeated; some contain a stack."""


class EngineError(FullcountError):
    """The engine failed."""


class EngineMissing(EngineError):
    """The package of an engine is not installed."""

    def __init__(self, engine: str, package: str) -> None:
        super().__init__(
            f"The engine {engine!r} is not installed here.", hint=f"Install it with: pip install {package}"
        )


class DeviceMissing(EngineError):
    """The engine does not see the device asked for."""

    hint = "Use --device cpu or --device auto, or run `fullcount doctor`."

    def __init__(self, engine: str, device: str, available: Sequence[str]) -> None:
        super().__init__(f"The device {device!r} does not exist; {engine} sees {', '.join(available) or 'none'}.")


class PrecisionMissing(EngineError):
    """The machine or the version does not support the precision asked for."""

    def __init__(self, precision: str, why: str, *, hint: str = "Use --precision f32 or --precision auto.") -> None:
        super().__init__(f"The precision {precision!r} is not available: {why}.", hint=hint)


class GraphRefused(EngineError):
    """The SavedModel is not a graph that may be loaded; nothing was loaded.

    Attributes:
        faults: What is wrong with it, as one phrase each.
    """

    hint = "Only serve models that you trained or trust; publish this one again with `fullcount train`."

    def __init__(self, where: str, faults: Sequence[str]) -> None:
        super().__init__(f"The graph in {where} is refused: {'; '.join(faults)}.")
        self.faults = list(faults)


class VersionUnloadable(EngineError):
    """The engine cannot load the version; what it raised is in the log."""

    hint = "Publish the model again with `fullcount train`, or use another engine."

    def __init__(self, engine: str, where: str, error: Exception) -> None:
        reason = printable(" ".join(str(error).split())[:_LONGEST_REASON]) or type(error).__name__
        super().__init__(f"The engine {engine!r} cannot load {where}: {reason}")


class GoldenMismatch(EngineError):
    """The engine's answers to the golden samples differ from those that training computed."""

    hint = "Publish the model again, or use another engine."

    def __init__(self, detail: str) -> None:
        super().__init__(f"The engine does not reproduce the golden samples: {detail}.")


class InferenceFailed(EngineError):
    """The engine raised an error for an image; the error is in the log."""

    def __init__(self) -> None:
        super().__init__("The model failed on this image.")
