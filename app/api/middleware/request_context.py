"""ASGI middleware for every request: assigns an id, counts it, turns errors into responses and limits the body.

A body may stall no longer than the middleware's timeout, and be no larger than its route allows with `limit_body`.
"""

import asyncio
import logging
import re
import time
from collections.abc import Awaitable, Callable
from contextlib import nullcontext
from typing import Final
from urllib.parse import quote

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from ulid import ULID

from app.api.problem_responses import REQUEST_ID_KEY, answer
from app.concurrency import Slots
from app.errors import BodyTimeout, BodyTooLarge, ShuttingDown
from app.observability.metrics import ServiceMetrics

log = logging.getLogger("app.access")

HEADER: Final = "X-Request-ID"
EXPOSED_HEADERS: Final = (HEADER, "Retry-After", "Server-Timing")
"""The headers of responses that a page of another origin may read, if it may ask at all."""
_LIMIT_KEY: Final = "fullcount.max_body_bytes"
_MIN_BYTES_PER_S: Final = 32 * 1024
"""The lowest rate of a body that takes longer than the timeout: a trickle of bytes must not hold a slot forever."""
_PIECE_BYTES: Final = 64 * 1024
"""The most bytes of an answer that are handed to the transport at once, which buffers what the client does not read."""
_NO_ANSWER: Final = 499
"""nginx's status for a client that disconnects before the response."""
_ACCEPTABLE_ID: Final = re.compile(r"[A-Za-z0-9._:-]{1,128}")


def limit_body(max_body_bytes: int) -> Callable[[Request], Awaitable[None]]:
    """Return a dependency that refuses larger bodies: before reading if the size is declared, else while reading."""

    async def limit(request: Request) -> None:
        limit_body_of(request, max_body_bytes)

    return limit


def limit_body_of(request: Request, max_body_bytes: int) -> None:
    """Refuse a request with a larger body; see `limit_body`.

    Raises:
        BodyTooLarge: If the declared size is larger.
    """
    declared = request.headers.get("content-length", "")
    if declared.isdecimal() and int(declared) > max_body_bytes:
        raise BodyTooLarge(max_body_bytes)
    request.scope[_LIMIT_KEY] = max_body_bytes


class RequestContext:
    """Gives each request its id, limits and response, and counts it.

    Args:
        app: The wrapped application.
        metrics: Counts every request.
        body_timeout_s: Seconds without a byte of the body after which reading it raises `BodyTimeout`.
        max_uploads: The greatest number of POST requests in progress; their bodies take memory or disk.
    """

    def __init__(self, app: ASGIApp, *, metrics: ServiceMetrics, body_timeout_s: float, max_uploads: int) -> None:
        self._app = app
        self._uploads = Slots("uploads in progress", max_uploads)
        self._metrics = metrics
        self._body_timeout_s = body_timeout_s

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle a request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = scope[REQUEST_ID_KEY] = _request_id(Headers(scope=scope).get(HEADER))
        status = _NO_ANSWER

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)[HEADER] = request_id
            if len(message.get("body", b"")) > _PIECE_BYTES:
                await _send_in_pieces(message, send)
            else:
                await send(message)

        started = time.perf_counter()
        with self._metrics.requests_in_progress.track_inprogress():
            try:
                with self._uploads.take() if scope["method"] == "POST" else nullcontext():
                    await self._app(scope, self._limited(scope, receive), send_with_id)
            except asyncio.CancelledError:  # the server's grace is over
                if status == _NO_ANSWER:
                    await (await answer(Request(scope), ShuttingDown()))(scope, receive, send_with_id)
                raise
            except Exception as error:
                if status != _NO_ANSWER:
                    raise  # the response has begun; the server ends the connection
                await (await answer(Request(scope), error))(scope, receive, send_with_id)
            finally:
                self._count(scope, status, time.perf_counter() - started)

    def _limited(self, scope: Scope, receive: Receive) -> Receive:
        has_more = True
        body_bytes = 0
        waited_s = 0.0

        async def receive_within_limits() -> Message:
            nonlocal has_more, body_bytes, waited_s
            if not has_more:
                return await receive()  # waits for the client to disconnect, for which there is no limit
            patience_s = self._body_timeout_s + body_bytes / _MIN_BYTES_PER_S - waited_s
            started = time.perf_counter()
            try:
                async with asyncio.timeout(min(self._body_timeout_s, patience_s)):
                    message = await receive()
            except TimeoutError as error:
                raise BodyTimeout(self._body_timeout_s) from error
            waited_s += time.perf_counter() - started
            has_more = message["type"] == "http.request" and message.get("more_body", False)
            body_bytes += len(message.get("body", b""))
            if _LIMIT_KEY in scope and body_bytes > scope[_LIMIT_KEY]:
                raise BodyTooLarge(scope[_LIMIT_KEY])
            return message

        return receive_within_limits

    def _count(self, scope: Scope, status: int, taken_s: float) -> None:
        route = getattr(scope.get("route"), "path", "(none)")
        self._metrics.requests.labels(scope["method"], route, str(status)).inc()
        self._metrics.request_seconds.labels(route).observe(taken_s)
        path = quote(scope["path"])  # quoted as it was sent: decoded, it may contain a line break
        log.info("%s %s %d %.1f ms %s", scope["method"], path, status, taken_s * 1e3, scope[REQUEST_ID_KEY])


async def _send_in_pieces(message: Message, send: Send) -> None:
    """Send a large body in pieces, each after the client has taken most of the one before."""
    body: bytes = message["body"]
    for start in range(0, len(body), _PIECE_BYTES):
        has_more = start + _PIECE_BYTES < len(body) or message.get("more_body", False)
        piece = body[start : start + _PIECE_BYTES]
        await send({"type": "http.response.body", "body": piece, "more_body": has_more})


def _request_id(proposed: str | None) -> str:
    """Return the client's id if it is safe in a header and in a log, else a new one."""
    return proposed if proposed and _ACCEPTABLE_ID.fullmatch(proposed) else str(ULID())
