"""Problem responses."""

import logging
from collections.abc import Mapping
from typing import Any, Final

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response

from app import errors
from app.problems import BY_STATUS, INVALID, MEDIA_TYPE, TYPES, ProblemBody, ProblemType, _body, _told, problem_of

log = logging.getLogger(__name__)

REQUEST_ID_KEY: Final = "fullcount.request_id"
"""Where the request id lies in the ASGI scope."""


def install(app: FastAPI) -> None:
    """Make every error of an application a problem."""

    async def on_http_error(request: Request, error: Exception) -> Response:
        if not isinstance(error, HTTPException):
            raise TypeError
        kind = BY_STATUS.get(error.status_code, ProblemType("http-error", error.status_code, "HTTP error"))
        return _response(request, kind, _body(kind, f"{error.detail.rstrip('.')}."), error.headers)

    async def on_validation_error(request: Request, error: Exception) -> Response:
        if not isinstance(error, RequestValidationError):
            raise TypeError
        wrong = [f"{'.'.join(map(str, one['loc'][1:]))}: {one['msg']}" for one in error.errors()]
        return _response(request, INVALID, _body(INVALID, f"{'; '.join(wrong)}.", errors=wrong))

    app.add_exception_handler(HTTPException, on_http_error)
    app.add_exception_handler(RequestValidationError, on_validation_error)
    handled: list[type[Exception]] = [OSError, MemoryError, *TYPES]
    for one in handled:
        app.add_exception_handler(one, answer)


async def answer(request: Request, error: Exception) -> Response:
    """Answer a request with the problem that an error is; an error of ours is logged.

    Of `Exception` itself `middleware` takes care: the framework's own place for it lies outside every middleware, where
    the answer would have no id and not be counted.
    """
    error = _told(error)
    kind, body = _logged(request, error)
    retry = {"Retry-After": str(error.retry_after_s)} if isinstance(error, errors.Unavailable) else {}
    return _response(request, kind, body, retry)


def content_of(request: Request, error: Exception) -> dict[str, Any]:
    """Describe the error that a request met when its answer had begun; an error of ours is logged."""
    return _content(request, _logged(request, error)[1])


def request_id(request: Request) -> str | None:
    """Return the id of a request."""
    value = request.scope.get(REQUEST_ID_KEY)
    return value if isinstance(value, str) else None


def _response(
    request: Request, kind: ProblemType, body: ProblemBody, headers: Mapping[str, str] | None = None
) -> Response:
    return JSONResponse(_content(request, body), kind.status, headers, media_type=MEDIA_TYPE)


def _content(request: Request, body: ProblemBody) -> dict[str, Any]:
    return body.model_dump(exclude_none=True) | {"instance": request_id(request)}


def _logged(request: Request, error: Exception) -> tuple[ProblemType, ProblemBody]:
    kind, body = problem_of(error)
    if kind.status == 500:
        log.error("request %s failed", request_id(request), exc_info=error)
    return kind, body
