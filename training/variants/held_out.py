"""The images by which a precision is judged: the validation split, with what float32 says of them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from model_store.decision import Decision
from model_store.evaluation.metrics import expected_calibration_error
from model_store.images.pixels import Pixels
from model_store.precision import MeasuredPrecision

Rows = npt.NDArray[np.int64]


@dataclass(frozen=True)
class HeldOut:
    """Images with their labels.

    Attributes:
        pixels: uint8 `(images, height, width, 3)`, of which these are some.
        rows: Which: int `(n,)`, at least one.
        targets: Their labels as places in `decision.labels`, int `(n,)`.
        answers: Probabilities in float32, `(n, labels)`.
        decision: How probabilities become a label.
    """

    pixels: Pixels
    rows: Rows
    targets: npt.NDArray[np.int64]
    answers: npt.NDArray[np.float32]
    decision: Decision

    def judge(self, answers: npt.NDArray[np.float32], engine: str) -> MeasuredPrecision:
        """Compare answers in another precision with the labels and with float32.

        Args:
            answers: Probabilities, float32 `(n, labels)`.
            engine: What computed them.
        """
        called, called_f32 = self._labels(answers), self._labels(self.answers)
        return MeasuredPrecision(
            engine=engine,
            images=len(self.rows),
            accuracy=float((called == self.targets).mean()),
            accuracy_f32=float((called_f32 == self.targets).mean()),
            calibration_error=self._calibration_error(answers),
            calibration_error_f32=self._calibration_error(self.answers),
            agreement=float((called == called_f32).mean()),
            largest_difference=min(1.0, float(np.abs(answers - self.answers).max())),
        )

    def only(self, places: Sequence[int]) -> "HeldOut":
        """Return some of them, by their places among these."""
        chosen = np.array(places, dtype=np.int64)
        return replace(self, rows=self.rows[chosen], targets=self.targets[chosen], answers=self.answers[chosen])

    def room_of(self, answer_one: Callable[[Pixels], npt.NDArray[np.float32]]) -> float:
        """Ask a model about each image; return the room it leaves."""
        answers = np.stack([answer_one(self.pixels[row : row + 1])[0] for row in self.rows])
        return self.judge(answers, "").room

    def _labels(self, answers: npt.NDArray[np.float32]) -> npt.NDArray[np.int64]:
        return np.array([self.decision.index(row) for row in answers])

    def _calibration_error(self, answers: npt.NDArray[np.float32]) -> float:
        error = expected_calibration_error(self.targets, answers.astype(np.float64))
        return 0.0 if error is None else min(1.0, error)
