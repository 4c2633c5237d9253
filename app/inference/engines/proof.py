"""Checks that an engine must pass before it serves: it reproduces the golden samples."""

import itertools
from typing import Final

import numpy as np

from app.errors import GoldenMismatch
from app.inference.engines.base import ComputeMaps, Engine, Probabilities
from model_store.storage.golden import Golden


def replay_golden(engine: Engine, golden: Golden) -> None:
    """Check the engine's probabilities of the golden samples, in every way and batch size; this also warms it up.

    Within the tolerance, only labels whose probabilities differ by less than twice the tolerance can change places.

    Raises:
        GoldenMismatch: If a result is not a probability or differs by more than the tolerance.
    """
    count = len(golden.pixels)
    for predict, size in itertools.product(engine.ways(), engine.batch_sizes):
        chosen = np.arange(-(-count // size) * size) % count  # whole batches, samples repeated
        answers = [predict(golden.pixels[chosen[at : at + size]]) for at in range(0, len(chosen), size)]
        _compare(np.concatenate(answers), golden.probabilities[chosen], engine.tolerance, size)


MAPS_TOLERANCE: Final = 5e-3
"""Tolerance of maps in every precision: they are computed in float32, on a GPU with TF32."""


def check_maps(compute: ComputeMaps, golden: Golden) -> None:
    """Check with the golden samples that the softmax of the maps' mean is the probabilities.

    Raises:
        GoldenMismatch: If a probability differs by more than the tolerance.
    """
    means = np.concatenate([compute(pixels[np.newaxis]).mean(axis=(1, 2)) for pixels in golden.pixels])
    powers = np.exp(means - means.max(axis=1, keepdims=True))
    _compare(powers / powers.sum(axis=1, keepdims=True), golden.probabilities, MAPS_TOLERANCE, 1)


def _compare(actual: Probabilities, expected: Probabilities, tolerance: float, size: int) -> None:
    if actual.shape != expected.shape:
        raise GoldenMismatch(f"in batches of {size} the shape is {actual.shape}, not {expected.shape}")
    if not np.isfinite(actual).all():
        raise GoldenMismatch(f"in batches of {size} some probabilities are not finite")
    worst = float(np.abs(actual - expected).max())
    if worst > tolerance:
        raise GoldenMismatch(f"in batches of {size} a probability is off by {worst:.2g}, more than {tolerance:g}")
