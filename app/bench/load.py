"""A cheap load generator: a number of connections, each of which sends the next picture once it has its response.

It shares the machine with the service, so it must be cheap. It speaks HTTP/1.1 directly over persistent connections,
builds its requests only once, and parses only the status and the length of a response.
"""

import asyncio
import itertools
import statistics
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from app.errors import ServerUnreachable


@dataclass
class Load:
    """The responses to a number of connections.

    Attributes:
        times_ms: Time of each response with status 200, in milliseconds.
        refused: Number of responses with another status.
        seconds: Time from the first request to the last response.
    """

    times_ms: list[float] = field(default_factory=list)
    refused: int = 0
    seconds: float = 0.0

    @property
    def rate(self) -> float:
        """The number of images predicted per second."""
        return len(self.times_ms) / self.seconds if self.seconds else 0.0

    def percentile_ms(self, share: float) -> float:
        """Return the time within which this share of the responses arrived; 0 if there are no responses."""
        if len(self.times_ms) < 2:
            return self.times_ms[0] if self.times_ms else 0.0
        return statistics.quantiles(self.times_ms, n=100, method="inclusive")[round(share * 100) - 1]


async def run_load(port: int, pictures: Sequence[bytes], connections: int, seconds: float) -> Load:
    """Send pictures to `POST /predict` on this machine for some seconds.

    Raises:
        ServerUnreachable: If a connection breaks.
    """
    requests = itertools.cycle([_request(picture) for picture in pictures])
    load = Load()
    started = time.perf_counter()
    try:
        async with asyncio.TaskGroup() as group:
            for _ in range(connections):
                group.create_task(_connection(port, requests, started + seconds, load))
    except* (OSError, asyncio.IncompleteReadError, LookupError, ValueError) as errors:
        raise ServerUnreachable(f"http://127.0.0.1:{port}", str(errors.exceptions[0])) from errors
    load.seconds = time.perf_counter() - started
    return load


async def _connection(port: int, requests: Iterator[bytes], end: float, load: Load) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        while (started := time.perf_counter()) < end:
            writer.write(next(requests))
            if await _status(reader) == 200:
                load.times_ms.append((time.perf_counter() - started) * 1e3)
            else:
                load.refused += 1
    finally:
        writer.close()


async def _status(reader: asyncio.StreamReader) -> int:
    """Read one response and return its status."""
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    length = int(head.split(b"content-length:", 1)[1].split(b"\r\n", 1)[0]) if b"content-length:" in head else 0
    await reader.readexactly(length)
    return int(head.split(b" ", 2)[1])


def _request(picture: bytes) -> bytes:
    head = f"POST /predict HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {len(picture)}\r\n\r\n"
    return head.encode() + picture
