"""Errors of an engine: it is missing, does not load, or fails on an image."""

from collections.abc import Sequence

from model_store.errors import FullcountError


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
    """The SavedModel contains operations that are not on the allow-list; nothing was loaded."""

    hint = "Only serve models that you trained or trust; publish this one again with `fullcount train`."

    def __init__(self, where: str, operations: Sequence[str]) -> None:
        super().__init__(f"{where} contains operations that are not on the allow-list: {', '.join(operations)}.")
        self.operations = list(operations)


class GoldenMismatch(EngineError):
    """The engine's answers to the golden samples differ from those that training computed."""

    hint = "Publish the model again, or use another engine."

    def __init__(self, detail: str) -> None:
        super().__init__(f"The engine does not reproduce the golden samples: {detail}.")


class InferenceFailed(EngineError):
    """The engine raised an error for an image; the error is in the log."""

    def __init__(self) -> None:
        super().__init__("The model failed on this image.")
