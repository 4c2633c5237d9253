"""Histories of runs that are drawn, not trained: a function of the epoch for each curve."""

import math
from collections.abc import Callable

import numpy as np

from training.curves.history import Epoch, History

Course = Callable[[int], float]
"""Epoch, counted from 0, to a value."""


def towards(start: float, end: float, epochs: float) -> Course:
    """Return a curve that covers 63% of the way to its end in some epochs."""
    return lambda epoch: end + (start - end) * math.exp(-epoch / epochs)


def sampled(share: float, images: int, seed: int = 0) -> Course:
    """Return the share of images that are right if each one is right by chance."""
    random = np.random.default_rng(seed)
    return lambda _: float(random.binomial(images, share) / images)


def drawn(epochs: int, *, noise: float = 0.0, seed: int = 0, **columns: Course | float | None) -> History:
    """Draw a run from its columns, named as in `Epoch`; the losses get noise of this standard deviation."""
    random = np.random.default_rng(seed)

    def value(name: str, epoch: int) -> float | None:
        column = columns.get(name)
        exact = column(epoch) if callable(column) else column
        return exact if exact is None or "accuracy" in name else exact + float(random.normal(0, noise))

    return tuple(
        Epoch(
            epoch,
            loss=value("loss", epoch) or 0.0,
            val_loss=value("val_loss", epoch),
            accuracy=value("accuracy", epoch),
            val_accuracy=value("val_accuracy", epoch),
        )
        for epoch in range(epochs)
    )
