"""Decision."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True)
class Decision:
    """The one rule by which probabilities become a label."""

    labels: Sequence[str]
    """In the order of the model's output."""
    positive: str | None = None
    """With two labels, the one that `threshold` speaks of."""
    threshold: float | None = None

    def indices(self, probabilities: npt.NDArray[np.floating]) -> npt.NDArray[np.int64]:
        """Decide for one label each: by the threshold where there is one, else the highest, the first of equals.

        Args:
            probabilities: `(n, labels)`.

        Returns:
            Indices into `labels`, `(n,)`.
        """
        if self.positive is None or self.threshold is None:
            highest: npt.NDArray[np.int64] = probabilities.argmax(axis=1)
            return highest
        positive = self.labels.index(self.positive)
        return np.where(probabilities[:, positive] >= self.threshold, positive, 1 - positive)

    def index(self, probabilities: npt.NDArray[np.floating]) -> int:
        """Decide for one label, as `indices` does: `(labels,)` → index into `labels`."""
        return int(self.indices(probabilities[None])[0])
