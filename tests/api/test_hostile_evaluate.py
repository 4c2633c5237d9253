"""`POST /evaluate` with damaged archives and clients that go: an answer or a problem, and nothing is left behind."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.types import Message

from app.problems import MEDIA_TYPE
from model_store.labelled_sets.labelled_set import give_labels
from tests.api.conftest import Client, Serve
from tests.process.test_memory import open_files
from tests.property.test_fuzzed_archive import PAIRS, cases
from tests.support.fakes import FakeEngine, grey, zip_of
from tests.support.problem_shape import assert_problem

ZIP = {"content-type": "application/zip"}
BODIES = [data for seed, region in PAIRS for data in cases(seed, region)][::45]
PADDING = bytes(70_000)
"""Before an archive it does no harm, and makes a form too large to be held in memory."""
GOOD = {"dark/1.png": grey(5), "light/2.png": grey(250)}


class Written:
    """Knows every path that this process opened for writing, made, renamed or removed while it listened."""

    def __init__(self) -> None:
        self.paths: set[Path] = set()
        self._is_listening = False
        sys.addaudithook(self._hear)

    def _hear(self, event: str, args: tuple[Any, ...]) -> None:
        if not self._is_listening:
            return
        if event == "open" and isinstance(args[0], str) and args[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
            self.paths.add(Path(args[0]))
        elif event in {"os.mkdir", "os.rename", "os.remove", "os.link", "os.symlink", "os.truncate"}:
            self.paths |= {Path(os.fsdecode(one)) for one in args[:2] if isinstance(one, str | bytes)}

    @contextmanager
    def listening(self) -> Iterator[None]:
        self.paths = set()
        self._is_listening = True
        try:
            yield
        finally:
            self._is_listening = False


@pytest.fixture(scope="module")
def written() -> Written:
    return Written()


@pytest.fixture
def spool(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return an empty directory for uploads, also of forms, as the server sets it."""
    directory = tmp_path / "spool"
    directory.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(directory))
    return directory


def check(response: httpx.Response) -> None:
    """A report whose sums are right, or a problem that is the client's."""
    body = response.json()
    if response.status_code == 200:
        accounting = body["accounting"]
        assert accounting["entries"] == accounting["directories"] + accounting["ignored"] + accounting["images"]
        assert (
            accounting["images"]
            == accounting["scored"] + accounting["unreadable"]
            == sum(map(sum, body["confusion_matrix"]["counts"]))
        )
    else:
        assert response.headers["content-type"] == MEDIA_TYPE
        assert (response.status_code, body["type"]) in {
            (400, "/problems/body-empty"),
            (422, "/problems/archive-rejected"),
        }


@pytest.mark.parametrize("form", [False, True])
async def test_damaged_archives_are_evaluated_or_refused_and_nothing_is_left_of_them(
    serve: Serve, spool: Path, tmp_path: Path, written: Written, *, form: bool
) -> None:
    reports = tmp_path / "reports"
    async with serve(spool_dir=spool, evaluations_dir=reports, max_archive_entries=80) as client:
        statuses = set()
        with written.listening():
            for number, data in enumerate(BODIES):
                sent = (PADDING if number % 3 == 0 else b"") + data
                content: Any = {"files": {"file": ("a.zip", sent)}} if form else {"content": sent, "headers": ZIP}
                response = await client.post("/evaluate", **content)
                try:
                    check(response)
                except BaseException as error:
                    error.add_note(f"BODIES[{number}]")
                    raise
                statuses.add(response.status_code)
        assert statuses >= {200, 422}
        assert {path for path in written.paths if not path.is_relative_to(reports)} == {spool}
        assert_no_upload_is_left(spool)
        response = await client.post("/evaluate", content=zip_of(GOOD), headers=ZIP)
        assert response.json()["confusion_matrix"]["counts"] == [[1, 0, 0], [0, 1, 0]]


def assert_no_upload_is_left(spool: Path) -> None:
    """Files that wait on disk have no name; who holds one has it open."""
    assert list(spool.iterdir()) == []
    assert [link for link in open_files() if link.is_relative_to(spool)] == []


