"""An HTTP protocol for uvicorn with the limits that its fast one lacks: the size of a request's head and its time.

The application starts only when the head of a request is complete, so its own limits cannot apply before. The protocol
never changes: a request with `Upgrade` is an ordinary one.
"""

import asyncio
import json
from typing import Any, Final

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from app.api.middleware.browser_headers import BROWSER_HEADERS
from app.problems import HEAD_TIMEOUT, HEAD_TOO_LARGE, MALFORMED, MEDIA_TYPE, ProblemType
from app.server.upgrades import UpgradeBlindParser

MAX_HEAD_BYTES: Final = 64 * 1024
"""Limit of bytes received without completing a part: a head, or the framing of a chunked body."""
_SAFETY: Final = "".join(f"{name.decode()}: {value.decode()}\r\n" for name, value in BROWSER_HEADERS)
_PHRASES: Final = {400: "Bad Request", 408: "Request Timeout", 431: "Request Header Fields Too Large"}


class BoundedHttpProtocol(HttpToolsProtocol):
    """Uvicorn's httptools protocol with limits; it responds with a problem instead of plain text or nothing.

    Args:
        head_timeout_s: Seconds that a head may take, from the connection or from its first byte.
        **uvicorn: The arguments that uvicorn passes to its protocols.
    """

    def __init__(self, *, head_timeout_s: float, **uvicorn: Any) -> None:  # noqa: ANN401  passed on
        super().__init__(**uvicorn)
        self.parser: UpgradeBlindParser = UpgradeBlindParser(self)  # type: ignore[assignment]
        self._head_timeout_s = head_timeout_s
        self._unfinished_bytes = 0
        self._has_progressed = False
        self._head_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Start the timer of the first head."""
        super().connection_made(transport)
        self._expect_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """Cancel the timer."""
        self._cancel_timer()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Parse bytes, and refuse the request if too many of them complete nothing."""
        self._has_progressed = False
        super().data_received(data)
        self._unfinished_bytes = 0 if self._has_progressed else self._unfinished_bytes + len(data)
        if self._unfinished_bytes > MAX_HEAD_BYTES:
            self._refuse(HEAD_TOO_LARGE, f"The request line and headers have more than {MAX_HEAD_BYTES} bytes.")

    def on_message_begin(self) -> None:
        """Start the timer of a head."""
        super().on_message_begin()
        self._has_progressed = True
        self._expect_head()

    def on_headers_complete(self) -> None:
        """Pass a request to the application."""
        self._has_progressed = True
        self._cancel_timer()
        if not self.parser.is_to_be_repeated:
            super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Pass on a chunk of a body."""
        self._has_progressed = True
        super().on_body(body)

    def on_message_complete(self) -> None:
        """Pass on the end of a body."""
        if not self.parser.is_to_be_repeated:
            super().on_message_complete()

    def send_400_response(self, msg: str) -> None:
        """Respond to bytes that are not HTTP."""
        self._refuse(MALFORMED, msg)

    def _expect_head(self) -> None:
        self._cancel_timer()
        self._head_timer = self.loop.call_later(self._head_timeout_s, self._on_head_timeout)

    def _cancel_timer(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def _on_head_timeout(self) -> None:
        self._refuse(HEAD_TIMEOUT, f"The request's headers were not complete after {self._head_timeout_s:g} s.")

    def _refuse(self, kind: ProblemType, detail: str) -> None:
        """Respond with a problem, unless a response is under way, and close the connection."""
        if self.transport.is_closing():
            return
        if self.cycle is None or self.cycle.response_complete:
            body = json.dumps({"type": kind.uri, "title": kind.title, "status": kind.status, "detail": detail}).encode()
            head = (
                f"HTTP/1.1 {kind.status} {_PHRASES[kind.status]}\r\ncontent-type: {MEDIA_TYPE}\r\n"
                f"content-length: {len(body)}\r\nconnection: close\r\n{_SAFETY}\r\n"
            )
            self.transport.write(head.encode() + body)
        self.transport.close()
