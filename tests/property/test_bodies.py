"""Hundreds of random and damaged requests to each route: an answer or a problem, never an error of ours, never a hang.

Requests are made of raw bytes, as no client library would send them. Each is made from its number alone, so that a
failure can be repeated: `send(ROUTES[…], number)`.
"""

import asyncio
import json
import os
import random
import threading
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import NamedTuple

import pytest
from starlette.types import Message, Scope

from app.main import create_app
from app.problems import MEDIA_TYPE
from app.settings import Settings
from tests.support.examples import times
from tests.support.fakes import FakeFactory, grey, publish, zip_of

COUNT = times(200)
IMAGES = [grey(level, form) for level, form in enumerate(["PNG", "JPEG", "GIF", "WEBP", "BMP", "TIFF"])]
ZIPS = [zip_of({"dark/1.png": IMAGES[0], "light/2.jpg": IMAGES[1], "__MACOSX/x": b"", "t/": b""}), zip_of({})]
DISPOSITIONS = [
    'form-data; name="{field}"; filename="a.png"',
    'form-data; name="{field}"',
    "form-data; name={field}; filename=a.png; filename=b.png",
    'form-data; name="{field}"; filename=""',
    "form-data; name=\"{field}\"; filename*=utf-8''%e2%82%ac.png",
    "form-data; name=\"{field}\"; filename*=utf-7''%2B2AA-",
    "form-data; name*=latin-9''{field}; filename=x",
    'form-data; filename="a.png"',
    'attachment; name="{field}"; filename="../../etc/passwd"',
    'form-data; name="{field}"; filename="\xff\xfe\x00"',
    'form-data; name="{field}"; filename="a\\"; x=\\"',
    "form-data; name",
    ";;;=",
    "",
]
MEDIA_TYPES = [
    "",
    "image/png",
    "application/zip",
    "application/octet-stream",
    "application/x-www-form-urlencoded",
    "application/json",
    "text/plain; charset=\xff",
    "multipart/form-data",
    "multipart/form-data; boundary=",
    "multipart/form-data; boundary=b; charset=utf-16",
    "multipart/form-data; boundary=b; charset=undefined",
    "multipart/form-data; boundary=\xe9",
    "multipart/mixed; boundary=b",
    "MULTIPART/FORM-DATA; BOUNDARY=b",
    "\x7f;;==",
]
QUERIES = [b"", b"top_k=1", b"top_k=%00", b"model=%ff%fe", b"model=shades&version=1", b"version=1e5", b"\xff=\xff&&;=%"]
ACCEPTS = [b"*/*", b"application/jsonl", b"\xff", b",,;q=,", b"application/jsonl;q=0"]


class Request(NamedTuple):
    """What is sent."""

    path: str
    query: bytes
    headers: list[tuple[bytes, bytes]]
    pieces: list[bytes]


class Answer(NamedTuple):
    """What came back."""

    status: int
    headers: dict[bytes, bytes]
    body: bytes


def damaged(data: bytes, dice: random.Random) -> bytes:
    """Change, drop, repeat or insert a few bytes; sometimes nothing."""
    changed = bytearray(data)
    for _ in range(dice.choice([0, 0, 1, 1, 3, 10])):
        at = dice.randrange(len(changed) + 1)
        action = dice.randrange(4)
        if action == 0:
            changed[at : at + 1] = dice.randbytes(1)
        elif action == 1:
            del changed[at : at + dice.randrange(30)]
        elif action == 2:
            changed[at:at] = changed[at : at + dice.randrange(60)]
        else:
            changed[at:at] = dice.choice([b"\0", b"\r\n", b"--b", b"PK\x01\x02", b"\xff\xd8\xff", b"\r\n--b--\r\n"])
    return bytes(changed)


def form_of(field: str, dice: random.Random) -> bytes:
    """A form of up to four parts, some with odd headers."""
    parts = []
    for _ in range(dice.randrange(5)):
        disposition = dice.choice(DISPOSITIONS[: dice.choice([1, len(DISPOSITIONS)])])
        lines = [f"Content-Disposition: {disposition.format(field=dice.choice([field, field, 'other']))}"]
        lines += [f"X-{number}: {'y' * dice.choice([1, 5000])}" for number in range(dice.choice([0, 0, 1, 9]))]
        head = "\r\n".join(lines).encode("latin-1")
        parts.append(b"--b\r\n" + head + b"\r\n\r\n" + damaged(dice.choice([*IMAGES, *ZIPS, b""]), dice) + b"\r\n")
    return b"".join(parts) + b"--b--\r\n"


