"""A real server under attack, with one worker and two: after each attack it answers as before and holds no more.

Two workers, longer and more of the same are for `make test-thorough`.
"""

import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from benchmarks.attack.process_tree import MIB, memory_bytes
from tests.attack.samples import labelled_zip
from tests.process.test_server import Server, started
from tests.process.test_workers import said, wait_until
from tests.support.fakes import LABELS, grey, publish

LIMIT_MIB = 600
"""What the whole service may use."""
BACK_MIB = 60
SETTLES_S = 20
ZIP = {"content-type": "application/zip"}


WORKERS = [
    pytest.param(1, id="one worker"),
    pytest.param(2, id="two workers", marks=pytest.mark.thorough),
]


@pytest.fixture(scope="module", params=WORKERS)
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Run a server whose patience is short, and that has done everything once."""
    store = tmp_path_factory.mktemp("store")
    publish(store)
    settings = {"workers": str(request.param), "memory_mib": str(LIMIT_MIB), "body_timeout_s": "1"}
    with started(store, evaluations_dir=str(store.parent / "reports"), **settings) as server:
        wait_until(lambda: said(server, "is ready") >= request.param)
        warm_up(server)
        yield server
        assert server.stop() == 0
        assert server.errors() == []


@pytest.fixture(autouse=True)
def unharmed(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fail a test after which a good picture has another answer, or the memory does not come back."""
    if "server" not in request.fixturenames:
        yield
        return
    server: Server = request.getfixturevalue("server")
    before, answer = memory_bytes(server.process.pid), good_answer(server)
    yield
    bound, end = before + BACK_MIB * MIB, time.monotonic() + SETTLES_S
    while memory_bytes(server.process.pid) > bound:
        assert time.monotonic() < end, f"{(memory_bytes(server.process.pid) - before) // MIB} MiB more than before"
        assert good_answer(server) == answer  # the service goes on meanwhile
    assert good_answer(server) == answer


@pytest.fixture
def reports(server: Server) -> Path:
    """Return the folder of the stored reports."""
    return Path(server.environment["FULLCOUNT_EVALUATIONS_DIR"])


def warm_up(server: Server) -> None:
    for _ in range(4):
        good_answer(server)
        assert evaluate(server, labelled_zip(LABELS)).status_code == 200


def good_answer(server: Server) -> str:
    response = httpx.post(f"{server.url}/predict", content=grey(204), timeout=10)
    assert response.status_code == 200, response.text
    return response.text


def evaluate(server: Server, data: bytes, **headers: str) -> httpx.Response:
    return httpx.post(f"{server.url}/evaluate", content=data, headers=ZIP | headers, timeout=60)
