"""Deadlines: of a prediction, the client's `X-Request-Timeout-Ms`, capped by the service's own limit; of a job."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final

from starlette.requests import Request

from app.errors import DeadlineExceeded, JobTooLong, ParameterInvalid
from app.settings import Settings

HEADER: Final = "X-Request-Timeout-Ms"
_MAX_TIMEOUT_MS: Final = 86_400_000


@asynccontextmanager
async def deadline(request: Request, settings: Settings) -> AsyncIterator[None]:
    """Cancel the block when the deadline of a request passes.

    Raises:
        ParameterInvalid: If the header is not a number of milliseconds, or is out of range.
        DeadlineExceeded: If the deadline passed.
    """
    timeout_ms = _timeout_ms(request.headers.get(HEADER), settings.predict_timeout_ms)
    timer = asyncio.timeout(timeout_ms / 1e3 if timeout_ms else None)
    try:
        async with timer:
            yield
    except TimeoutError as error:
        if timer.expired():
            raise DeadlineExceeded(timeout_ms) from error
        raise


class JobTime:
    """The time that a job may take, from when this is made.

    Args:
        limit_s: The number of seconds.
    """

    def __init__(self, limit_s: int) -> None:
        self._limit_s = limit_s
        self._ends = asyncio.get_running_loop().time() + limit_s

    @asynccontextmanager
    async def limit(self) -> AsyncIterator[None]:
        """Cancel the block when the time is over. No generator may yield within it.

        Raises:
            JobTooLong: If the time is over.
        """
        timer = asyncio.timeout_at(self._ends)
        try:
            async with timer:
                yield
        except TimeoutError as error:
            if timer.expired():
                raise JobTooLong(self._limit_s) from error
            raise


def timeout_header() -> dict[str, Any]:
    """Return the description of the header for OpenAPI."""
    return {
        "name": HEADER,
        "in": "header",
        "required": False,
        "description": "Milliseconds after which the client stops waiting; the prediction is then dropped with a 504.",
        "schema": {"type": "integer", "minimum": 1, "maximum": _MAX_TIMEOUT_MS},
    }


def _timeout_ms(text: str | None, limit_ms: int) -> int:
    """Return the smaller of the client's timeout and the service's limit; 0 if there is neither."""
    if text is None:
        return limit_ms
    if not (text.isascii() and text.isdecimal() and len(text) <= 8 and 0 < int(text) <= _MAX_TIMEOUT_MS):
        raise ParameterInvalid(HEADER, text[:20], f"it must be a number of milliseconds from 1 to {_MAX_TIMEOUT_MS}")
    return min(int(text), limit_ms) if limit_ms else int(text)
