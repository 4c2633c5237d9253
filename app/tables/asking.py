"""Predictions of any number of files by a running server, in batches that it accepts."""

import asyncio
from collections.abc import AsyncGenerator, Iterable, Iterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from itertools import islice
from typing import Any, Final

import httpx

from app.client import TIMEOUT, known, refusal, server_errors
from app.concurrency import in_order
from app.errors import ServerBusy, ServerUnreachable
from app.predictions.schemas import BatchBody, BatchFailure
from app.problems import problem_of
from app.tables.files import FoundFile
from app.tables.outcomes import Answerer, FileAnswer
from model_store.errors import ImageRejected

BATCH_FILES: Final = 64
"""Files of one request. A server accepts 1,000 by default; small batches let others in between."""
BATCH_BYTES: Final = 32 * 2**20
"""Bytes from which a request is sent, so that a few of them fit in memory."""
AT_ONCE: Final = 2
"""Requests at the same time: the next one is uploaded while the server computes."""

_BUSY: Final = {HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.TOO_MANY_REQUESTS}
_TOO_MUCH: Final = {HTTPStatus.BAD_REQUEST, HTTPStatus.REQUEST_ENTITY_TOO_LARGE}
"""The answers to a batch that has more files, or more bytes, than the server or a proxy before it accepts."""


@dataclass(frozen=True)
class Patience:
    """How often a request is repeated that the server is too busy to answer.

    Attributes:
        tries: The greatest number of tries.
        first_wait_s: The shortest wait after the first try; it doubles with each try. The server's `Retry-After` may
            be longer.
        max_wait_s: The longest wait. A server that asks for a longer one is not asked again.
    """

    tries: int = 10
    first_wait_s: float = 1.0
    max_wait_s: float = 60.0


@dataclass(frozen=True)
class _Read:
    """A file with its bytes, or with the error that reading it met."""

    path: str
    outcome: bytes | ImageRejected


@dataclass(frozen=True)
class _Server:
    url: str
    query: dict[str, Any]
    client: httpx.AsyncClient
    patience: Patience


async def ask(
    url: str, query: dict[str, Any], files: Iterable[FoundFile], patience: Patience = Patience()
) -> AsyncGenerator[FileAnswer, None]:
    """Yield the server's answer for each file, in order.

    A batch that is too large for the server is sent in halves. A busy server is asked again after its `Retry-After`.

    Args:
        url: The base of the service.
        query: Parameters; those that are None are left out.
        files: The files, each read only when its batch is made.
        patience: How often a busy server is asked.

    Raises:
        ServerBusy: If the server is still busy after all tries.
        ServerUnreachable: If no service answers, or the answer is not a Fullcount service's.
        ServerRefused: If the answer is another problem.
    """
    async with httpx.AsyncClient(timeout=TIMEOUT) as client:
        server = _Server(url, known(query), client, patience)
        works = (_answers(server, batch) for batch in _batches(files))
        async with aclosing(in_order(works, AT_ONCE)) as batches:
            async for answers in batches:
                for answer in answers:
                    yield answer


def _batches(files: Iterable[FoundFile]) -> Iterator[list[FoundFile]]:
    remaining = iter(files)
    while batch := list(islice(remaining, BATCH_FILES)):
        yield batch


async def _answers(server: _Server, files: Sequence[FoundFile]) -> list[FileAnswer]:
    """Read files and send them whenever they have enough bytes."""
    answers: list[FileAnswer] = []
    waiting: list[_Read] = []
    size = 0
    for file in files:
        read = await asyncio.to_thread(_read, file)
        waiting.append(read)
        size += len(read.outcome) if isinstance(read.outcome, bytes) else 0
        if size >= BATCH_BYTES:
            answers += await _send(server, waiting)
            waiting, size = [], 0
    return answers + (await _send(server, waiting) if waiting else [])


def _read(file: FoundFile) -> _Read:
    try:
        return _Read(file.path, file.read())
    except ImageRejected as error:
        return _Read(file.path, error)


async def _send(server: _Server, files: Sequence[_Read]) -> list[FileAnswer]:
    """Send files as one batch, or in halves if that is too much; return their answers in order."""
    parts = [(file.path, file.outcome) for file in files if isinstance(file.outcome, bytes)]
    # Without a file that could be read, an empty one finds out which version answers.
    response = await _post(server, [("files", part) for part in parts or [("empty", b"")]])
    if response.status_code in _TOO_MUCH and len(files) > 1:
        half = len(files) // 2
        return await _send(server, files[:half]) + await _send(server, files[half:])
    with server_errors(server.url):
        if response.status_code == HTTPStatus.REQUEST_ENTITY_TOO_LARGE and parts:
            return await _too_large(server, files)
        if response.is_error:
            raise refusal(response)
        body = BatchBody.model_validate_json(response.content)
    if len(body.results) != max(len(parts), 1):
        raise ServerUnreachable(server.url, f"it answered {len(body.results)} of {len(parts)} files")
    results = iter(body.results)
    answerer = Answerer(body.model, body.version)
    return [
        FileAnswer(answerer, _failure(file.outcome) if isinstance(file.outcome, ImageRejected) else next(results))
        for file in files
    ]


async def _too_large(server: _Server, files: Sequence[_Read]) -> list[FileAnswer]:
    """Answer for one file that no request to the server may hold."""
    size = len(files[0].outcome) if isinstance(files[0].outcome, bytes) else 0
    detail = f"{files[0].path} has {size} bytes, and {server.url} accepts no request of that size."
    return await _send(server, [_Read(files[0].path, ImageRejected("too-large", detail))])


async def _post(server: _Server, files: list[tuple[str, tuple[str, bytes]]]) -> httpx.Response:
    """Send a batch, again if the server is busy.

    Raises:
        ServerBusy: If it still is after the last try, or asks for a longer wait than patience allows.
    """
    patience = server.patience
    tries, wait_s = 0, patience.first_wait_s
    while True:
        with server_errors(server.url):
            response = await server.client.post(f"{server.url}/predict/batch", params=server.query, files=files)
        tries += 1
        if response.status_code not in _BUSY:
            return response
        asked_s = _retry_after_s(response)
        if tries >= patience.tries or asked_s > patience.max_wait_s:
            raise ServerBusy(server.url, tries, str(refusal(response)), asked_s)
        await asyncio.sleep(max(asked_s, min(wait_s, patience.max_wait_s)))
        wait_s *= 2


def _retry_after_s(response: httpx.Response) -> float:
    """Return the seconds of `Retry-After`, which may be a date; 0 if it says nothing."""
    text = response.headers.get("retry-after", "").strip()
    if text.isdecimal():
        return float(text)
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return 0.0
    return max(0.0, (moment - datetime.now(UTC)).total_seconds()) if moment.tzinfo else 0.0


def _failure(error: ImageRejected) -> BatchFailure:
    return BatchFailure(index=0, filename=None, error=problem_of(error))
