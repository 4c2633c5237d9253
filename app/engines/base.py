"""What an engine is, and the checks that each must pass before it answers. Knows no TensorFlow."""

import itertools
from collections.abc import Callable, Sequence
from typing import Final, Protocol

import numpy as np
import numpy.typing as npt

from app.errors import GoldenMismatch
from model_store.golden import Golden
from model_store.manifest import Signature
from model_store.pixels import Pixels
from model_store.precision import Precision

Probabilities = npt.NDArray[np.float32]
Predict = Callable[[Pixels], Probabilities]
Maps = npt.NDArray[np.float32]
"""Class activation maps, `(n, rows, columns, labels)`: above 0 speaks for a label, below 0 against it."""
ComputeMaps = Callable[[Pixels], Maps]
"""From uint8 `(1, height, width, 3)`; not at the same time from several threads."""


class Engine(Protocol):
    """A loaded version on a device."""

    name: str
    """`openvino` or `tensorflow`."""
    device: str
    """Where it computes, as `cpu`, `gpu:0` or, at the same time, `gpu:0,gpu:1`."""
    precision: Precision
    """In which it computes."""
    lanes: int
    """Calls of `predict` that may run at the same time, each in a thread of its own."""
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

    def predict_patiently(self, pixels: Pixels) -> Probabilities:
        """Compute the same for callers who are in no hurry, without being in the way of `predict` where that can be."""
        ...

    def ways(self) -> Sequence[Predict]:
        """Return every way that `predict` chooses from, each of which must compute what training computed."""
        ...

    def load_maps(self, signature: Signature) -> ComputeMaps:
        """Load what computes class activation maps, in float32.

        It takes a second, and as much memory again as the model: whoever serves without them pays nothing.

        Args:
            signature: The manifest's `activation_maps`.
        """
        ...

    def close(self) -> None:
        """Let go of the model's memory."""
        ...


def replay_golden(engine: Engine, golden: Golden) -> None:
    """Let the engine answer the golden samples in every way and at every batch size; this also warms it up.

    Within the tolerance only labels closer to each other than twice of it can change places.

    Raises:
        GoldenMismatch: An answer is not a probability, or differs by more than the tolerance.
    """
    count = len(golden.pixels)
    for predict, size in itertools.product(engine.ways(), engine.batch_sizes):
        chosen = np.arange(-(-count // size) * size) % count  # whole batches, samples repeated
        answers = [predict(golden.pixels[chosen[at : at + size]]) for at in range(0, len(chosen), size)]
        _compare(np.concatenate(answers), golden.probabilities[chosen], engine.tolerance, size)


MAPS_TOLERANCE: Final = 5e-3
"""As a GPU's, in whatever precision the engine predicts: maps are computed in float32, there with TF32."""


def check_maps(compute: ComputeMaps, golden: Golden) -> None:
    """Check by the golden samples the law of class activation maps: the softmax of their mean is the probabilities.

    Raises:
        GoldenMismatch: It does not hold.
    """
    means = np.concatenate([compute(pixels[np.newaxis]).mean(axis=(1, 2)) for pixels in golden.pixels])
    powers = np.exp(means - means.max(axis=1, keepdims=True))
    _compare(powers / powers.sum(axis=1, keepdims=True), golden.probabilities, MAPS_TOLERANCE, 1)


def _compare(found: Probabilities, expected: Probabilities, tolerance: float, size: int) -> None:
    where = f"in batches of {size}"
    if found.shape != expected.shape:
        raise GoldenMismatch(f"{where} shape {found.shape}, not {expected.shape}")
    if not np.isfinite(found).all():
        raise GoldenMismatch(f"{where} probabilities that are not numbers")
    worst = float(np.abs(found - expected).max())
    if worst > tolerance:
        raise GoldenMismatch(f"{where} a probability is off by {worst:.2g}, more than {tolerance:g}")
