"""Clients that send without end, never read, or ask for much: nobody waits for them, nothing is kept for them."""

import itertools
import json
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx
import pytest

from benchmarks.attack.process_tree import MIB, watched
from model_store.storage.reports import ReportStore
from tests.attack.conftest import LIMIT_MIB, evaluate, good_answer
from tests.attack.samples import labelled_zip
from tests.process.test_server import Server, head
from tests.support.fakes import LABELS, grey, zip_of

SOON_S = 8.0
REPORTS = 300


@contextmanager
def unread(server: Server, requests: list[bytes]) -> Iterator[list[socket.socket]]:
    """Send each request over a connection of its own, from which nothing is read."""
    with ExitStack() as stack:
        connections = []
        for request in requests:
            connection = stack.enter_context(socket.socket())
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            connection.connect(("127.0.0.1", server.port))
            connection.sendall(request)
            connections.append(connection)
        yield connections


def set_with_many_names(count: int) -> bytes:
    """Return a labelled set with very many files that are no images, each with a long name."""
    pictures = {f"{label}/a.png": grey(90) for label in LABELS}
    return zip_of(pictures | {f"x/{'n' * 250}{number}.txt": b"" for number in range(count)})


def soon(seconds: float = 20.0) -> Iterator[None]:
    """Yield until so many seconds are over."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        yield
        time.sleep(0.2)


def test_answers_that_nobody_reads_keep_no_place(server: Server) -> None:
    data = set_with_many_names(20_000)
    accept = ("accept: application/jsonl", "content-type: application/zip", f"content-length: {len(data)}")
    with unread(server, [head("/evaluate", *accept) + data] * 4) as connections:
        for connection in connections:
            assert connection.recv(1)  # it is being answered
        assert any(evaluate(server, labelled_zip(LABELS)).status_code == 200 for _ in soon())


def test_reports_that_nobody_reads_are_not_kept_in_memory(server: Server) -> None:
    report = evaluate(server, set_with_many_names(20_000)).json()["id"]
    with watched(server.process.pid) as peak, unread(server, [head(f"/evaluations/{report}", method="GET")] * 60):
        for _ in soon(5):
            good_answer(server)
    assert peak.more_mib < 150


def test_many_ask_for_the_list_of_very_many_reports(server: Server, reports: Path) -> None:
    text = json.dumps(evaluate(server, set_with_many_names(500)).json())
    store = ReportStore(reports, reports)
    for number in range(REPORTS):
        store.put(f"01M8NA{number:020}", "shades", 1, text)
    began = time.monotonic()
    with ThreadPoolExecutor(41) as pool:
        lists = [pool.submit(httpx.get, f"{server.url}/evaluations?limit=1000", timeout=120) for _ in range(40)]
        slowest = 0.0
        for _ in range(10):
            asked = time.monotonic()
            good_answer(server)
            slowest = max(slowest, time.monotonic() - asked)
    assert {one.result().status_code for one in lists} <= {200, 503}
    assert slowest < SOON_S / 2
    assert time.monotonic() - began < 3 * SOON_S


def test_unfinished_uploads_stay_within_the_memory_and_stop_nobody(server: Server) -> None:
    data = bytes(31 * MIB)
    requests = [head("/predict", f"content-length: {len(data) + 1}", "content-type: image/png")] * 60

    def upload(connection: socket.socket) -> None:
        connection.settimeout(20)
        try:
            connection.sendall(data)
        except OSError:  # refused, or not taken in time
            return

    with watched(server.process.pid) as peak, unread(server, requests) as connections, ThreadPoolExecutor(60) as pool:
        for connection in connections:
            pool.submit(upload, connection)
        slowest = 0.0
        for _ in range(10):
            began = time.monotonic()
            good_answer(server)
            slowest = max(slowest, time.monotonic() - began)
            time.sleep(0.2)
        for connection in connections:
            connection.shutdown(socket.SHUT_RDWR)
    assert peak.most < LIMIT_MIB * MIB
    assert slowest < SOON_S / 2


@pytest.mark.parametrize("bodies", [12, pytest.param(60, marks=pytest.mark.thorough)])
def test_broken_bodies_leave_nothing_behind(server: Server, bodies: int) -> None:
    pictures = itertools.cycle(grey(9, name) for name in ("PNG", "JPEG", "WEBP", "TIFF", "GIF", "BMP"))
    for picture in itertools.islice(pictures, bodies):
        body = picture[: len(picture) * 2 // 3] + bytes(30_000_000)
        assert httpx.post(f"{server.url}/predict", content=body, timeout=60).status_code in {200, 422}


def test_very_many_heads_without_an_end_stop_nobody(server: Server) -> None:
    beginning = head("/predict", "content-length: 5")[:-2]
    with unread(server, [beginning] * 400):
        began = time.monotonic()
        good_answer(server)
        assert time.monotonic() - began < SOON_S / 2


def test_a_connection_that_ends_with_several_requests_under_way_is_no_failure_of_the_service(server: Server) -> None:
    requests = head("/evaluations", method="GET") * 2 + b"this is no request\r\n\r\n"
    for _ in range(5):
        with unread(server, [requests]) as (connection,):
            while connection.recv(1000):  # until it is closed
                pass
    good_answer(server)
    assert server.errors() == []
