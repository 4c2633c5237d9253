"""How bodies become responses: serialised once, without a second validation."""

import re
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from typing import Final

from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from app.service import Timing

JSON: Final = "application/json"
JSONL: Final = "application/jsonl"
PNG: Final = "image/png"
VARY: Final = {"Vary": "Accept"}
"""Says to caches that the answer depends on `Accept`."""

_QUALITY: Final = re.compile(r"0(\.\d{0,3})?|1(\.0{0,3})?")


def json_response(body: BaseModel, headers: dict[str, str] | None = None) -> Response:
    """Serialise a body; fields that were not set are left out."""
    return Response(body.model_dump_json(exclude_unset=True), headers=headers, media_type="application/json")


class LinesResponse(StreamingResponse):
    """JSON lines, sent as they are made.

    When the response has ended, however it did, so has what makes the lines: before its files are closed, and not when
    it happens to be collected as garbage.

    Args:
        lines: Makes the lines.
    """

    def __init__(self, lines: AsyncGenerator[str, None]) -> None:
        super().__init__(lines, media_type=JSONL)
        self._lines = lines

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the lines until there are no more or the client has gone."""
        async with aclosing(self._lines):
            await super().__call__(scope, receive, send)


def server_timing(timing: Timing) -> dict[str, str]:
    """Return the `Server-Timing` header, in milliseconds; sums, where there were several images."""
    stages = {"decode": timing.decode_ms, "queue": timing.queue_ms, "inference": timing.inference_ms}
    if timing.explain_ms:
        stages["explain"] = timing.explain_ms
    return {"Server-Timing": ", ".join(f"{stage};dur={taken:.2f}" for stage, taken in stages.items())}


def wants(request: Request, media_type: str) -> bool:
    """Tell whether `Accept` names a media type, with a quality above zero."""
    return any(name == media_type and quality > 0 for name, quality in _accepted(request, "accept"))


def preferred(request: Request, offers: Sequence[str]) -> str:
    """Return the offer that `Accept` prefers (RFC 9110, 12.5.1); of equals, and where it wants none, the first.

    Args:
        request: The request.
        offers: Media types.
    """
    accepted = _accepted(request, "accept")
    return max(offers, key=lambda offer: _quality(offer, accepted))


def takes_gzip(request: Request) -> bool:
    """Tell whether `Accept-Encoding` takes gzip, and no less gladly than bytes as they are (RFC 9110, 12.5.3)."""
    qualities = dict(_accepted(request, "accept-encoding"))
    others = qualities.get("*", 0.0)
    gzip = qualities.get("gzip", others)
    return gzip > 0 and gzip >= qualities.get("identity", others)


def _accepted(request: Request, header: str) -> list[tuple[str, float]]:
    """Return what a header accepts, such as ranges of media types, with their qualities."""
    found = []
    for part in request.headers.get(header, "").split(","):
        name, *parameters = (piece.strip().lower() for piece in part.split(";"))
        if name:
            qualities = [one[2:] for one in parameters if one.startswith("q=")]
            found.append((name, _number(qualities[0]) if qualities else 1.0))
    return found


def _number(text: str) -> float:
    return float(text) if _QUALITY.fullmatch(text) else 0.0


def _quality(offer: str, accepted: Sequence[tuple[str, float]]) -> float:
    """Return the quality of the most exact range that an offer is in."""
    ranges = (offer, f"{offer.partition('/')[0]}/*", "*/*")
    qualities = dict(accepted)
    return next((qualities[one] for one in ranges if one in qualities), 0.0)
