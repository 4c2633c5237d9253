"""Asking a running server, for the `--url` of the command line."""

from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, TypeVar

import httpx
from pydantic import BaseModel, ValidationError

from app.errors import ServerRefused, ServerUnreachable
from app.schemas import BatchBody, EvaluationBody

Body = TypeVar("Body", bound=BaseModel)

_BASE_HINT = "Is a Fullcount service at that URL? --url takes its base, as http://localhost:8000."
_TIMEOUT = httpx.Timeout(10.0, read=None, write=None)
"""Seconds to connect; an evaluation may take as long as it takes."""


def predict(url: str, paths: Sequence[Path], query: dict[str, Any]) -> BatchBody:
    """Send images as one batch.

    Raises:
        ServerUnreachable, ServerRefused: There is no answer, or a problem.
    """
    with ExitStack() as stack:
        files = [("files", (str(path), stack.enter_context(path.open("rb")))) for path in paths]
        return _post(f"{url}/predict/batch", query, BatchBody, files=files)


def evaluate(url: str, path: Path, query: dict[str, Any]) -> EvaluationBody:
    """Send a labelled zip.

    Raises:
        ServerUnreachable, ServerRefused: There is no answer, or a problem.
    """
    with path.open("rb") as file:
        return _post(f"{url}/evaluate", query, EvaluationBody, files=[("file", (path.name, file))])


def _post(url: str, query: dict[str, Any], answer: type[Body], **body: Any) -> Body:  # noqa: ANN401  as httpx
    known = {name: value for name, value in query.items() if value is not None}
    try:
        response = httpx.post(url, params=known, timeout=_TIMEOUT, **body)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise ServerUnreachable(url, str(error) or type(error).__name__) from error
    if response.is_error:
        raise _refusal(response)
    try:
        return answer.model_validate_json(response.content)
    except ValidationError as error:
        raise ServerUnreachable(url, "what answers there is no Fullcount service") from error


def _refusal(response: httpx.Response) -> ServerRefused:
    try:
        problem = response.json()
        hint = _BASE_HINT if problem["type"] == "/problems/not-found" else problem.get("hint")
        return ServerRefused(problem["title"], problem["detail"], hint=hint)
    except (ValueError, KeyError, TypeError):  # something else than the service answered
        return ServerRefused(f"HTTP {response.status_code}", f"{response.reason_phrase}.", hint=_BASE_HINT)
