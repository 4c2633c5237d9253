"""The images that judge a precision: the validation split, with its probabilities in float32."""

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
    """Images with their labels and their answers in float32.

    Attributes:
        pixels: Pixels of all images, uint8 `(images, height, width, 3)`.
        rows: Rows of `pixels` that are held out, int `(n,)`, at least one.
        targets: Their labels as indices into `decision.labels`, int `(n,)`.
        answers: Their probabilities in float32, `(n, labels)`.
        decision: Rule by which probabilities become a label.
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
            engine: Name of the engine that computed them.
        """
        predicted, predicted_f32 = self._labels(answers), self._labels(self.answers)
        return MeasuredPrecision(
            engine=engine,
            images=len(self.rows),
            accuracy=float((predicted == self.targets).mean()),
            accuracy_f32=float((predicted_f32 == self.targets).mean()),
            calibration_error=self._calibration_error(answers),
            calibration_error_f32=self._calibration_error(self.answers),
            agreement=float((predicted == predicted_f32).mean()),
            largest_difference=min(1.0, float(np.abs(answers - self.answers).max())),
        )

    def only(self, places: Sequence[int]) -> "HeldOut":
        """Return some of these images, by their indices."""
        chosen = np.array(places, dtype=np.int64)
        return replace(self, rows=self.rows[chosen], targets=self.targets[chosen], answers=self.answers[chosen])

    def room_of(self, answer_one: Callable[[Pixels], npt.NDArray[np.float32]]) -> float:
        """Run a model on each image; return the room that it leaves within the margins."""
        answers = np.stack([answer_one(self.pixels[row : row + 1])[0] for row in self.rows])
        return self.judge(answers, "").room

    def _labels(self, answers: npt.NDArray[np.float32]) -> npt.NDArray[np.int64]:
        return np.array([self.decision.index(row) for row in answers])

    def _calibration_error(self, answers: npt.NDArray[np.float32]) -> float:
        error = expected_calibration_error(self.targets, answers.astype(np.float64))
        return 0.0 if error is None else min(1.0, error)
