"""An HTTP protocol for uvicorn with the limits that its fast one lacks: on connections, heads, and unread answers.

The application starts only when the head of a request is complete, so its own limits cannot apply before. It has ended
when the last bytes of an answer are handed over, so it cannot see whether they are read. The protocol never changes: a
request with `Upgrade` is an ordinary one.
"""

import asyncio
import json
from typing import Any, Final, cast

from uvicorn._types import ASGI3Application
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from app.api.middleware.browser_headers import BROWSER_HEADERS
from app.problems import HEAD_TIMEOUT, HEAD_TOO_LARGE, MALFORMED, MEDIA_TYPE, OVERLOADED, ProblemType
from app.server.connections import Connections
from app.server.sending import CountingTransport, Reader
from app.server.upgrades import UpgradeBlindParser

MAX_HEAD_BYTES: Final = 64 * 1024
"""Limit of bytes received without completing a part: a head, or the framing of a chunked body."""
_SAFETY: Final = "".join(f"{name.decode()}: {value.decode()}\r\n" for name, value in BROWSER_HEADERS)
MAX_HEADERS: Final = 128
"""Limit of headers of one request, trailers included: short ones take twenty times their bytes in memory."""
MAX_PIPELINED: Final = 16
"""Limit of requests that are sent before the one under way is answered; each takes some KiB."""
_STATUS_LINES: Final = {
    400: "400 Bad Request",
    408: "408 Request Timeout",
    431: "431 Request Header Fields Too Large",
    503: "503 Service Unavailable\r\nretry-after: 1",
}


class _Refused(Exception):
    """Ends the parsing of what was received of a connection that is being closed."""


class BoundedHttpProtocol(HttpToolsProtocol):
    """Uvicorn's httptools protocol with limits; it responds with a problem instead of plain text or nothing.

    Args:
        head_timeout_s: Seconds that a head may take, from the connection or from its first byte.
        peers: All connections of the process.
        **uvicorn: The arguments that uvicorn passes to its protocols.

    Attributes:
        reader: The client's progress in reading its answers.
    """

    reader: Reader

    def __init__(self, *, head_timeout_s: float, peers: Connections, **uvicorn: Any) -> None:  # noqa: ANN401  passed on
        super().__init__(**uvicorn)
        self.parser: UpgradeBlindParser = UpgradeBlindParser(self)  # type: ignore[assignment]
        self._peers = peers
        self._head_timeout_s = head_timeout_s
        self._unfinished_bytes = 0
        self._has_progressed = False
        self._head_timer: asyncio.TimerHandle | None = None
        self._running: RequestResponseCycle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Start the timer of the first head, or refuse the connection if there are too many."""
        counting = CountingTransport(transport)
        self.reader = Reader(counting, self._peers.timeout_s)
        super().connection_made(cast("asyncio.Transport", counting))
        self._expect_head()
        if not self._peers.add(self):
            self._refuse(OVERLOADED, f"There are already {self._peers.limit} connections, which is the limit.")

    def connection_lost(self, exc: Exception | None) -> None:
        """Cancel the timer, and tell the request under way that its client has gone."""
        self._cancel_timer()
        self._peers.remove(self)
        if self._running is not None and not self._running.response_complete:  # of several, uvicorn tells the last one
            self._running.disconnected = True
            self._running.message_event.set()
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

    def on_header(self, name: bytes, value: bytes) -> None:
        """Keep a header, or refuse the request if it has too many."""
        if len(self.headers) >= MAX_HEADERS:
            self._refuse(HEAD_TOO_LARGE, f"The request has more than {MAX_HEADERS} headers.")
            raise _Refused
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """Pass a request to the application."""
        self._has_progressed = True
        self._cancel_timer()
        if self.parser.is_to_be_repeated:
            return
        if len(self.pipeline) == MAX_PIPELINED:
            self.transport.close()
        if self.transport.is_closing():
            raise _Refused
        self._peers.work(self)
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Pass on a chunk of a body."""
        self._has_progressed = True
        if not self.transport.is_closing():
            super().on_body(body)

    def on_message_complete(self) -> None:
        """Pass on the end of a body."""
        if not (self.parser.is_to_be_repeated or self.transport.is_closing()):
            super().on_message_complete()

    def on_response_complete(self) -> None:
        """Begin to wait for the next request, unless it is there already."""
        if not self.pipeline:
            self._peers.wait(self)
        super().on_response_complete()

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: ASGI3Application) -> None:
        self._running = cycle
        super()._start_asgi_task(cycle, app)

    @property
    def is_idle(self) -> bool:
        """Whether it waits for a request, and its last answer was sent."""
        return self.transport.get_write_buffer_size() == 0

    def end(self) -> None:
        """Close the connection."""
        self.transport.close()

    def abort(self) -> None:
        """Close the connection and discard what is not sent."""
        self.transport.abort()

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
                f"HTTP/1.1 {_STATUS_LINES[kind.status]}\r\ncontent-type: {MEDIA_TYPE}\r\n"
                f"content-length: {len(body)}\r\nconnection: close\r\n{_SAFETY}\r\n"
            )
            self.transport.write(head.encode() + body)
        self.transport.close()
