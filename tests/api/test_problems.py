"""Every kind of problem, reached over HTTP; and that no kind is missing here."""

import asyncio
import errno
import io
import re
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from app.errors import EngineError
from app.problems import all_types
from model_store.store import StoredVersion
from tests.api.conftest import Client, Serve
from tests.support.fakes import FakeEngine, grey, publish, zip_of
from tests.support.problem_shape import assert_problem

ZIP = {"content-type": "application/zip"}
FORM_OF_CURL = "application/x-www-form-urlencoded"
PICTURE = grey(1)
SET = zip_of({"dark/1.png": PICTURE})
Ask = Callable[[Client], Awaitable[httpx.Response]]


async def pieces(*pieces: bytes) -> AsyncIterator[bytes]:
    for piece in pieces:
        yield piece


async def stalled() -> AsyncIterator[bytes]:
    yield PICTURE
    await asyncio.Event().wait()


def form(*parts: tuple[str, bytes], boundary: str = "b", charset: str = "") -> dict[str, Any]:
    """A form from `Content-Disposition` parameters and bytes, as it lies on the wire."""
    head = "--{}\r\nContent-Disposition: form-data; {}\r\n\r\n"
    body = b"".join(head.format(boundary, name).encode("latin-1") + data + b"\r\n" for name, data in parts)
    media_type = f"multipart/form-data; boundary={boundary}{charset}"
    return {"content": body + f"--{boundary}--\r\n".encode(), "headers": {"content-type": media_type}}


def cut(sent: dict[str, Any], count: int) -> dict[str, Any]:
    """Leave out the last bytes and the end of the line before them."""
    return {**sent, "content": sent["content"][: -count - 2]}


FILE = ('name="file"; filename="a.png"', PICTURE)
BATCH_FILE = ('name="files"; filename="a.png"', PICTURE)

CASES: list[tuple[str, dict[str, object], Ask]] = [
    ("empty-body", {}, lambda c: c.post("/predict", content=b"")),
    ("empty-body", {}, lambda c: c.post("/predict", files={"file": ("a.png", b"")})),
    ("empty-body", {}, lambda c: c.post("/evaluate", content=b"", headers=ZIP)),
    ("empty-body", {}, lambda c: c.post("/evaluate", files={"file": ("a.zip", b"")})),
    ("empty-body", {}, lambda c: c.post("/predict/batch", content=b"", headers=ZIP)),
    ("missing-file", {}, lambda c: c.post("/predict", files={"image": ("a.png", PICTURE)})),
    ("missing-file", {}, lambda c: c.post("/predict", **form(('name="file"', PICTURE)))),
    ("missing-file", {}, lambda c: c.post("/predict", **form())),
    ("missing-file", {}, lambda c: c.post("/predict/batch", files={"file": ("a.png", PICTURE)})),
    ("missing-file", {}, lambda c: c.post("/evaluate", files={"files": ("a.zip", SET)})),
    ("malformed-form", {}, lambda c: c.post("/predict", content=b"x", headers={"content-type": "multipart/form-data"})),
    ("malformed-form", {}, lambda c: c.post("/predict", **form(FILE, boundary="b" * 300))),
    ("malformed-form", {}, lambda c: c.post("/predict", **form(FILE, FILE))),
    ("malformed-form", {}, lambda c: c.post("/predict", **cut(form(FILE), 1))),
    ("malformed-form", {}, lambda c: c.post("/predict/batch", **cut(form(BATCH_FILE, BATCH_FILE), 40))),
    ("malformed-form", {}, lambda c: c.post("/predict", **form(("filename=a", PICTURE)))),
    ("malformed-form", {}, lambda c: c.post("/predict", **form(*[(f"name=f{n}", b"x") for n in range(17)], FILE))),
    ("malformed-form", {}, lambda c: c.post("/predict", **form(("name=text", bytes(70_000)), FILE))),
    ("malformed-form", {}, lambda c: c.post("/predict", **form(FILE, charset="; charset=undefined"))),
    ("malformed-form", {}, lambda c: c.post("/predict", **form(FILE, charset="; charset=punycode"))),
    ("malformed-form", {}, lambda c: c.post("/evaluate", **form(FILE, charset="; charset=utf-7"))),
    ("model-not-found", {"available": ["shades"]}, lambda c: c.post("/predict?model=other", content=PICTURE)),
    ("model-not-found", {"available": ["shades"]}, lambda c: c.post("/predict?model=../..", content=PICTURE)),
    ("version-not-found", {"available": [1]}, lambda c: c.post("/predict?version=2", content=PICTURE)),
    ("version-not-found", {"available": [1]}, lambda c: c.post("/evaluate?version=2", content=SET, headers=ZIP)),
    ("evaluation-not-found", {}, lambda c: c.get("/evaluations/01J00000000000000000000000")),
    ("evaluation-not-found", {}, lambda c: c.get("/evaluations/...")),
    ("evaluation-not-found", {}, lambda c: c.get("/evaluations/*")),
    ("unsupported-media-type", {}, lambda c: c.post("/predict", content=b"{}", headers={"content-type": "text/plain"})),
    ("unsupported-media-type", {}, lambda c: c.post("/predict", json={})),
    ("unsupported-media-type", {}, lambda c: c.post("/predict", data={"file": "a"})),
    ("unsupported-media-type", {}, lambda c: c.post("/predict", content=SET, headers=ZIP)),
    ("unsupported-media-type", {}, lambda c: c.post("/predict/batch", json=[])),
    ("unsupported-media-type", {}, lambda c: c.post("/evaluate", content=SET, headers={"content-type": "image/png"})),
    ("invalid-parameter", {}, lambda c: c.post("/predict?version=0", content=PICTURE)),
    ("invalid-parameter", {}, lambda c: c.post("/predict?version=one", content=PICTURE)),
    ("invalid-parameter", {}, lambda c: c.post("/predict?top_k=9", content=PICTURE)),
    ("image-rejected", {"reason": "not-an-image"}, lambda c: c.post("/predict", content=b"hello")),
    ("image-rejected", {"reason": "truncated"}, lambda c: c.post("/predict", content=PICTURE[:-30])),
    ("image-rejected", {"reason": "too-many-pixels"}, lambda c: c.post("/predict", content=grey(1, size=(500, 500)))),
    ("archive-rejected", {"reason": "not-a-zip"}, lambda c: c.post("/evaluate", content=b"hello", headers=ZIP)),
    ("archive-rejected", {"reason": "truncated"}, lambda c: c.post("/evaluate", content=SET[:-9], headers=ZIP)),
    ("archive-rejected", {"reason": "not-a-zip"}, lambda c: c.post("/predict/batch", content=PICTURE)),
    ("archive-rejected", {"reason": "no-images"}, lambda c: c.post("/predict/batch", content=zip_of({}), headers=ZIP)),
    ("body-too-large", {"limit_bytes": 90_000}, lambda c: c.post("/predict", content=bytes(90_001))),
    ("body-too-large", {"limit_bytes": 90_000}, lambda c: c.post("/predict", content=pieces(bytes(90_000), b"x"))),
    ("body-too-large", {"limit_bytes": 90_000}, lambda c: c.post("/predict", files={"file": ("a", bytes(90_000))})),
    ("body-too-large", {"limit_bytes": 95_000}, lambda c: c.post("/predict/batch", content=bytes(95_001))),
    ("body-too-large", {"limit_bytes": 99_000}, lambda c: c.post("/evaluate", content=bytes(99_001), headers=ZIP)),
    ("body-too-large", {}, lambda c: c.post("/predict?model=other", content=bytes(90_001))),
    ("body-timeout", {}, lambda c: c.post("/predict", content=stalled())),
    ("body-timeout", {}, lambda c: c.post("/evaluate", content=stalled(), headers=ZIP)),
    ("not-found", {}, lambda c: c.get("/nowhere")),
    ("not-found", {}, lambda c: c.get("/problems/none")),
    ("method-not-allowed", {}, lambda c: c.get("/predict")),
    ("method-not-allowed", {}, lambda c: c.delete("/evaluations")),
]
"""Problem, members, request; for a service with the settings below."""

