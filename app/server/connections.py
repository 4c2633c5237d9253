"""The connections of one process: their greatest number, and the end of those whose clients do not read."""

import asyncio
import logging
from typing import Final, Protocol

from app.server.sending import Reader

log = logging.getLogger(__name__)

_LOOK_EVERY_S: Final = 1.0


class Connection(Protocol):
    """One connection, as its protocol shows it."""

    reader: Reader

    @property
    def is_idle(self) -> bool:
        """Whether nobody would miss it: no answer is under way."""

    def end(self) -> None:
        """Close it."""

    def abort(self) -> None:
        """Close it and discard what is not sent."""


class Connections:
    """The open connections of one event loop.

    Args:
        limit: The greatest number that is served.
        timeout_s: Seconds that a client may take nothing of its answer.
    """

    def __init__(self, limit: int, timeout_s: float) -> None:
        self.limit = limit
        self.timeout_s = timeout_s
        self._open: set[Connection] = set()
        self._waiting: dict[Connection, None] = {}  # in the order in which they began to wait for a request
        self._timer: asyncio.TimerHandle | None = None

    def add(self, one: Connection) -> bool:
        """Note a new connection; without room, end the one that has waited longest for a request.

        Returns:
            False if there is no room, since all others have requests under way.
        """
        has_room = len(self._open) < self.limit or self._make_room()
        self._open.add(one)
        self.wait(one)
        if self._timer is None:
            self._look_later()
        return has_room

    def wait(self, one: Connection) -> None:
        """Note that a connection waits for a request, from now on."""
        self._waiting[one] = None

    def work(self, one: Connection) -> None:
        """Note that a connection has a request under way."""
        self._waiting.pop(one, None)

    def remove(self, one: Connection) -> None:
        """Forget a connection that was lost."""
        self._open.discard(one)
        self._waiting.pop(one, None)

    def _make_room(self) -> bool:
        idle = next((one for one in self._waiting if one.is_idle), None)
        if idle is None:
            return False
        self.remove(idle)
        idle.end()
        return True

    def _look_later(self) -> None:
        every_s = min(_LOOK_EVERY_S, self.timeout_s / 4)
        self._timer = asyncio.get_running_loop().call_later(every_s, self._look)

    def _look(self) -> None:
        now = asyncio.get_running_loop().time()
        for one in [one for one in self._open if not one.reader.look(now)]:
            log.info("a client was cut off: it read too little of its answer for %g s", self.timeout_s)
            one.abort()
        self._timer = None
        if self._open:
            self._look_later()
