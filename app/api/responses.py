"""Responses from bodies, which are serialised once and not validated again."""

from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import aclosing, asynccontextmanager
from typing import Final

from pydantic import BaseModel
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from app.inference.predictor import Timing
from app.memory.budget import MemoryBudget
from app.reports.forms import MEDIA_TYPES, Form

JSON: Final = "application/json"
JSONL: Final = "application/jsonl"
PNG: Final = "image/png"

_SMALL_BYTES: Final = 64 * 1024
"""What buffers of the connection hold anyway is not counted. Larger bodies are sent in pieces of this size."""

VARY: Final = {"Vary": "Accept"}
"""Tells caches that the response depends on `Accept`."""


REPORT_PAGE: Final[Mapping[str, str]] = {
    "Content-Security-Policy": "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
}
"""Headers of a report that is a page. A browser may display it, but run and load nothing: it holds names and pictures
of strangers, and others may have written its file into the store."""


class CountedResponse(Response):
    """A response whose body, if it is large, takes its bytes from the budget of memory until it is sent."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Wait for room, and send."""
        if len(self.body) <= _SMALL_BYTES:
            await super().__call__(scope, receive, send)
            return
        async with _room_for(len(self.body), scope):
            await super().__call__(scope, receive, send)


def rendered_report(body: bytes, form: Form, headers: Mapping[str, str] | None = None) -> Response:
    """Return a report in one of its rendered forms; it depends on `Accept`."""
    own = REPORT_PAGE if form == "html" else {}
    return CountedResponse(body, headers={**VARY, **own, **(headers or {})}, media_type=MEDIA_TYPES[form])


def json_response(body: BaseModel, headers: dict[str, str] | None = None) -> Response:
    """Serialise a body, leaving out fields that were not set."""
    return CountedResponse(body.model_dump_json(exclude_unset=True), headers=headers, media_type=JSON)


class StreamedResponse(StreamingResponse):
    """A response that is sent as it is made.

    A large line takes its bytes from the budget of memory until it is sent. When the response ends, for whatever
    reason, the generator is closed at once: before its files are closed, and not at some later garbage collection.

    Args:
        parts: Generates the parts.
        media_type: The media type.
        headers: Further headers.
    """

    def __init__(
        self, parts: AsyncGenerator[str | bytes, None], *, media_type: str, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(parts, media_type=media_type, headers=headers)
        self._parts = parts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the parts until there are no more or the client disconnects."""
        async with aclosing(self._parts):
            await super().__call__(scope, receive, send)


class LinesResponse(StreamedResponse):
    """A response of JSON lines, sent as they are made.

    Args:
        lines: Generates the lines.
    """

    def __init__(self, lines: AsyncGenerator[str, None]) -> None:
        super().__init__(lines, media_type=JSONL)
        self._lines = lines

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the lines until there are no more or the client disconnects."""
        async with aclosing(_counted(self._lines, scope)) as self.body_iterator:
            await super().__call__(scope, receive, send)


async def _counted(lines: AsyncGenerator[str, None], scope: Scope) -> AsyncGenerator[bytes, None]:
    async for line in lines:
        data = line.encode()
        del line  # of a large one, nobody needs two
        if len(data) <= _SMALL_BYTES:
            yield data
            continue
        async with _room_for(len(data), scope):
            yield data


@asynccontextmanager
async def _room_for(length: int, scope: Scope) -> AsyncIterator[None]:
    """Hold memory for a part of an answer, which is there already: so it waits as long as it takes."""
    budget: MemoryBudget = scope["app"].state.memory
    with budget.share("the answer") as share:
        await share.take(min(length, budget.largest), patience_s=None)
        yield


def server_timing(timing: Timing) -> dict[str, str]:
    """Return the `Server-Timing` header, in milliseconds; for several images, their sums."""
    stages = {"decode": timing.decode_ms, "queue": timing.queue_ms, "inference": timing.inference_ms}
    if timing.explain_ms:
        stages["explain"] = timing.explain_ms
    return {"Server-Timing": ", ".join(f"{stage};dur={taken:.2f}" for stage, taken in stages.items())}
