"""Single predictions before batches and evaluations: who may begin, decided before an image is decoded.

While single predictions come, only a few patient images are under way, so that each of them finds cores to decode and
compute on at once; when none has come for a moment, the patient take the whole machine. They are never shut out, and
wait in the order of their coming. Everything here belongs to one event loop.
"""

import asyncio
import math
import time
from collections import deque
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Final

LINGER_S: Final = 0.1
"""A client that sends one picture after the other is still there so long after its last answer: what the patient began
in each gap between two of its pictures would be in the way of the next."""


class Precedence:
    """Counts the urgent and holds the patient back.

    Args:
        beside: Patient images that may be under way beside urgent ones, at least 1.
        linger_s: Seconds for which the next urgent one is expected after the last.
    """

    def __init__(self, beside: int, *, linger_s: float = LINGER_S) -> None:
        self._beside = beside
        self._linger_s = linger_s
        self._urgent = 0
        self._is_lingering = False
        self._last_urgent_s = -math.inf
        self._patient = 0
        self._waiting: deque[tuple[asyncio.Future[None], int]] = deque()

    @contextmanager
    def urgent(self) -> Iterator[None]:
        """Be under way now."""
        self._urgent += 1
        try:
            yield
        finally:
            self._urgent -= 1
            self._last_urgent_s = time.monotonic()
            self._admit()

    @asynccontextmanager
    async def patient(self, most: int) -> AsyncIterator[None]:
        """Wait for a turn, and be under way until the block ends.

        Args:
            most: Patient images that may be under way where there is no urgent one.
        """
        turn = asyncio.get_running_loop().create_future()
        self._waiting.append((turn, most))
        self._admit()
        try:
            await turn
            yield
        finally:
            if not turn.cancelled():  # else it is still among the waiting, or was passed over
                self._patient -= 1
            self._admit()

    def _admit(self) -> None:
        is_urgent = self._is_urgent() if self._waiting else False
        while self._waiting and self._patient < (self._beside if is_urgent else self._waiting[0][1]):
            turn, _ = self._waiting.popleft()
            if not turn.cancelled():
                self._patient += 1
                turn.set_result(None)

    def _is_urgent(self) -> bool:
        """Tell whether there is an urgent one, or one is expected; in this case have the waiting looked at later."""
        if self._urgent:
            return True
        left_s = self._last_urgent_s + self._linger_s - time.monotonic()
        if left_s <= 0:
            return False
        if not self._is_lingering:
            self._is_lingering = True
            asyncio.get_running_loop().call_later(left_s, self._end_of_lingering)
        return True

    def _end_of_lingering(self) -> None:
        self._is_lingering = False
        self._admit()
