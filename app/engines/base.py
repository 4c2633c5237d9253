"""What an engine is, and the check that each must pass before it serves. Knows no TensorFlow."""

from typing import Protocol

import numpy as np
import numpy.typing as npt

from app.errors import GoldenMismatch
from model_store.golden import Golden
from model_store.pixels import Pixels

Probabilities = npt.NDArray[np.float32]


class Engine(Protocol):
    """A loaded version on a device. `predict` is called from one thread at a time."""

    name: str
    """`tensorflow`."""
    device: str
    """Where it computes, as `cpu` or `gpu:0`."""
    tolerance: float
    """Greatest difference of a probability from training's that is still the same model."""
    batch_sizes: tuple[int, ...]
    """Batch sizes it is fast with, ascending, the first 1; it is asked for no other."""

    def predict(self, pixels: Pixels) -> Probabilities:
        """Compute probabilities.

        Args:
            pixels: uint8 `(n, height, width, 3)`, n one of `batch_sizes`.

        Returns:
            float32 `(n, labels)`, rows sum to 1.
        """
        ...

    def close(self) -> None:
        """Let go of the model's memory."""
        ...


def replay_golden(engine: Engine, golden: Golden) -> None:
    """Let the engine answer the golden samples at every batch size it will use; this also warms it up.

    Within the tolerance only labels closer to each other than twice of it can change places.

    Raises:
        GoldenMismatch: An answer is not a probability, or differs by more than the tolerance.
    """
    for size in engine.batch_sizes:
        count = len(golden.pixels)
        chosen = np.arange(-(-count // size) * size) % count  # whole batches, samples repeated
        answers = [engine.predict(golden.pixels[chosen[at : at + size]]) for at in range(0, len(chosen), size)]
        _compare(np.concatenate(answers), golden.probabilities[chosen], engine.tolerance, size)


def _compare(found: Probabilities, expected: Probabilities, tolerance: float, size: int) -> None:
    where = f"in batches of {size}"
    if found.shape != expected.shape:
        raise GoldenMismatch(f"{where} shape {found.shape}, not {expected.shape}")
    if not np.isfinite(found).all():
        raise GoldenMismatch(f"{where} probabilities that are not numbers")
    worst = float(np.abs(found - expected).max())
    if worst > tolerance:
        raise GoldenMismatch(f"{where} a probability is off by {worst:.2g}, more than {tolerance:g}")
