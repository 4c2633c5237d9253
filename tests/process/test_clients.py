"""Slow and greedy clients of the real process: unread answers, too many connections, requests by the thousand."""

import contextlib
import json
import re
import socket
import time
from collections.abc import Iterator

import httpx
import pytest

from tests.process.test_server import Server, answer, head, post, settle, started
from tests.support.fakes import grey, publish, zip_of

MIB = 1 << 20
ZIP = "content-type: application/zip"
IN_PROGRESS = "fullcount_requests_in_progress"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Run a server with short patience; it must have logged no error by the end."""
    store = tmp_path_factory.mktemp("store")
    publish(store)
    limits = {"body_timeout_s": "1", "max_evaluations": "2", "max_connections": "100", "max_report_reads": "70"}
    with started(store, **limits) as server:
        server.wait_for("is ready")
        yield server
        assert server.stop() == 0
        assert server.errors() == []


@pytest.fixture(scope="module")
def large_set() -> bytes:
    """Make a zip whose report has 3 MB."""
    names = {f"x/{'n' * 240}{number}.txt": b"" for number in range(12_000)}
    return zip_of({"dark/1.png": grey(3), "light/1.png": grey(250), **names})


@pytest.fixture(scope="module")
def report(server: Server, large_set: bytes) -> dict[str, object]:
    response = httpx.post(f"{server.url}/evaluate", content=large_set, headers=dict([ZIP.split(": ")]), timeout=60)
    assert response.status_code == 200
    return response.json()  # type: ignore[no-any-return]


def unread(server: Server, request: bytes) -> socket.socket:
    """Send a request whose answer will not be read."""
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    connection.settimeout(60)
    connection.connect(("127.0.0.1", server.port))
    connection.sendall(request)
    return connection


@contextlib.contextmanager
def many(server: Server, count: int, request: bytes) -> Iterator[list[socket.socket]]:
    connections = [unread(server, request) for _ in range(count)]
    try:
        yield connections
    finally:
        for one in connections:
            one.close()


def cut_off(connection: socket.socket) -> bool:
    """Return whether a connection ends before its answer does."""
    data = b""
    with contextlib.suppress(ConnectionError):
        while piece := connection.recv(MIB):
            data += piece
    return int(re.search(rb"content-length: (\d+)", data)[1]) > len(data)  # type: ignore[index]


def test_unread_reports_take_no_memory_and_are_cut_off(server: Server, report: dict[str, object]) -> None:
    request = head(f"/evaluations/{report['id']}", method="GET")
    before = server.resident_kb()
    with many(server, 60, request) as connections:
        settle(server, IN_PROGRESS, 61)
        assert server.resident_kb() - before < 40 * 1024  # one of them has 3 MB
        assert httpx.get(f"{server.url}/health/ready").status_code == 200
        settle(server, IN_PROGRESS, 1)
        assert all(map(cut_off, connections))
    assert any("read too little of its answer" in line for line in server.lines)


def test_one_reader_of_reports_too_many_is_refused(server: Server, report: dict[str, object]) -> None:
    with many(server, 70, head(f"/evaluations/{report['id']}", method="GET")):
        settle(server, IN_PROGRESS, 71)
        refused = httpx.get(f"{server.url}/evaluations")
        assert (refused.status_code, refused.json()["type"]) == (503, "/problems/overloaded")
        assert httpx.get(f"{server.url}/health/ready").status_code == 200
        settle(server, IN_PROGRESS, 1)
    assert httpx.get(f"{server.url}/evaluations").status_code == 200


def test_jobs_whose_lines_nobody_reads_end(server: Server, large_set: bytes) -> None:
    request = post("/evaluate", large_set, ZIP, "accept: application/jsonl")
    with many(server, 2, request):
        settle(server, IN_PROGRESS, 3)
        settle(server, IN_PROGRESS, 1)
        form = {"file": ("a.zip", zip_of({"dark/1.png": grey(3)}))}
        assert httpx.post(f"{server.url}/evaluate", files=form).status_code == 200


def test_a_slow_reader_gets_the_whole_report(server: Server, report: dict[str, object]) -> None:
    with server.connect() as connection:
        connection.sendall(head(f"/evaluations/{report['id']}", "connection: close", method="GET"))
        data, began = b"", time.monotonic()
        while time.monotonic() - began < 4:  # four times the timeout
            data += connection.recv(64 * 1024)
            time.sleep(0.1)
        while piece := connection.recv(MIB):
            data += piece
    assert json.loads(data.partition(b"\r\n\r\n")[2]) == report


def test_idle_connections_make_room_for_new_ones(server: Server) -> None:
    with many(server, 150, b"GET /health/live HTTP/1.1\r\nhost: x\r\n") as connections:  # their heads are not complete
        assert httpx.get(f"{server.url}/health/ready").status_code == 200
        connections[-1].sendall(b"\r\n")
        assert answer(connections[-1])[0] == 200
        assert connections[0].recv(1) == b""


def test_one_connection_too_many_is_refused_at_once(server: Server, report: dict[str, object]) -> None:
    url = server.url  # read before, since the log is read for it
    with many(server, 70, head(f"/evaluations/{report['id']}", method="GET")), contextlib.ExitStack() as stack:
        settle(server, IN_PROGRESS, 71)
        body = head("/predict", "content-length: 100")
        for _ in range(30):
            stack.enter_context(unread(server, body))
        with socket.create_connection(httpx.URL(url).netloc.decode().split(":"), timeout=60) as refused:  # type: ignore[arg-type]
            status, problem = answer(refused)
    assert (status, problem["type"]) == (503, "/problems/overloaded")
    settle(server, IN_PROGRESS, 1)


def test_requests_that_do_not_wait_for_answers_are_limited(server: Server) -> None:
    before = server.resident_kb()
    flood = head("/health/live", method="GET") * 20_000
    for _ in range(5):
        with server.connect() as connection, contextlib.suppress(ConnectionError):
            connection.sendall(flood)
            while connection.recv(MIB):
                pass
    assert server.resident_kb() - before < 30 * 1024
    assert httpx.get(f"{server.url}/health/ready").status_code == 200


def test_a_head_of_many_short_headers_is_refused(server: Server) -> None:
    with server.connect() as connection:
        connection.sendall(head("/health/live", *(f"x{number}: y" for number in range(200)), method="GET"))
        status, problem = answer(connection)
    assert (status, problem["type"]) == (431, "/problems/head-too-large")
