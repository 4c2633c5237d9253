"""The rule that turns probabilities into a label."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True)
class Decision:
    """The rule that turns probabilities into a label, the only one in the project."""

    labels: Sequence[str]
    """The labels, in the order of the model's output."""
    positive: str | None = None
    """With two labels, the one that `threshold` applies to."""
    threshold: float | None = None
    """The probability of `positive` from which it is predicted."""

    def indices(self, probabilities: npt.NDArray[np.floating]) -> npt.NDArray[np.int64]:
        """Choose one label per row: by the threshold if there is one, else the most probable, the first of equals.

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
        """Choose one label, as `indices` does: `(labels,)` → index into `labels`."""
        return int(self.indices(probabilities[None])[0])
