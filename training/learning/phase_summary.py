"""Phase summary."""

from dataclasses import dataclass

from model_store.manifest import Scalar
from training.curves.history import Phase


@dataclass(frozen=True)
class PhaseSummary:
    """What became of one phase."""

    phase: Phase
    epochs: int
    """Run; 0 for a phase that was skipped."""
    best: int | None
    """Number, in the history, of the epoch whose weights the phase ended with; None if it was skipped."""
    seconds: float
    is_kept: bool
    """Whether the published model has this phase's weights."""
    note: str
    """Why it ended, was kept, rejected or skipped: a sentence."""
    trainable: int
    """Parameters that learnt."""
    settings: dict[str, Scalar]
    """What decided it: learning rate, weight decay and so on."""

    @property
    def fate(self) -> str:
        """What became of its weights, in a word."""
        if self.is_kept:
            return "kept"
        if not self.epochs:
            return "skipped"
        return "trained on" if self.phase == "head" else "rejected"
