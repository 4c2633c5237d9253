"""Proof."""

import itertools
from typing import Final

import numpy as np

from app.errors import GoldenMismatch
from app.inference.engines.base import ComputeMaps, Engine, Probabilities
from model_store.storage.golden import Golden


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
