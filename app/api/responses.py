"""Responses from bodies, which are serialised once and not validated again."""

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager
from typing import Final

from pydantic import BaseModel
from starlette.responses import Response, StreamingResponse
from starlette.types import Message, Receive, Scope, Send

from app.inference.predictor import Timing
from app.memory import MemoryBudget

JSON: Final = "application/json"
JSONL: Final = "application/jsonl"
PNG: Final = "image/png"

_SMALL_BYTES: Final = 64 * 1024
"""What buffers of the connection hold anyway is not counted. Larger bodies are sent in pieces of this size."""

VARY: Final = {"Vary": "Accept"}
"""Tells caches that the response depends on `Accept`."""


class CountedResponse(Response):
    """A response whose body, if it is large, takes its bytes from the budget of memory until it is sent."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Wait for room, and send."""
        if len(self.body) <= _SMALL_BYTES:
            await super().__call__(scope, receive, send)
            return
        async with _room_for(len(self.body), scope):
            await super().__call__(scope, receive, _in_pieces(send))


def json_response(body: BaseModel, headers: dict[str, str] | None = None) -> Response:
    """Serialise a body, leaving out fields that were not set."""
    return CountedResponse(body.model_dump_json(exclude_unset=True), headers=headers, media_type=JSON)


class LinesResponse(StreamingResponse):
    """A response of JSON lines, sent as they are made.

    A large line takes its bytes from the budget of memory until it is sent. When the response ends, for whatever
    reason, the generator is closed at once: before its files are closed, and not at some later garbage collection.

    Args:
        lines: Generates the lines.
    """

    def __init__(self, lines: AsyncGenerator[str, None]) -> None:
        super().__init__(lines, media_type=JSONL)
        self._lines = lines

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the lines until there are no more or the client disconnects."""
        async with aclosing(self._lines), aclosing(_counted(self._lines, scope)) as self.body_iterator:
            await super().__call__(scope, receive, _in_pieces(send))


async def _counted(lines: AsyncGenerator[str, None], scope: Scope) -> AsyncGenerator[bytes, None]:
    async for line in lines:
        data = line.encode()
        del line  # of a large one, nobody needs two
        if len(data) <= _SMALL_BYTES:
            yield data
            continue
        async with _room_for(len(data), scope):
            yield data


def _in_pieces(send: Send) -> Send:
    """Return a function that sends a large body in pieces: the server takes the next when the client has read some."""

    async def send_in_pieces(message: Message) -> None:
        body = message.get("body", b"")
        last = max(0, len(body) - 1) // _SMALL_BYTES * _SMALL_BYTES
        for start in range(0, last, _SMALL_BYTES):
            await send({**message, "body": body[start : start + _SMALL_BYTES], "more_body": True})
        await send({**message, "body": body[last:]} if last else message)

    return send_in_pieces


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
