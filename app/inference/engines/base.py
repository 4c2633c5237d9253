"""What an engine is, and the checks that each must pass before it answers. Knows no TensorFlow."""

from collections.abc import Callable, Sequence
from typing import Protocol

import numpy as np
import numpy.typing as npt

from model_store.images.pixels import Pixels
from model_store.manifest import Signature
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

    def predict_in_background(self, pixels: Pixels) -> Probabilities:
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
