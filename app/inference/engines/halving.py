"""Computing a batch in halves if it is too large for the memory. Knows no TensorFlow."""

import logging
import sys
import threading

import numpy as np

from app.inference.engines.base import Predict, Probabilities
from model_store.images.pixels import Pixels

log = logging.getLogger(__name__)


class Halving:
    """A `Predict` that halves a batch until it fits, and limits later batches to the size that did.

    The limit holds until the version is loaded again. If another process used the memory for a while, batches stay
    small, which costs time but loses no prediction.

    Args:
        predict: Called with the batch, or with its parts in order.
        out_of_memory: The error that it raises if there is too little memory.
        device: The device whose memory it uses, for the log.
    """

    def __init__(self, predict: Predict, *, out_of_memory: type[Exception], device: str) -> None:
        self._predict = predict
        self._out_of_memory = out_of_memory
        self._device = device
        self._most = sys.maxsize
        self._lowering = threading.Lock()

    def __call__(self, pixels: Pixels) -> Probabilities:
        """Compute probabilities; see `Engine.predict`.

        Raises:
            Exception: If `predict` raises one; `out_of_memory` only if a single image does not fit.
        """
        size = asked = min(len(pixels), self._most)
        answers: list[Probabilities] = []
        at = 0
        while at < len(pixels):
            try:
                answers.append(self._predict(pixels[at : at + size]))
            except self._out_of_memory:
                if size == 1:
                    raise
                size //= 2
            else:
                at += size
        if size < asked:
            self._remember(asked, size)
        return np.concatenate(answers)

    def _remember(self, asked: int, fits: int) -> None:
        with self._lowering:
            if fits >= self._most:  # another thread has already lowered it
                return
            self._most = fits
        log.warning("%s has no memory for %d images at once; the limit is now %d", self._device, asked, fits)