LIMITS = {
    "max_image_bytes": 90_000,
    "max_batch_bytes": 95_000,
    "max_archive_bytes": 99_000,
    "max_image_pixels": 100_000,
    "body_timeout_s": 0.05,
}
TESTS = Path(__file__).parents[1]
ELSEWHERE = {
    "model-required": "api/test_predict.py",
    "not-ready": "api/test_health.py",
    "deadline-exceeded": "api/test_deadline.py",
    "job-too-long": "api/test_deadline.py",
    "too-much-memory": "api/test_representations.py",
    "inference-failed": "api/test_predict.py",
    "records-missing": "api/test_representations.py",
    "foreign-page": "api/test_origins.py",
    "foreign-host": "api/test_origins.py",
    "corrections-rejected": "api/test_corrections.py",
    "labels-differ": "api/test_comparison.py",
    "thumbnail-not-found": "api/test_representations.py",
    "rendering-failed": "api/test_representations.py",
    "malformed-request": "process/test_server.py",
    "head-timeout": "process/test_server.py",
    "head-too-large": "process/test_server.py",
}


@pytest.mark.parametrize(("name", "members", "ask"), CASES, ids=[f"{n}-{name}" for n, (name, *_) in enumerate(CASES)])
async def test_a_bad_request_is_answered_with_its_problem(
    serve: Serve, name: str, members: dict[str, object], ask: Ask
) -> None:
    async with serve(**LIMITS) as client:
        assert_problem(await ask(client), name, **members)
        assert (await client.post("/predict", content=PICTURE)).status_code == 200


def test_every_kind_of_problem_is_reached_by_a_test() -> None:
    here = re.findall(r'"([a-z-]+)"', Path(__file__).read_text())
    elsewhere = {name for name, file in ELSEWHERE.items() if f'"{name}"' in (TESTS / file).read_text()}
    assert set(all_types()) <= {*here} - {*ELSEWHERE} | elsewhere


