"""Several engines of one version, each on its own device, combined into one engine."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from queue import SimpleQueue

from app.inference.engines.base import ComputeMaps, Engine, Predict, Probabilities
from model_store.images.pixels import Pixels
from model_store.manifest import Signature


class Replicas:
    """An engine that passes each call to an idle replica.

    Args:
        engines: The same version, loaded once per device. They are closed with this engine.
    """

    def __init__(self, engines: Sequence[Engine]) -> None:
        self._engines = engines
        self._free: SimpleQueue[Engine] = SimpleQueue()
        for engine in engines:
            self._free.put(engine)
        self.name = engines[0].name
        self.device = ",".join(engine.device for engine in engines)
        self.precision = engines[0].precision
        self.lanes = len(engines)
        self.tolerance = max(engine.tolerance for engine in engines)
        self.batch_sizes = tuple(sorted(set.intersection(*(set(engine.batch_sizes) for engine in engines))))

    def predict(self, pixels: Pixels) -> Probabilities:
        """Compute probabilities on the next idle replica; see `Engine.predict`."""
        with self._taken() as engine:
            return engine.predict(pixels)

    def predict_in_background(self, pixels: Pixels) -> Probabilities:
        """Compute probabilities on the next idle replica; see `Engine.predict_in_background`."""
        with self._taken() as engine:
            return engine.predict_in_background(pixels)

    def ways(self) -> tuple[Predict, ...]:
        """Return the implementations of all replicas; see `Engine.ways`."""
        return tuple(way for engine in self._engines for way in engine.ways())

    def load_maps(self, directory: Path, signature: Signature) -> ComputeMaps:
        """Load the function on the first device; see `Engine.load_maps`."""
        return self._engines[0].load_maps(directory, signature)

    def close(self) -> None:
        """Release the model's memory on every device."""
        for engine in self._engines:
            engine.close()

    @contextmanager
    def _taken(self) -> Iterator[Engine]:
        engine = self._free.get()
        try:
            yield engine
        finally:
            self._free.put(engine)


def replicate(load: Callable[[str], Engine], devices: Sequence[str]) -> Engine:
    """Load an engine on each device; if one cannot be loaded, close the others.

    Args:
        load: Loads the engine on a device.
        devices: One or more devices.

    Returns:
        The engine itself for one device, `Replicas` for several.
    """
    with ExitStack() as on_failure:
        engines = [on_failure.enter_context(closing(load(device))) for device in devices]
        on_failure.pop_all()
    return engines[0] if len(engines) == 1 else Replicas(engines)
