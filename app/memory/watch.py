"""Keeps the budget at what the limit leaves beside the process: its code, models, caches, threads and children."""

import asyncio
import gc
import logging
from typing import Final

from app.concurrency import FileThreads
from app.memory.budget import MemoryBudget
from app.memory.limit import MemoryLimit
from app.memory.resident import resident_bytes, return_free_memory_now, shared_bytes
from app.settings import MIB

LEAST_BYTES: Final = 96 * MIB
"""The least budget. With less, there would be no room for a decoding process and a picture of a few megapixels."""
_SPARE_BYTES: Final = 32 * MIB
_SPARE_PART: Final = 8
"""Kept free beside the budget: some bytes, and this part of what is left, for what nobody counts, such as buffers of
connections, threads, and what the allocator cannot use."""
_GROWN_BYTES: Final = 16 * MIB
"""So much more than before that nobody counts is a reason to ask the allocator for it."""
_LOOK_EVERY_S: Final = 1.0
_MOST_LOOKS_BETWEEN: Final = 60
"""The most looks before it is asked again, if asking was in vain: the process may really have more."""

log = logging.getLogger(__name__)


class MemoryWatch:
    """Watches the memory of this process, and of those that it started, and resizes the budget.

    Args:
        budget: The budget of requests.
        limit: The memory that this process may use.
    """

    def __init__(self, budget: MemoryBudget, limit: MemoryLimit) -> None:
        self._budget = budget
        self._limit = limit
        self._shared = 0
        self._own = 0
        self._least = 0
        self._looks_between = 1
        self._looks_until_asking = 0

    def begin(self) -> None:
        """Measure the process with its models, resize the budget, and say so in the log."""
        gc.collect()
        gc.freeze()  # what is there now stays, so that a later collection need not look at it
        self._shared = shared_bytes()
        self._own = self._least = resident_bytes() - self._shared
        self._budget.resize(self._left())
        own, total, most = (number // MIB for number in (self._own, self._budget.total, self._budget.largest))
        log.info(
            "memory: %s; the process has %d MiB, requests may take %d, one picture %d", self._limit, own, total, most
        )
        needed = self._own + _SPARE_BYTES + LEAST_BYTES * _SPARE_PART // (_SPARE_PART - 1)
        if self._limit.bytes < needed:
            words = (
                "the memory is too small: %s, of which the process has %d MiB; it needs %d MiB, or may be killed. "
                "Give it more (FULLCOUNT_MEMORY_MIB, or the container's limit), or run fewer workers"
            )
            log.warning(words, self._limit, own, -(-needed // MIB))

    async def run(self, threads: FileThreads) -> None:
        """Look from time to time, until cancelled.

        Args:
            threads: Where it looks, which takes a millisecond or more.
        """
        while True:
            await asyncio.sleep(_LOOK_EVERY_S)
            await threads.run(self.look)

    def look(self) -> None:
        """Collect garbage and ask the allocator for free memory, if that may help, and resize the budget if needed."""
        uncounted = self._uncounted()
        self._looks_until_asking -= 1
        if uncounted > self._least + _GROWN_BYTES and self._looks_until_asking <= 0:
            uncounted = self._ask_for_free_memory(uncounted)
        self._least = min(self._least, uncounted)
        self._own = max(self._own, uncounted) if self._budget.taken else uncounted
        left = self._left()
        if abs(left - self._budget.total) > _GROWN_BYTES:
            self._budget.resize(left)

    def _ask_for_free_memory(self, uncounted: int) -> int:
        """Return the bytes that are left; if it was in vain, wait longer before the next time."""
        gc.collect()  # an error and its frames, in a circle, may hold a report for minutes
        return_free_memory_now()
        left = self._uncounted()
        is_in_vain = left > uncounted - _GROWN_BYTES
        self._looks_between = min(2 * self._looks_between, _MOST_LOOKS_BETWEEN) if is_in_vain else 1
        self._looks_until_asking = self._looks_between
        return left

    def _uncounted(self) -> int:
        """Return the bytes that there are besides those that were taken. Some of these may not be in use yet."""
        return resident_bytes() - self._shared - self._budget.taken

    def _left(self) -> int:
        left = self._limit.bytes - self._own - _SPARE_BYTES
        return max(LEAST_BYTES, left - left // _SPARE_PART)
