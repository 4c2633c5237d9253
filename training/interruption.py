"""Interruption by Ctrl-C: once finishes with the best model so far, twice publishes nothing.

Before a model can be published, one Ctrl-C ends the run. Only the command line listens to signals; a run called from
Python is interrupted like any other code.
"""

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType


@dataclass
class Interruption:
    """A request to end a run early.

    Attributes:
        can_finish: Whether the run has a model worth publishing; `train_phases` sets it.
        is_requested: Whether the run must finish with the best model so far.
    """

    can_finish: bool = False
    is_requested: bool = False


@contextmanager
def listening(announce: Callable[[str], None]) -> Iterator[Interruption]:
    """Treat Ctrl-C as a request to finish while the block runs, and SIGTERM as the end.

    Args:
        announce: Function that shows a message to the user at the first Ctrl-C.

    Yields:
        The interruption that the signals set. A second Ctrl-C, a Ctrl-C before `can_finish`, and SIGTERM raise
        KeyboardInterrupt.
    """
    interruption = Interruption()

    def on_interrupt(number: int, frame: FrameType | None) -> None:
        if interruption.is_requested or not interruption.can_finish:
            signal.default_int_handler(number, frame)
        interruption.is_requested = True
        announce("Finishing with the best model so far; Ctrl-C again ends at once and publishes nothing.")

    before = signal.signal(signal.SIGINT, on_interrupt), signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield interruption
    finally:
        signal.signal(signal.SIGINT, before[0])
        signal.signal(signal.SIGTERM, before[1])