def request_of(path: str, field: str, number: int) -> Request:
    """Make the request of a number."""
    dice = random.Random(f"{path} {number}")
    media_type = dice.choice(MEDIA_TYPES)
    make: Callable[[], bytes] = dice.choice(
        [
            lambda: dice.randbytes(dice.randrange(300)),
            lambda: damaged(dice.choice(IMAGES), dice),
            lambda: damaged(dice.choice(ZIPS), dice),
            lambda: form_of(field, dice),
            lambda: damaged(form_of(field, dice), dice),
        ]
    )
    body = make()
    if b"--b" in body[:3] and dice.random() < 0.7:
        media_type = "multipart/form-data; boundary=b"
    cuts = sorted(dice.randrange(len(body) + 1) for _ in range(dice.randrange(4)))
    pieces = [body[start:end] for start, end in zip([0, *cuts], [*cuts, len(body)], strict=True)]
    headers = [(b"content-type", media_type.encode("latin-1")), (b"accept", dice.choice(ACCEPTS))]
    if dice.random() < 0.3:
        headers.append((b"x-request-id", dice.randbytes(9)))
    if dice.random() < 0.3:
        headers.append((b"content-length", str(len(body) * dice.choice([1, 1, 1, 10**9])).encode()))
    return Request(path, dice.choice(QUERIES), headers, pieces)


class Harness:
    """Speaks ASGI with an application."""

    def __init__(self, app: Callable[..., object]) -> None:
        self.app = app

    async def send(self, request: Request) -> Answer:
        """Send a request and wait for its whole answer; the client stays connected."""
        waiting = [{"body": piece, "more_body": True} for piece in request.pieces] + [{"body": b"", "more_body": False}]
        got: list[Message] = []

        async def receive() -> Message:
            if not waiting:
                await asyncio.Event().wait()
            return {"type": "http.request", **waiting.pop(0)}

        async def send(message: Message) -> None:
            got.append(message)

        scope: Scope = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": "1.1",
            "method": "POST",
            "scheme": "http",
            "path": request.path,
            "raw_path": request.path.encode(),
            "query_string": request.query,
            "headers": request.headers,
        }
        await self.app(scope, receive, send)  # type: ignore[misc]
        start, *bodies = got
        return Answer(start["status"], dict(start["headers"]), b"".join(one.get("body", b"") for one in bodies))


def check(answer: Answer) -> None:
    """An answer in one of our forms, with the request's id."""
    assert answer.status in {200, 400, 404, 413, 415, 422, 503}
    assert len(answer.headers[b"x-request-id"]) <= 128
    media_type = answer.headers[b"content-type"].decode()
    bodies = [json.loads(line) for line in answer.body.splitlines()]
    if answer.status == 200:
        assert media_type in {"application/json", "application/jsonl"}
        told = {"predictions", "results", "accounting", "error"}
        assert all(told & one.keys() or one.get("event") in {"progress", "report"} for one in bodies)
    else:
        assert media_type == MEDIA_TYPE
        assert bodies[0]["instance"] == answer.headers[b"x-request-id"].decode()


@pytest.fixture
async def harness(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Harness]:
    publish(tmp_path / "store")
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    app = create_app(Settings(store=tmp_path / "store", max_archive_entries=20), make_engine=FakeFactory())
    async with app.router.lifespan_context(app):
        await asyncio.gather(*(task for task in asyncio.all_tasks() if task.get_name() == "load models"))
        yield Harness(app)


POOLS = {"image", "image-background", "engine", "file", "loader", "AnyIO worker thread", "asyncio"}
"""Threads that wait for work, or for a decoding process to end."""
ROUTES = {"/predict": "file", "/predict/batch": "files", "/evaluate": "file"}


@pytest.mark.parametrize("path", ROUTES)
async def test_whatever_is_sent_is_answered(harness: Harness, path: str) -> None:
    statuses = set()
    for number in range(COUNT):
        try:
            answer = await asyncio.wait_for(harness.send(request_of(path, ROUTES[path], number)), 10)
            check(answer)
        except BaseException as error:
            error.add_note(f"request {number} to {path}: {request_of(path, ROUTES[path], number)}")
            raise
        statuses.add(answer.status)
    assert statuses >= {200, 400, 404, 413, 415, 422}


async def test_nothing_is_left_of_damaged_requests(harness: Harness, tmp_path: Path) -> None:
    before = {one.name for one in threading.enumerate()}

    async def send(*numbers: int) -> None:
        for path, field in ROUTES.items():
            for number in numbers:
                await harness.send(request_of(path, field, number))

    await send(*range(40))  # every thread has been started now
    tasks, files = asyncio.all_tasks(), len(os.listdir("/proc/self/fd"))  # noqa: PTH208
    await send(*range(40, 120))
    assert asyncio.all_tasks() == tasks
    new = {one.name for one in threading.enumerate()} - before
    assert {name.split("_")[0].split("-waitpid")[0] for name in new} <= POOLS
    assert len(os.listdir("/proc/self/fd")) <= files  # noqa: PTH208
    assert await asyncio.to_thread(lambda: list(tmp_path.glob("tmp*"))) == []
    picture = Request("/predict", b"", [], [grey(204)])
    assert json.loads((await harness.send(picture)).body)["label"] == "light"
