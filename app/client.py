"""A client of a running server, for the `--url` of the commands."""

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, TypeVar

import httpx
from pydantic import BaseModel

from app.errors import ServerRefused, ServerUnreachable
from app.predictions.schemas import BatchBody
from app.reports.forms import MEDIA_TYPES, Form
from app.reports.schemas import ReportBody

Body = TypeVar("Body", bound=BaseModel)

_BASE_HINT = "Check that a Fullcount service runs at that URL; --url is its base, such as http://localhost:8000."

TIMEOUT = httpx.Timeout(10.0, read=None, write=None)
"""Ten seconds to connect; an evaluation may take as long as it needs."""


def predict(url: str, paths: Sequence[Path], query: dict[str, Any]) -> BatchBody:
    """Send images as one batch.

    Raises:
        ServerUnreachable: If no service answers, or the answer is not a Fullcount service's.
        ServerRefused: If the answer is a problem.
    """
    with ExitStack() as stack:
        files = [("files", (str(path), stack.enter_context(path.open("rb")))) for path in paths]
        return _post(f"{url}/predict/batch", query, BatchBody, files=files)


def evaluate(
    url: str,
    path: Path,
    query: dict[str, Any],
    on_progress: Callable[[int, int], None] = lambda *_: None,
    corrections: Path | None = None,
) -> ReportBody:
    """Send a labelled zip.

    Args:
        url: The base of the service.
        path: The zip.
        query: Parameters; those that are None are left out.
        on_progress: Called from time to time with the number of image files that are done, and their total.
        corrections: The file of corrections, if there is one.

    Raises:
        ServerUnreachable: If no service answers, or the answer is not a Fullcount service's.
        ServerRefused: If the answer is a problem.
    """
    headers = {"Accept": MEDIA_TYPES["jsonl"]}
    parts = {"file": path} | ({} if corrections is None else {"corrections": corrections})
    with ExitStack() as stack, server_errors(url):
        files = [(field, (part.name, stack.enter_context(part.open("rb")))) for field, part in parts.items()]
        with httpx.stream(
            "POST", f"{url}/evaluate", params=known(query), files=files, headers=headers, timeout=TIMEOUT
        ) as response:
            if response.is_error:
                response.read()
                raise refusal(response)
            for line in response.iter_lines():
                event = json.loads(line)
                if event["event"] == "progress":
                    on_progress(event["done"], event["total"])
                elif event["event"] == "report":
                    return ReportBody.model_validate(event["report"])
                else:
                    problem = event["problem"]
                    raise ServerRefused(problem["title"], problem["detail"], hint=problem.get("hint"))
    raise ServerUnreachable(url, "its answer ended before the report")


def rendered(url: str, report: ReportBody, form: Form) -> bytes:
    """Fetch a report that the server stored, in another form.

    Args:
        url: The base of the service.
        report: The report, as the server sent it.
        form: The form to fetch.

    Raises:
        ServerUnreachable: If no service answers, or the answer does not have the form.
        ServerRefused: If the answer is a problem, or the server did not store the report.
    """
    if not report.stored:
        hint = "Set FULLCOUNT_EVALUATIONS_DIR on the server to a writable directory, or use --format json."
        raise ServerRefused(
            "Report not stored", f"The server stores no reports, so it cannot send one as {form}.", hint=hint
        )
    with server_errors(url):
        headers = {"Accept": MEDIA_TYPES[form]}
        response = httpx.get(f"{url}/evaluations/{report.id}", headers=headers, timeout=TIMEOUT)
        if response.is_error:
            raise refusal(response)
        if not response.headers["content-type"].startswith(MEDIA_TYPES[form]):
            raise ServerUnreachable(url, f"it does not support the form {form}; it may be an earlier release")
        return response.content


def _post(url: str, query: dict[str, Any], answer: type[Body], **body: Any) -> Body:  # noqa: ANN401  as httpx
    with server_errors(url):
        response = httpx.post(url, params=known(query), timeout=TIMEOUT, **body)
        if response.is_error:
            raise refusal(response)
        return answer.model_validate_json(response.content)


@contextmanager
def server_errors(url: str) -> Iterator[None]:
    """Turn errors of the connection and of parsing the answer into `ServerUnreachable` while the block runs."""
    try:
        yield
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise ServerUnreachable(url, str(error) or type(error).__name__) from error
    except (ValueError, KeyError, TypeError) as error:  # pydantic's is a ValueError
        raise ServerUnreachable(url, "the answer is not a Fullcount service's") from error


def known(query: dict[str, Any]) -> dict[str, Any]:
    """Return the parameters that are not None."""
    return {name: value for name, value in query.items() if value is not None}


def refusal(response: httpx.Response) -> ServerRefused:
    """Return the error that a response is."""
    try:
        problem = response.json()
        hint = _BASE_HINT if problem["type"] == "/problems/not-found" else problem.get("hint")
        return ServerRefused(problem["title"], problem["detail"], hint=hint)
    except (ValueError, KeyError, TypeError):  # the answer is not a Fullcount service's
        return ServerRefused(f"HTTP {response.status_code}", f"{response.reason_phrase}.", hint=_BASE_HINT)
