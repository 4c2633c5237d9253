"""The protocol of an engine: a loaded version on a device. Knows no TensorFlow.

An engine reads files only while it is made and in `load_maps`, from a copy that is removed afterwards.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt

from model_store.images.pixels import Pixels
from model_store.manifest import Signature
from model_store.precision import Precision

Probabilities = npt.NDArray[np.float32]
Predict = Callable[[Pixels], Probabilities]
Maps = npt.NDArray[np.float32]
"""Class activation maps, `(n, rows, columns, labels)`: above 0 is evidence for a label, below 0 against it."""
ComputeMaps = Callable[[Pixels], Maps]
"""A function from uint8 `(1, height, width, 3)` to maps; not thread-safe."""


class Engine(Protocol):
    """A loaded version on a device."""

    name: str
    """`openvino` or `tensorflow`."""
    device: str
    """Name of the device: `cpu`, `gpu:0` or, for several at the same time, `gpu:0,gpu:1`."""
    precision: Precision
    """Precision of its computations."""
    lanes: int
    """Number of calls of `predict` that may run at the same time, each in a thread of its own."""
    tolerance: float
    """Largest accepted difference of a probability from training's."""
    batch_sizes: tuple[int, ...]
    """Batch sizes that callers may use, ascending, the first of them 1."""

    def predict(self, pixels: Pixels) -> Probabilities:
        """Compute probabilities.

        Args:
            pixels: uint8 `(n, height, width, 3)`; n is one of `batch_sizes`.

        Returns:
            float32 `(n, labels)`; rows sum to 1.
        """
        ...

    def predict_in_background(self, pixels: Pixels) -> Probabilities:
        """Compute probabilities like `predict`, for callers that can wait, with as little effect on it as possible."""
        ...

    def ways(self) -> Sequence[Predict]:
        """Return every implementation that `predict` chooses from; each must reproduce training's probabilities."""
        ...

    def load_maps(self, directory: Path, signature: Signature) -> ComputeMaps:
        """Load the function that computes class activation maps, in float32.

        Loading takes a second and as much memory again as the model, so it is done only on request.

        Args:
            directory: The directory of the version, a private copy in which the engine may write.
            signature: The manifest's `activation_maps`.
        """
        ...

    def close(self) -> None:
        """Release the model's memory."""
        ...
