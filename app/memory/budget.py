"""The memory that requests take together: one budget of bytes, for threads and coroutines alike.

Whoever allocates for a request takes the bytes first, and gives them back when they are free again. Without room it
waits. Small takings go before large ones that wait, and a part of the budget is kept for them, so that large pictures
and uploads never keep a small one from its answer.
"""

import asyncio
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final, Self

from app.errors import Exhausted, MemoryNeverEnough

PATIENCE_S: Final = 10.0
"""Seconds that a request waits for room in memory before it gets 503."""
_SMALL_PART: Final = 16
"""A share of at most this part of the budget is small,"""
_SMALL_BYTES: Final = 6 * 2**20
"""and always one of these bytes, which decoding a picture of usual size takes, if so many are kept."""
_KEPT_PART: Final = 4
"""This part of the budget is kept for small shares."""


@dataclass(eq=False, slots=True)
class _Waiting:
    share: "Share"
    more: int
    is_small: bool
    wake: Callable[[], None]
    is_granted: bool = False


class MemoryBudget:
    """The bytes that requests may take together.

    Args:
        total: The bytes of the whole budget; `resize` changes them.

    Attributes:
        before_waiting: Called when a share has to wait: each gives back what is only kept for later. They are
            called in the event loop.
    """

    def __init__(self, total: int) -> None:
        self._lock = threading.Lock()  # guards every attribute below
        self._total = total
        self._taken = 0
        self._waiting: deque[_Waiting] = deque()
        self.before_waiting: list[Callable[[], None]] = []

    @property
    def total(self) -> int:
        """The bytes of the whole budget."""
        return self._total

    @property
    def taken(self) -> int:
        """The bytes that are taken now."""
        return self._taken

    @property
    def waiting(self) -> int:
        """The number of shares that wait for room."""
        return len(self._waiting)

    @property
    def largest(self) -> int:
        """The most bytes that one share may ever have."""
        return self._total - self._total // _KEPT_PART

    @property
    def _small(self) -> int:
        """The most bytes of a small share."""
        return max(self._total // _SMALL_PART, min(_SMALL_BYTES, self._total // _KEPT_PART))

    def resize(self, total: int) -> None:
        """Change the bytes of the whole budget; what is taken stays taken."""
        with self._lock:
            self._total = total
            self._admit()

    @contextmanager
    def share(self, what: str) -> Iterator["Share"]:
        """Open a share without bytes; at the end of the block it gives back what it has.

        Args:
            what: The purpose, for errors, such as `the upload`.
        """
        share = Share(self, what)
        try:
            yield share
        finally:
            share.give_back()

    def _take(self, share: "Share", more: int, wake: Callable[[], None] | None) -> _Waiting:
        """Give a share more bytes; without room let it wait, if `wake` is there, and return its place."""
        with self._lock:
            share.check(share.bytes + more)
            waiting = _Waiting(share, more, share.bytes + more <= self._small, wake or _nobody)
            if self._has_room(waiting) and (waiting.is_small or not self._waiting):
                self._grant(waiting)
            elif wake is not None:
                self._waiting.append(waiting)
            return waiting

    def _give_up(self, waiting: _Waiting) -> bool:
        """Leave the queue; return False if the bytes were granted meanwhile."""
        with self._lock:
            if waiting.is_granted:
                return False
            self._waiting.remove(waiting)
            self._admit()
            return True

    def _give_back(self, share: "Share", kept: int) -> None:
        with self._lock:
            self._taken -= share.bytes - kept
            share.bytes = kept
            if self._waiting:
                self._admit()

    def _has_room(self, waiting: _Waiting) -> bool:
        return self._taken + waiting.more <= (self._total if waiting.is_small else self.largest)

    def _grant(self, waiting: _Waiting) -> None:
        self._taken += waiting.more
        waiting.share.bytes += waiting.more
        waiting.is_granted = True

    def _admit(self) -> None:
        """Grant what has room now: small ones first, then large ones, both in order of arrival."""
        for are_small in (True, False):
            for waiting in [one for one in self._waiting if one.is_small is are_small]:
                if not self._has_room(waiting):
                    break
                self._waiting.remove(waiting)
                self._grant(waiting)
                waiting.wake()


class Share:
    """The bytes of one holder; `MemoryBudget.share` opens one.

    Attributes:
        budget: The budget that it is a part of.
        what: The purpose, for errors.
        bytes: The bytes that it has.
    """

    __slots__ = ("budget", "bytes", "what")

    def __init__(self, budget: MemoryBudget, what: str) -> None:
        self.budget = budget
        self.what = what
        self.bytes = 0

    def check(self, total: int) -> None:
        """Check that the share can ever have that many bytes.

        Raises:
            MemoryNeverEnough: If it cannot.
        """
        if total > self.budget.largest:
            raise MemoryNeverEnough(self.what, total, self.budget.largest)

    def take_if_free(self, more: int) -> bool:
        """Take more bytes if there is room now; return whether there was. May be called from any thread.

        Raises:
            MemoryNeverEnough: If there never can be room.
        """
        waiting = self.budget._take(self, more, None)  # noqa: SLF001  the share is a part of the budget
        return waiting.is_granted

    async def take(self, more: int, patience_s: float | None = PATIENCE_S) -> Self:
        """Take more bytes, and wait for room if there is none.

        Args:
            more: The number of bytes.
            patience_s: Seconds to wait; None waits as long as it takes.

        Raises:
            Exhausted: If there was no room in time.
            MemoryNeverEnough: If there never can be room.
        """
        loop = asyncio.get_running_loop()
        granted = asyncio.Event()
        waiting = self.budget._take(self, more, lambda: _wake(loop, granted))  # noqa: SLF001
        if waiting.is_granted:
            return self
        for give_back in self.budget.before_waiting:
            give_back()
        try:
            async with asyncio.timeout(patience_s):
                await granted.wait()
        except TimeoutError as error:
            if self.budget._give_up(waiting):  # noqa: SLF001
                raise Exhausted("memory") from error
        except asyncio.CancelledError:
            self.budget._give_up(waiting)  # noqa: SLF001  if it was granted meanwhile, the share gives it back
            raise
        return self

    def split(self, part: int, what: str) -> "Share":
        """Return a share of its own that has a part of these bytes.

        Args:
            part: The bytes of it, which this share has.
            what: The purpose, for errors.
        """
        other = Share(self.budget, what)
        self.bytes -= part
        other.bytes = part
        return other

    def give_back(self, kept: int = 0) -> None:
        """Give back what the share has, except `kept` bytes. May be called from any thread, and repeatedly."""
        if self.bytes > kept:
            self.budget._give_back(self, kept)  # noqa: SLF001


def _nobody() -> None:
    """Wake nobody."""


def _wake(loop: asyncio.AbstractEventLoop, granted: asyncio.Event) -> None:
    if not loop.is_closed():
        loop.call_soon_threadsafe(granted.set)
