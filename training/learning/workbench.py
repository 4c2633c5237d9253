"""The workbench that the steps of one run share. `recipe.py` fills it; it does not hold steps."""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
from rich.progress import Progress

from training.backbones.catalogue import LoadedBackbone
from training.config import TrainingConfig
from training.data.dataset import Dataset
from training.interruption import Interruption
from training.learning.devices import Devices
from training.learning.schedule import Clock
from training.run_state import RunState


@dataclass(frozen=True)
class Workbench:
    """The objects that the steps of one run share.

    Attributes:
        seconds: Step to duration in seconds; each step adds its own.
    """

    config: TrainingConfig
    devices: Devices
    dataset: Dataset
    backbone: LoadedBackbone
    state: RunState
    clock: Clock
    progress: Progress
    interruption: Interruption
    seconds: dict[str, float] = field(default_factory=dict)

    def label_weights(self) -> npt.NDArray[np.float32]:
        """Return the weight of an image of each label: equal, or inversely proportional to the label's images.

        Returns:
            Weights, float32 `(labels,)`, 1 on average over the training images.
        """
        labels = len(self.dataset.labels)
        if self.config.class_weights == "none":
            return np.ones(labels, np.float32)
        counts = np.bincount(self.dataset.targets("train"), minlength=labels)
        return np.asarray(counts.sum() / (labels * np.maximum(counts, 1)), np.float32)
