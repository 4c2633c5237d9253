"""The summary of a training phase, as the report, the manifest and the snapshot hold it."""

from dataclasses import dataclass

from model_store.manifest import Scalar
from training.curves.history import Phase


@dataclass(frozen=True)
class PhaseSummary:
    """The outcome of one phase."""

    phase: Phase
    epochs: int
    """Epochs that were run; 0 if the phase was skipped."""
    best: int | None
    """Number in the history of the epoch whose weights the phase ended with; None if it was skipped."""
    seconds: float
    is_kept: bool
    """True if the published model has the weights of this phase."""
    note: str
    """The reason why it ended, was kept, rejected or skipped."""
    trainable: int
    """Number of trainable parameters."""
    settings: dict[str, Scalar]
    """Settings of the phase, such as the learning rate and the weight decay."""

    @property
    def fate(self) -> str:
        """The fate of its weights: `kept`, `skipped`, `trained on` or `rejected`."""
        if self.is_kept:
            return "kept"
        if not self.epochs:
            return "skipped"
        return "trained on" if self.phase == "head" else "rejected"
