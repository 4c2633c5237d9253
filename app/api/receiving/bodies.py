"""The bytes of requests, taken from the budget of memory as they arrive.

While a body waits for room, nothing is read from its client. Up to a mebibyte, a large body takes what has arrived.
Then it takes what it declares to have, so that of many large bodies some are whole soon, instead of all of them half.
"""

import io
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Final

from starlette.requests import Request

from app.errors import Exhausted
from app.memory.budget import MemoryBudget, Share

STEP_BYTES: Final = 1 << 20
_SMALL_BYTES: Final = 128 * 1024
"""A body that is no longer takes all of its bytes at once, which is faster."""
_BYTES_FOR_ONE_THAT_WAITS: Final = 2 << 20
"""A body that waits holds up to 320 KiB in buffers of its connection, which nobody counts: so not too many may wait."""


def budget_of(request: Request) -> MemoryBudget:
    """Return the budget of the application that handles a request."""
    budget: MemoryBudget = request.app.state.memory
    return budget


async def read_body(request: Request, share: Share) -> bytes:
    """Read a body into memory.

    Args:
        request: The request.
        share: Takes the bytes.

    Raises:
        Exhausted: If there was no room in time.
        MemoryNeverEnough: If there never can be room; before anything is read, if the length is declared.
    """
    declared = _declared_bytes(request)
    share.check(declared)
    body: io.BytesIO | None = None  # grows in place and hands over its bytes, where a list would be joined into a copy
    length = 0
    async for piece in request.stream():
        length += len(piece)
        if length > share.bytes:
            await take_up_to(share, _ahead(length, declared))
        if body is None:
            body = io.BytesIO(piece)
            body.seek(0, io.SEEK_END)
            continue
        if length > STEP_BYTES:
            _extend(body, share.bytes)
        body.write(piece)
    share.give_back(kept=length)
    if body is None:
        return b""
    body.truncate(length)
    return body.getvalue()


class Spool:
    """The files to which one body is written, and how many of its bytes take no memory any more.

    Args:
        request: The request with the body.
        share: Has the bytes that take memory.

    Attributes:
        bytes: The bytes on disk; 0 if the directory for uploads is in memory.

    Raises:
        MemoryNeverEnough: If that is so, and there never can be room for the declared length.
    """

    def __init__(self, request: Request, share: Share) -> None:
        self._stream = request.stream()
        self._share = share
        self._declared = _declared_bytes(request)
        self._is_in_memory: bool = request.app.state.spools_in_memory
        self.bytes = 0
        if self._is_in_memory:
            share.check(self._declared)

    def wrote(self, more: int) -> None:
        """Count bytes of the body that have been written to a file."""
        if not self._is_in_memory:
            self.bytes += more

    async def pieces(self) -> AsyncGenerator[bytes, None]:
        """Yield the pieces of the body; the share takes each, and gives back what was written to disk meanwhile."""
        arrived = 0
        async with aclosing(self._stream) as stream:
            async for piece in stream:
                arrived += len(piece)
                if self._is_in_memory:
                    await take_up_to(self._share, _ahead(arrived, self._declared))
                    yield piece
                else:
                    await take_up_to(self._share, arrived - self.bytes)
                    yield piece
                    self._share.give_back(kept=arrived - self.bytes)


async def take_up_to(share: Share, total: int) -> None:
    """Take as many bytes as a share lacks, and wait for room if there is none.

    Raises:
        Exhausted: If there was none in time, or too many wait already.
        MemoryNeverEnough: If there never can be room.
    """
    more = total - share.bytes
    if more > 0 and not share.take_if_free(more):
        if share.budget.waiting >= share.budget.total // _BYTES_FOR_ONE_THAT_WAITS:
            raise Exhausted("memory")
        await share.take(more)


def _ahead(arrived: int, declared: int) -> int:
    """Return how many bytes a body should have taken of which so many have arrived."""
    if arrived <= STEP_BYTES:
        return max(arrived, min(declared, _SMALL_BYTES))
    return declared if declared >= arrived else 2 * arrived


def _extend(body: io.BytesIO, size: int) -> None:
    """Let a body have a size at once: many growing in small steps would leave holes between them."""
    end = body.tell()
    if body.seek(0, io.SEEK_END) < size:
        body.seek(size - 1)
        body.write(b"\0")
    body.seek(end)


def _declared_bytes(request: Request) -> int:
    """Return the length that a request declares; 0 if it declares none."""
    declared = request.headers.get("content-length", "")
    return int(declared) if declared.isdecimal() else 0
