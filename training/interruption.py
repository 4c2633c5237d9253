"""Ctrl-C once: finish with the best so far. Ctrl-C twice: publish nothing.

Before there is anything to finish with, once is enough to end. Only the command line listens to signals; called from
Python, a run is interrupted as any other code is.
"""

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType


@dataclass
class Interruption:
    """Whether somebody asked the run to come to its end.

    Attributes:
        can_finish: Whether there is a model that is worth publishing; `train_phases` sets it.
        is_requested: Whether the run is to finish with the best so far.
    """

    can_finish: bool = False
    is_requested: bool = False


@contextmanager
def listening(tell: Callable[[str], None]) -> Iterator[Interruption]:
    """Take Ctrl-C as a request to finish for as long as the block runs, and SIGTERM as the end.

    Args:
        tell: Is called with what to show when the first Ctrl-C is taken.

    Yields:
        What the signal sets. A second Ctrl-C, one before there is anything to finish with, and SIGTERM raise
        KeyboardInterrupt.
    """
    interruption = Interruption()

    def on_interrupt(number: int, frame: FrameType | None) -> None:
        if interruption.is_requested or not interruption.can_finish:
            signal.default_int_handler(number, frame)
        interruption.is_requested = True
        tell("Finishing with the best model so far; Ctrl-C again ends at once and publishes nothing.")

    before = signal.signal(signal.SIGINT, on_interrupt), signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield interruption
    finally:
        signal.signal(signal.SIGINT, before[0])
        signal.signal(signal.SIGTERM, before[1])
