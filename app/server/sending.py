"""What a client has taken of its answers: a client that stops reading, or reads in a trickle, must not hold them."""

import asyncio
import socket
from typing import Any, Final

MIN_BYTES_PER_S: Final = 16 * 1024
"""The lowest rate at which answers are taken by a client that they wait for longer than the timeout."""
_UNSENT_BYTES: Final = 128 * 1024
"""What the kernel keeps of an answer beyond what is on its way to the client."""


def keep_little_unsent(listener: socket.socket) -> None:
    """Let the kernel buffer little for the connections of a listener; by default it is up to 4 MiB for each.

    So unread answers take little memory outside the process as well, and a slow client is seen to read.
    """
    if hasattr(socket, "TCP_NOTSENT_LOWAT"):
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, _UNSENT_BYTES)


class CountingTransport:
    """A transport that counts the bytes written to it, for a protocol that uses it like the one below.

    Args:
        below: The transport that writes them.

    Attributes:
        written: The number of bytes written, sent or not.
    """

    def __init__(self, below: asyncio.Transport) -> None:
        self._below = below
        self.written = 0

    def write(self, data: bytes) -> None:
        """Write bytes."""
        self.written += len(data)
        self._below.write(data)

    @property
    def unsent(self) -> int:
        """The number of bytes written that the kernel has not accepted yet."""
        return self._below.get_write_buffer_size()

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401  whatever the transport has
        return getattr(self._below, name)


class Reader:
    """The progress of a client in reading its answers; `look` at it now and then.

    While nothing waits for the client, time does not count: an answer that the service is still making is not late.

    Args:
        transport: The client's transport.
        timeout_s: Seconds that a client may take nothing; answers at less than `MIN_BYTES_PER_S` take no longer either.
    """

    def __init__(self, transport: CountingTransport, timeout_s: float) -> None:
        self._transport = transport
        self._timeout_s = timeout_s
        self._taken = 0
        self._waits_since: float | None = None
        self._taken_before = 0
        self._progressed = 0.0

    def look(self, now: float) -> bool:
        """Return False if the client has kept its answers waiting for too long.

        Args:
            now: Seconds of a clock that never goes back.
        """
        unsent = self._transport.unsent
        taken = self._transport.written - unsent
        if unsent == 0:
            self._waits_since = None
        elif self._waits_since is None:
            self._waits_since = self._progressed = now
            self._taken_before = taken
        elif taken > self._taken:
            self._progressed = now
        self._taken = taken
        return self._waits_since is None or not self._is_late(now, self._waits_since)

    def _is_late(self, now: float, since: float) -> bool:
        patience_s = self._timeout_s + (self._taken - self._taken_before) / MIN_BYTES_PER_S
        return now - self._progressed > self._timeout_s or now - since > patience_s
