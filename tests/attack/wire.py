"""One connection at a time, by raw bytes: it sends a case, reads what comes, and says how it ended."""

import asyncio
from contextlib import suppress
from typing import NamedTuple

import httptools

from tests.attack.framing import Case


class End(NamedTuple):
    """How a case ended."""

    statuses: list[int]
    """Statuses of the answers, in order."""
    is_closed: bool
    """True if the service closed the connection."""
    is_hanging: bool = False
    """True if nothing more came and the connection stayed open, though the client had said that it sends no more."""


class Wire(asyncio.Protocol):
    """A connection that may carry several cases, one after the other."""

    def __init__(self) -> None:
        self._changed = asyncio.Event()
        self.statuses: list[int] = []
        self.is_closed = False
        self._parser = httptools.HttpResponseParser(self)
        self._is_unreadable = self._has_ended = False
        self._complete = 0
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        """Read answers; what follows an answer that has no body though it tells a length is not read."""
        if self._is_unreadable:
            return
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            self._is_unreadable = True
        except httptools.HttpParserError:
            self._is_unreadable = True

    def on_headers_complete(self) -> None:
        """Note the status as soon as it is known."""
        status = self._parser.get_status_code()
        if status >= 200:
            self.statuses.append(status)

    def on_message_complete(self) -> None:
        """Count the answer, and wake who waits."""
        self._complete += self._parser.get_status_code() >= 200
        self._changed.set()

    def connection_lost(self, error: Exception | None) -> None:
        """Wake who waits."""
        del error
        self.is_closed = True
        self._changed.set()

    async def exchange(self, case: Case, patience_s: float, limit_s: float) -> End:
        """Send a case and wait for its answers.

        Args:
            case: What is sent.
            patience_s: Seconds after which the client says that it sends no more, since a request may be incomplete.
            limit_s: Seconds after that within which the service has to answer or to close.
        """
        assert self.transport is not None
        self.statuses.clear()
        self._complete = 0
        self.transport.write(case.data)
        if case.is_half_closed:
            self._end()
        is_done = await self._wait(case.answers, patience_s)
        if not is_done:
            self._end()
        is_done = is_done or await self._wait(case.answers, limit_s)
        return End(list(self.statuses), self.is_closed, is_hanging=not is_done)

    async def _wait(self, answers: int, seconds: float) -> bool:
        """Wait until all answers have come or the connection is closed, and tell whether that is so."""
        try:
            async with asyncio.timeout(seconds):
                while self._complete < answers and not self.is_closed:
                    self._changed.clear()
                    await self._changed.wait()
        except TimeoutError:
            return False
        return True

    @property
    def is_reusable(self) -> bool:
        """True if the next case may follow on this connection."""
        return not (self.is_closed or self._has_ended or self._is_unreadable) and self._parser.should_keep_alive()

    def _end(self) -> None:
        """Say that no more is sent."""
        if self.transport is not None and not self._has_ended and not self.transport.is_closing():
            self._has_ended = True
            with suppress(OSError):  # the service closed in this moment
                self.transport.write_eof()

    def abort(self) -> None:
        """Close without a word."""
        if self.transport is not None:
            self.transport.abort()
