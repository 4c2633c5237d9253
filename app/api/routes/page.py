"""`GET /`, the page for people, with its files at `/web/…`, and the reference at `/docs`. No part of the API."""

import functools
from collections.abc import Mapping
from typing import Final

from fastapi import APIRouter, FastAPI, Request
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from app.api.assets import Asset, assets, make_asset, start_page
from app.api.dependencies import FilesDep
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

_POLICY: Final = "; ".join(f"{kind} {sources}" for kind, sources in _ALLOWED.items())
_HEADERS: Final = {
    "Cache-Control": "no-cache",  # cached, but validated by its ETag each time, so that a new release is seen at once
    "Content-Security-Policy": _POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Vary": "Accept-Encoding",
}

_HEADERS_BELOW_ROOT_PATH: Final = {
    **_HEADERS,
    "Content-Security-Policy": _POLICY.replace("base-uri 'none'", "base-uri 'self'"),
}
"""The headers of the page that has a base, which is its root path."""

router = APIRouter(include_in_schema=False)


@router.head("/")
@router.get("/")
async def start(request: Request) -> Response:
    """Return the page."""
    root_path = request.scope.get("root_path", "")
    return _respond(request, start_page(root_path), _HEADERS_BELOW_ROOT_PATH if root_path else _HEADERS)


@router.head("/web/{name:path}")
@router.get("/web/{name:path}")
async def asset(request: Request, name: str) -> Response:
    """Return one of the page's files."""
    if name not in assets():
        raise HTTPException(404, "The page has no such file")
    return _respond(request, assets()[name], _HEADERS)


@router.head("/docs")
@router.get("/docs")
async def docs(request: Request, files: FilesDep) -> Response:
    """Return the reference of the API, made from the OpenAPI document."""
    page, policy = await files.run(_reference, request.app)
    return _respond(request, page, {**_HEADERS, "Content-Security-Policy": policy})


@router.get("/redoc")
async def redoc() -> Response:
    """Lead to `/docs`: the address is one that FastAPI's users know."""
    return RedirectResponse("docs")


@functools.lru_cache(maxsize=1)
def _reference(app: FastAPI) -> tuple[Asset, str]:
    """Render the reference, once, and return it with its policy."""
    from app.api.reference import render_reference  # noqa: PLC0415  the template engine is loaded if somebody asks

    reference = render_reference(app.openapi())
    return make_asset("text/html", reference.body), reference.policy


def _respond(request: Request, file: Asset, general: Mapping[str, str]) -> Response:
    """Return a file, compressed if the client accepts that, or 304 if the client has it already."""
    is_gzipped = takes_gzip(request)
    sent = file.gzipped if is_gzipped else file.plain
    headers = {**general, "ETag": sent.etag}
    if is_known(request, sent.etag):
        return Response(status_code=304, headers=headers)
    if is_gzipped:
        headers["Content-Encoding"] = "gzip"
    return Response(sent.body, headers=headers, media_type=file.media_type)
