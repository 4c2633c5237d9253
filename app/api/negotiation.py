"""Content negotiation: which form, which coding and which version of a response a client asks for."""

import re
from collections.abc import Sequence
from typing import Final

from starlette.requests import Request

_QUALITY: Final = re.compile(r"0(\.\d{0,3})?|1(\.0{0,3})?")


def wants(request: Request, media_type: str) -> bool:
    """Tell whether `Accept` names a media type, with a quality above zero."""
    return any(name == media_type and quality > 0 for name, quality in _accepted(request, "accept"))


def preferred(request: Request, offers: Sequence[str]) -> str:
    """Return the offer that `Accept` prefers (RFC 9110, 12.5.1): the first of equals, or the first if it accepts none.

    Args:
        request: The request.
        offers: Media types, the default first.
    """
    accepted = _accepted(request, "accept")
    return max(offers, key=lambda offer: _quality(offer, accepted))


def takes_gzip(request: Request) -> bool:
    """Tell whether `Accept-Encoding` accepts gzip and does not prefer uncompressed bytes (RFC 9110, 12.5.3)."""
    qualities = dict(_accepted(request, "accept-encoding"))
    others = qualities.get("*", 0.0)
    gzip = qualities.get("gzip", others)
    return gzip > 0 and gzip >= qualities.get("identity", others)


def is_known(request: Request, etag: str) -> bool:
    """Tell whether `If-None-Match` names an entity tag: the client has that response (RFC 9110, 13.1.2)."""
    known = {tag.strip().removeprefix("W/") for tag in request.headers.get("if-none-match", "").split(",")}
    return etag in known or "*" in known


def _accepted(request: Request, header: str) -> list[tuple[str, float]]:
    """Return the items of a header, such as ranges of media types, with their qualities."""
    items = []
    for part in request.headers.get(header, "").split(","):
        name, *parameters = (piece.strip().lower() for piece in part.split(";"))
        if name:
            qualities = [parameter[2:] for parameter in parameters if parameter.startswith("q=")]
            items.append((name, _number(qualities[0]) if qualities else 1.0))
    return items


def _number(text: str) -> float:
    return float(text) if _QUALITY.fullmatch(text) else 0.0


def _quality(offer: str, accepted: Sequence[tuple[str, float]]) -> float:
    """Return the quality of the most specific range that contains an offer; 0 if none does."""
    ranges = (offer, f"{offer.partition('/')[0]}/*", "*/*")
    qualities = dict(accepted)
    return next((qualities[media_range] for media_range in ranges if media_range in qualities), 0.0)
