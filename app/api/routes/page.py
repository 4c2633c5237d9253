"""`GET /`, the page for people, and its files at `/web/…`. They are not part of the API."""

from collections.abc import Mapping
from typing import Final

from fastapi import APIRouter, Request
from starlette.exceptions import HTTPException
from starlette.responses import Response

from app.api.assets import assets
from app.api.negotiation import is_known, takes_gzip

_ALLOWED: Final[Mapping[str, str]] = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' blob: data:",
    "connect-src": "'self'",
    "base-uri": "'none'",
    "form-action": "'none'",
    "frame-ancestors": "'none'",
}
"""The page's policy: it may load from and send to its own service only, and show pictures."""

_HEADERS: Final = {
    "Cache-Control": "no-cache",  # cached, but validated by its ETag each time, so that a new release is seen at once
    "Content-Security-Policy": "; ".join(f"{kind} {sources}" for kind, sources in _ALLOWED.items()),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "Vary": "Accept-Encoding",
    "X-Content-Type-Options": "nosniff",
}

router = APIRouter(include_in_schema=False)


@router.head("/")
@router.get("/")
async def start(request: Request) -> Response:
    """Return the page."""
    return _respond(request, "index.html")


@router.head("/web/{name:path}")
@router.get("/web/{name:path}")
async def asset(request: Request, name: str) -> Response:
    """Return one of the page's files."""
    if name not in assets():
        raise HTTPException(404, "The page has no such file")
    return _respond(request, name)


def _respond(request: Request, name: str) -> Response:
    """Return a file, compressed if the client accepts that, or 304 if the client has it already."""
    file = assets()[name]
    is_gzipped = takes_gzip(request)
    sent = file.gzipped if is_gzipped else file.plain
    headers = {**_HEADERS, "ETag": sent.etag}
    if is_known(request, sent.etag):
        return Response(status_code=304, headers=headers)
    if is_gzipped:
        headers["Content-Encoding"] = "gzip"
    return Response(sent.body, headers=headers, media_type=file.media_type)
