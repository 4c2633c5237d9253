"""Threads that step back: on Linux each thread has a priority of its own, elsewhere all stay as they are.

A thread that was started by one that has stepped back has done so too; a library's threads can be made so.
"""

import logging
import os
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final, TypeVar

log = logging.getLogger(__name__)

T = TypeVar("T")

NICENESS: Final = 19
"""The most there is: about a hundredth of a core that an ordinary thread wants too, and all of one that none wants."""


def lower_own_priority() -> None:
    """Give the calling thread the lowest priority, for good; where a sandbox forbids it, say so and go on."""
    if sys.platform != "linux":
        return
    try:
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICENESS)
    except OSError as error:
        log.warning("a thread keeps its priority, evaluations may slow single predictions down: %s", error)


def call_at_low_priority(function: Callable[[], T]) -> T:
    """Call a function in a thread that has stepped back; return what it returns."""
    with ThreadPoolExecutor(1, initializer=lower_own_priority) as thread:
        return thread.submit(function).result()