async def test_a_model_that_does_not_load_is_unusable_and_says_no_more(serve: Serve, store: Path) -> None:
    publish(store)

    def make(stored: StoredVersion, settings: object) -> FakeEngine:
        del settings
        if stored.manifest.version == 1:
            raise EngineError("a secret of ours")
        return FakeEngine()

    async with serve(make_engine=make) as client:
        response = await client.post("/predict?version=1", content=PICTURE)
        assert_problem(response, "model-unusable")
        assert "secret" not in response.text
        assert (await client.post("/predict", content=PICTURE)).status_code == 200


async def test_a_version_that_changed_on_disk_is_unusable(serve: Serve, store: Path) -> None:
    publish(store)
    (store / "shades" / "1" / "saved_model.pb").write_bytes(b"changed")
    async with serve() as client:
        assert_problem(await client.post("/predict?version=1", content=PICTURE), "model-unusable")


async def test_an_error_nobody_thought_of_is_internal_and_says_no_more(
    client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    client.app.state.predictor.predict = None
    problem = assert_problem(await client.post("/predict", content=PICTURE), "internal-error")
    assert "NoneType" not in str(problem)
    assert "NoneType" in caplog.text


async def test_one_image_more_than_may_wait_is_overloaded_and_told_when_to_come_back(serve: Serve) -> None:
    engine = FakeEngine()
    async with serve(engine=engine, max_queue=2) as client:
        engine.gate.clear()
        requests = [asyncio.create_task(client.post("/predict", content=grey(level))) for level in range(12)]
        await asyncio.to_thread(engine.begun.wait)
        done, waiting = await asyncio.wait(requests, timeout=0.2)
        engine.gate.set()
        for one in done:
            assert_problem(one.result(), "overloaded")
            assert one.result().headers["retry-after"] == "1"
        assert {response.status_code for response in await asyncio.gather(*waiting)} == {200}
        assert len(done) >= 8


async def test_a_service_that_stops_says_so(serve: Serve) -> None:
    engine = FakeEngine()
    async with serve(engine=engine) as client:
        engine.gate.clear()
        requests = [asyncio.create_task(client.post("/predict", content=PICTURE))]
        await asyncio.to_thread(engine.begun.wait)
        requests.append(asyncio.create_task(client.post("/predict", content=PICTURE)))
        await asyncio.wait(requests, timeout=0.2)  # the other one waits by now
        (loaded,) = client.app.state.registry.loaded().values()
        closing = asyncio.create_task(loaded.batcher.close())
        await asyncio.sleep(0)
        engine.gate.set()
        await closing
        statuses = sorted(response.status_code for response in await asyncio.gather(*requests))
        assert statuses == [200, 503]
        assert_problem(await client.post("/predict", content=PICTURE), "shutting-down")


class Full(io.RawIOBase):
    """A file on a disk without space."""

    def __init__(self, number: int) -> None:
        self.number = number

    def write(self, data: object) -> int:
        del data
        raise OSError(self.number, "No space left on device")

    def writable(self) -> bool:
        return True


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
@pytest.mark.parametrize("path", ["/evaluate", "/predict/batch"])
async def test_a_disk_without_space_for_the_upload_is_said(
    client: Client, monkeypatch: pytest.MonkeyPatch, path: str, number: int
) -> None:
    monkeypatch.setattr(tempfile, "TemporaryFile", lambda **_: Full(number))
    response = await client.post(path, content=SET, headers=ZIP)
    assert_problem(response, "no-space", hint="Free some space, or set FULLCOUNT_SPOOL_DIR to another directory.")


async def test_a_form_that_does_not_fit_on_the_disk_is_said(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("starlette.formparsers.SpooledTemporaryFile", lambda **_: Full(errno.ENOSPC))
    assert_problem(await client.post("/evaluate", files={"file": ("a.zip", SET)}), "no-space")


@pytest.mark.parametrize(
    ("method", "path", "detail"),
    [
        ("GET", "/nowhere", "The path '/nowhere' does not exist."),
        ("GET", "/a%0Ab%22", "The path '/a\\nb\"' does not exist."),
        ("GET", "/" + "a" * 300, f"The path '/{'a' * 199}…' does not exist."),
        ("DELETE", "/evaluations", "The method DELETE is not allowed for '/evaluations'; use GET."),
    ],
)
async def test_a_wrong_address_is_named(client: Client, method: str, path: str, detail: str) -> None:
    assert (await client.request(method, path)).json()["detail"] == detail


@pytest.mark.parametrize(
    ("path", "declared", "hint"),
    [
        ("/predict", FORM_OF_CURL, "With curl: -H 'Content-Type: image/jpeg'."),
        ("/evaluate", FORM_OF_CURL, "With curl: -H 'Content-Type: application/zip'."),
        ("/predict", "application/zip", "A zip goes to /predict/batch"),
        ("/evaluate", "application/x-gzip-compressed", "Declare one of: application/zip"),
    ],
)
async def test_the_hint_for_a_media_type_names_one_that_the_route_accepts(
    client: Client, path: str, declared: str, hint: str
) -> None:
    response = await client.post(path, content=b"x", headers={"content-type": declared})
    assert hint in assert_problem(response, "unsupported-media-type")["hint"]
