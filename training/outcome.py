"""What a training run found out, as one value: what the manifest, the report, the card and the summary are made of.

Filled by `recipe.py`, read by everything that writes something down. Computes nothing.
"""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from model_store.decision import Decision
from model_store.evaluation.report import Evaluation
from model_store.labelled_sets.layout import Split
from model_store.precision import MeasuredPrecision, Precision
from training.config import TrainingConfig
from training.curves.diagnosis import Diagnosis
from training.curves.history import History
from training.data.dataset import Dataset
from training.learning.calibration import Calibration
from training.learning.phase_summary import PhaseSummary
from training.learning.threshold import Threshold

Probabilities = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Outcome:
    """A run, before it is published.

    Attributes:
        probabilities: Per held-out split, float32 `(images, labels)` in the order of `dataset.used`, as served.
        uncalibrated: The same of the validation and test split with a temperature of 1.
        evaluations: `validation`, and `test` where there is one.
        precisions: What was measured of other precisions than float32.
        refused: Why there is no int8 variant though one was asked for; None otherwise.
        augmentation: What was varied in training images and why, a sentence each.
        seconds: Step to seconds.
        maps: Of the worst mistakes, by path: the class activation map of the label called, float32 `(rows, columns)`.
            Empty where the backbone has none.
    """

    config: TrainingConfig
    dataset: Dataset
    decision: Decision
    history: History
    phases: tuple[PhaseSummary, ...]
    augmentation: tuple[str, ...]
    calibration: Calibration
    threshold: Threshold | None
    probabilities: dict[Split, Probabilities]
    uncalibrated: dict[Split, Probabilities]
    evaluations: dict[Split, Evaluation]
    diagnosis: Diagnosis
    precisions: dict[Precision, MeasuredPrecision]
    refused: str | None
    seconds: dict[str, float]
    maps: dict[str, npt.NDArray[np.float32]] = field(default_factory=dict)

    @property
    def headline_split(self) -> Split:
        """The split whose figures are shown first."""
        return "test" if "test" in self.evaluations else "validation"

    @property
    def headline_evaluation(self) -> Evaluation:
        """The test split's evaluation, or the validation split's where there is no test split."""
        return self.evaluations[self.headline_split]
