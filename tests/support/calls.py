"""Counting the calls that a piece of work makes: a measure of it that no other process disturbs."""

import sys
from collections.abc import Callable


def calls_of(work: Callable[[], object]) -> int:
    """Return the number of calls of functions, those written in C too."""
    count = 0

    def note(_frame: object, event: str, _argument: object) -> None:
        nonlocal count
        count += event in {"call", "c_call"}

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        work()
    finally:
        sys.setprofile(before)
    return count