class Vanishing:
    """A client that sends an archive and goes when told to."""

    def __init__(self, client: Client, data: bytes, accept: str) -> None:
        self._client = client
        self._waiting: list[Message] = [{"type": "http.request", "body": data, "more_body": False}]
        self._headers = [(b"content-type", b"application/zip"), (b"accept", accept.encode())]
        self.goes = asyncio.Event()
        self.sent: list[Message] = []

    async def request(self) -> None:
        async def receive() -> Message:
            if self._waiting:
                return self._waiting.pop()
            await self.goes.wait()
            return {"type": "http.disconnect"}

        async def send(message: Message) -> None:
            self.sent.append(message)

        scope = {
            "type": "http", "asgi": {"version": "3.0", "spec_version": "2.3"}, "http_version": "1.1", "method": "POST",
            "scheme": "http", "path": "/evaluate", "raw_path": b"/evaluate", "query_string": b"",
            "headers": self._headers,
        }  # fmt: skip
        await self._client.app(scope, receive, send)


@pytest.fixture
async def busy(serve: Serve, spool: Path) -> AsyncIterator[tuple[Client, FakeEngine]]:
    """Serve one evaluation at a time with an engine that waits."""
    engine = FakeEngine()
    async with serve(engine=engine, max_evaluations=1, spool_dir=spool) as client:
        engine.gate.clear()
        yield client, engine
        engine.gate.set()


@pytest.mark.parametrize("accept", ["application/json", "application/jsonl"])
async def test_when_the_client_goes_the_evaluation_ends_within_a_second(
    busy: tuple[Client, FakeEngine], spool: Path, accept: str
) -> None:
    client, engine = busy
    before = asyncio.all_tasks()
    vanishing = Vanishing(client, zip_of({f"dark/{level}.png": grey(level) for level in range(200)}), accept)
    request = asyncio.create_task(vanishing.request())
    await asyncio.to_thread(engine.begun.wait)
    assert client.app.state.jobs.taken == 1
    vanishing.goes.set()
    await asyncio.wait_for(request, 1)  # though the engine is still busy
    assert asyncio.all_tasks() == before
    assert client.app.state.jobs.taken == 0
    assert_no_upload_is_left(spool)
    assert not any(b"report" in message.get("body", b"") for message in vanishing.sent)
    engine.gate.set()
    response = await client.post("/evaluate", content=zip_of(GOOD), headers=ZIP)
    assert response.status_code == 200
    assert sum(engine.batches) <= max(engine.batch_sizes) + len(GOOD)  # what it computed when the client went, no more


async def test_a_client_that_goes_while_its_archive_is_opened_is_forgotten_too(
    busy: tuple[Client, FakeEngine], spool: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    client, _ = busy
    before = asyncio.all_tasks()
    vanishing = Vanishing(client, zip_of(GOOD), "application/json")
    loop = asyncio.get_running_loop()

    def goes(*args: Any, **named: Any) -> Any:  # noqa: ANN401  as `give_labels`
        loop.call_soon_threadsafe(vanishing.goes.set)
        return give_labels(*args, **named)

    monkeypatch.setattr("model_store.labelled_sets.archives.archive.give_labels", goes)
    await asyncio.wait_for(vanishing.request(), 1)
    assert asyncio.all_tasks() == before
    assert client.app.state.jobs.taken == 0
    assert_no_upload_is_left(spool)


async def test_a_set_that_takes_more_memory_than_there_is_is_refused(client: Client) -> None:
    body = zip_of({"dark/1.png": grey(3)} | {f"x/{number}.txt": b"" for number in range(500)})
    client.app.state.memory.resize(300_000)
    for accept in ("application/json", "application/jsonl"):
        response = await client.post("/evaluate", content=body, headers={**ZIP, "accept": accept})
        assert_problem(response, "too-much-memory")
    assert client.app.state.memory.taken == 0
    client.app.state.memory.resize(10_000_000)
    assert (await client.post("/evaluate", content=body, headers=ZIP)).status_code == 200
    assert client.app.state.memory.taken == 0
