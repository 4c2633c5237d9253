"""Admission control: before an image is decoded, single predictions go before batches and evaluations.

While single predictions arrive, only a few background images are in progress, so that a single one finds free cores at
once. If none has arrived for a moment, background images use the whole machine. They are never shut out and start in
order of arrival. Everything here belongs to one event loop.
"""

import asyncio
import math
import time
from collections import deque
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Final

LINGER_S: Final = 0.1
"""Seconds after its last answer within which a client is expected to send the next picture. Background work started in
that gap would delay it."""


class Admission:
    """Counts foreground images and limits the background ones.

    Args:
        beside: Maximum number of background images in progress beside foreground ones, at least 1.
        linger_s: Seconds after a foreground image for which the next one is expected.
    """

    def __init__(self, beside: int, *, linger_s: float = LINGER_S) -> None:
        self._beside = beside
        self._linger_s = linger_s
        self._foreground = 0
        self._is_lingering = False
        self._last_foreground_s = -math.inf
        self._background = 0
        self._waiting: deque[tuple[asyncio.Future[None], int]] = deque()

    @contextmanager
    def foreground(self) -> Iterator[None]:
        """Count one foreground image as in progress until the block ends."""
        self._foreground += 1
        try:
            yield
        finally:
            self._foreground -= 1
            self._last_foreground_s = time.monotonic()
            self._admit()

    @asynccontextmanager
    async def background(self, most: int) -> AsyncIterator[None]:
        """Wait for a turn, and count one background image as in progress until the block ends.

        Args:
            most: Maximum number of background images in progress while there is no foreground one.
        """
        turn = asyncio.get_running_loop().create_future()
        self._waiting.append((turn, most))
        self._admit()
        try:
            await turn
            yield
        finally:
            if not turn.cancelled():  # a cancelled turn was never counted
                self._background -= 1
            self._admit()

    def _admit(self) -> None:
        is_foreground = self._has_foreground() if self._waiting else False
        while self._waiting and self._background < (self._beside if is_foreground else self._waiting[0][1]):
            turn, _ = self._waiting.popleft()
            if not turn.cancelled():
                self._background += 1
                turn.set_result(None)

    def _has_foreground(self) -> bool:
        """Return True if a foreground image is in progress or expected; if expected, schedule another admission."""
        if self._foreground:
            return True
        left_s = self._last_foreground_s + self._linger_s - time.monotonic()
        if left_s <= 0:
            return False
        if not self._is_lingering:
            self._is_lingering = True
            asyncio.get_running_loop().call_later(left_s, self._end_of_lingering)
        return True

    def _end_of_lingering(self) -> None:
        self._is_lingering = False
        self._admit()
