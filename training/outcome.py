"""The outcome of a training run as one value, from which manifest, report, card and summary are made.

`recipe.py` fills it. It does not compute anything.
"""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from model_store.decision import Decision
from model_store.evaluation.report import Evaluation
from model_store.labelled_sets.recognition.folder_names import Split
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
    """A finished run that is not yet published.

    Attributes:
        probabilities: Held-out split to probabilities as served, float32 `(images, labels)`, ordered as `dataset.used`.
        uncalibrated: Probabilities of the validation and test split at a temperature of 1.
        evaluations: Evaluations of `validation` and, unless the split is empty, of `test`.
        precisions: Measurements of other precisions than float32.
        refused: Reason why a requested int8 variant is missing; None otherwise.
        augmentation: Variations of training images and their reasons, one sentence each.
        seconds: Step to duration in seconds.
        maps: Path of a worst mistake to the class activation map of the predicted label, float32 `(rows, columns)`.
            Empty if the backbone does not give maps.
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
        """The split whose figures come first: `test`, or `validation` without a test split."""
        return "test" if "test" in self.evaluations else "validation"

    @property
    def headline_evaluation(self) -> Evaluation:
        """The evaluation of the headline split."""
        return self.evaluations[self.headline_split]
