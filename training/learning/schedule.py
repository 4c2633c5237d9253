"""Learning rates over a phase, and how many epochs a time budget allows. Numbers only."""

import math
import time
from dataclasses import dataclass, field


@dataclass(frozen=True)
class WarmupCosine:
    """A linear warm-up, then half a cosine down to zero: Loshchilov and Hutter 2017, "SGDR", without restarts.

    Attributes:
        peak: The highest rate.
        warmup: Steps until then.
        steps: All steps, warm-up included.
    """

    peak: float
    warmup: int
    steps: int

    def at(self, step: int) -> float:
        """Return the rate of a step, from 0."""
        if step < self.warmup:
            return self.peak * (step + 1) / self.warmup
        done = (step - self.warmup) / max(self.steps - self.warmup, 1)
        return self.peak * 0.5 * (1 + math.cos(math.pi * min(done, 1.0)))


@dataclass
class Clock:
    """How much of a budget is left.

    Attributes:
        budget_s: Seconds for all; None without a limit.
        spent_s: Seconds that earlier, interrupted attempts took.
    """

    budget_s: float | None = None
    spent_s: float = 0.0
    _start: float = field(default_factory=time.monotonic, repr=False)

    @property
    def elapsed_s(self) -> float:
        """Seconds spent, by earlier attempts too."""
        return self.spent_s + time.monotonic() - self._start

    def epochs_left(self, wanted: int, epoch_s: float, *, reserve_s: float = 0.0) -> int:
        """Return how many epochs fit, at most those wanted.

        Args:
            wanted: Without a limit.
            epoch_s: Seconds that one takes.
            reserve_s: Seconds to keep for what comes after.
        """
        if self.budget_s is None:
            return wanted
        left = self.budget_s - self.elapsed_s - reserve_s
        return max(0, min(wanted, int(left / max(epoch_s, 1e-9))))
