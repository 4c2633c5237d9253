"""Single predictions before batches and evaluations: who may begin, decided before an image is decoded.

While a single prediction is under way, only a few patient images are, so that it finds cores to decode and compute on
at once; when there is none, the patient take the whole machine. They are never shut out, and wait in the order of
their coming. Everything here belongs to one event loop.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager


class Precedence:
    """Counts the urgent and holds the patient back.

    Args:
        beside: Patient images that may be under way beside urgent ones, at least 1.
    """

    def __init__(self, beside: int) -> None:
        self._beside = beside
        self._urgent = 0
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
        while self._waiting and self._patient < (self._beside if self._urgent else self._waiting[0][1]):
            turn, _ = self._waiting.popleft()
            if not turn.cancelled():
                self._patient += 1
                turn.set_result(None)
