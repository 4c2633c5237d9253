"""The learning rate over a phase, and the number of epochs that a time budget allows."""

import math
import time
from dataclasses import dataclass, field


@dataclass(frozen=True)
class WarmupCosine:
    """A linear warm-up, then half a cosine down to zero: "SGDR" (Loshchilov and Hutter 2017) without restarts.

    Attributes:
        peak: The highest rate.
        warmup: Number of steps until the peak.
        steps: Number of all steps, warm-up included.
    """

    peak: float
    warmup: int
    steps: int

    def at(self, step: int) -> float:
        """Return the rate of a step, counted from 0."""
        if step < self.warmup:
            return self.peak * (step + 1) / self.warmup
        done = (step - self.warmup) / max(self.steps - self.warmup, 1)
        return self.peak * 0.5 * (1 + math.cos(math.pi * min(done, 1.0)))


@dataclass
class Clock:
    """The clock of a time budget.

    Attributes:
        budget_s: Seconds for the whole run; None without a limit.
        spent_s: Seconds that earlier, interrupted attempts took.
    """

    budget_s: float | None = None
    spent_s: float = 0.0
    _start: float = field(default_factory=time.monotonic, repr=False)

    @property
    def elapsed_s(self) -> float:
        """Seconds spent, those of earlier attempts included."""
        return self.spent_s + time.monotonic() - self._start

    def epochs_left(self, planned: int, epoch_s: float, *, reserve_s: float = 0.0) -> int:
        """Return the number of epochs that fit, at most the planned ones.

        Args:
            planned: Number of epochs without a limit.
            epoch_s: Seconds that an epoch takes.
            reserve_s: Seconds to keep for later steps.
        """
        if self.budget_s is None:
            return planned
        left = self.budget_s - self.elapsed_s - reserve_s
        return max(0, min(planned, int(left / max(epoch_s, 1e-9))))
