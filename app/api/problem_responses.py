"""Problems as HTTP responses: every error of an application becomes one."""

import logging
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response

from app.problems import BY_STATUS, INVALID, MEDIA_TYPE, TYPES, ProblemBody, ProblemType, problem_of, retry_after_s
from model_store.text import printable

log = logging.getLogger(__name__)

REQUEST_ID_KEY: Final = "fullcount.request_id"
"""The key of the request id in the ASGI scope."""
MAX_PATH: Final = 200
"""Characters of a path that a detail repeats."""
MAX_METHOD: Final = 20
"""Characters of a method that a detail repeats."""


def install(app: FastAPI) -> None:
    """Make every error of an application a problem.

    The framework runs a handler of `Exception` itself outside every middleware, where the response would have no id and
    would not be counted; `middleware` handles it instead.
    """

    async def on_http_error(request: Request, error: Exception) -> Response:
        if not isinstance(error, HTTPException):
            raise TypeError
        kind = BY_STATUS.get(error.status_code, ProblemType("http-error", error.status_code, "HTTP error"))
        return _response(request, kind.body(_detail(request, error)), error.headers)

    async def on_validation_error(request: Request, error: Exception) -> Response:
        if not isinstance(error, RequestValidationError):
            raise TypeError
        wrong = [f"{'.'.join(map(str, fault['loc'][1:]))}: {fault['msg']}" for fault in error.errors()]
        return _response(request, INVALID.body(f"{'; '.join(wrong)}.", errors=wrong))

    app.add_exception_handler(HTTPException, on_http_error)
    app.add_exception_handler(RequestValidationError, on_validation_error)
    handled: list[type[Exception]] = [OSError, MemoryError, *TYPES]
    for error_class in handled:
        app.add_exception_handler(error_class, answer)


def _detail(request: Request, error: HTTPException) -> str:
    """Return the detail of an error of the framework; its own names neither path nor method."""
    path = printable(request.scope["path"])
    path = path if len(path) <= MAX_PATH else f"{path[:MAX_PATH]}…"
    if (error.status_code, error.detail) == (404, HTTPStatus.NOT_FOUND.phrase):
        return f"The path '{path}' does not exist."
    if error.status_code == 405:
        allowed = (error.headers or {}).get("Allow")
        use = f"; use {allowed}" if allowed else ""
        return f"The method {printable(request.method)[:MAX_METHOD]} is not allowed for '{path}'{use}."
    return f"{error.detail.rstrip('.')}."


async def answer(request: Request, error: Exception) -> Response:
    """Return the response for an error; a server error is logged."""
    wait_s = retry_after_s(error)
    return _response(request, _logged(request, error), None if wait_s is None else {"Retry-After": str(wait_s)})


def content_of(request: Request, error: Exception) -> dict[str, Any]:
    """Return the problem for an error that occurred after the response began; a server error is logged."""
    return _content(request, _logged(request, error))


def request_id(request: Request) -> str | None:
    """Return the id of a request."""
    value = request.scope.get(REQUEST_ID_KEY)
    return value if isinstance(value, str) else None


def _response(request: Request, body: ProblemBody, headers: Mapping[str, str] | None = None) -> Response:
    return JSONResponse(_content(request, body), body.status, headers, media_type=MEDIA_TYPE)


def _content(request: Request, body: ProblemBody) -> dict[str, Any]:
    return body.model_dump(exclude_none=True) | {"instance": request_id(request)}


def _logged(request: Request, error: Exception) -> ProblemBody:
    body = problem_of(error)
    if body.status == 500:
        log.error("request %s failed", request_id(request), exc_info=error)
    return body
