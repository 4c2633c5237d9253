"""How long an answer is waited for: `X-Request-Timeout-Ms`, within what the service allows."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final

from starlette.requests import Request

from app.errors import DeadlineExceeded, ParameterInvalid
from app.settings import Settings

HEADER: Final = "X-Request-Timeout-Ms"
_LONGEST_MS: Final = 86_400_000


@asynccontextmanager
async def deadline(request: Request, settings: Settings) -> AsyncIterator[None]:
    """Cancel the block when nobody waits for its answer any more.

    Raises:
        ParameterInvalid: The header is no number of milliseconds.
        DeadlineExceeded: The time is over.
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


def timeout_header() -> dict[str, Any]:
    """Return the header's entry in the API's description."""
    return {
        "name": HEADER,
        "in": "header",
        "required": False,
        "description": "Milliseconds after which the client no longer waits; the prediction is dropped with a 504.",
        "schema": {"type": "integer", "minimum": 1, "maximum": _LONGEST_MS},
    }


def _timeout_ms(given: str | None, allowed: int) -> int:
    """Return the lesser of what the client and the service allow; 0 where neither says anything."""
    if given is None:
        return allowed
    if not (
        given.isascii() and given.isdecimal() and len(given) <= len(str(_LONGEST_MS)) and 0 < int(given) <= _LONGEST_MS
    ):
        raise ParameterInvalid(HEADER, given[:20], f"it is a whole number of milliseconds from 1 to {_LONGEST_MS}")
    return min(int(given), allowed) if allowed else int(given)
