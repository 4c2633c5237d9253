"""The real process, by raw sockets: clients that go, stall or send byte by byte, and an end that loses nothing."""

import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path

import httpx
import pytest

from model_store.scratch import scratch_directory
from tests.support.fakes import grey, publish, zip_of

ROOT = Path(__file__).parents[2]
PICTURE = grey(204)
WAIT_S = 60


class Server:
    """A server process and what it said."""

    def __init__(self, store: Path, **settings: str) -> None:
        names = {"store": str(store), "port": "0", "shutdown_grace_s": "5"} | settings
        environment = os.environ | {f"FULLCOUNT_{name.upper()}": value for name, value in names.items()}
        environment |= {name: value for name, value in settings.items() if name.isupper()}
        self.environment = environment
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.support.fake_server"],
            cwd=ROOT,
            env=environment,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,  # a group of its own: workers can be ended with it
        )
        self.lines: list[str] = []
        self._changed = threading.Condition()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            with self._changed:
                self.lines.append(line)
                self._changed.notify_all()
        with self._changed:
            self._changed.notify_all()

    def wait_for(self, pattern: str) -> re.Match[str]:
        """Wait until a line of the log matches."""

        def find() -> re.Match[str] | None:
            return next((found for line in self.lines if (found := re.search(pattern, line))), None)

        with self._changed:
            assert self._changed.wait_for(find, WAIT_S), f"no {pattern!r} in {self.lines}"
        found = find()
        assert found is not None
        return found

    @property
    def port(self) -> int:
        return int(self.wait_for(r"listening on http://127\.0\.0\.1:(\d+)")[1])

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=WAIT_S)

    def metric(self, line: str) -> float:
        text = httpx.get(f"{self.url}/metrics").text
        return float(next((one.split()[-1] for one in text.splitlines() if one.startswith(line)), 0))

    def resident_kb(self) -> int:
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS"))

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Ask the process to stop and return its exit code."""
        self.process.send_signal(number)
        return self.ended()

    def ended(self) -> int:
        code = self.process.wait(WAIT_S)
        self._reader.join(WAIT_S)
        return code

    def errors(self) -> list[str]:
        return [line for line in self.lines if " ERROR " in line or "Traceback" in line]


Start = Callable[..., AbstractContextManager[Server]]


@contextmanager
def started(store: Path, **settings: str) -> Iterator[Server]:
    server = Server(store, **settings)
    try:
        yield server
    finally:
        with suppress(ProcessLookupError):
            os.killpg(server.process.pid, signal.SIGKILL)
        server.ended()
        assert server.process.stderr is not None
        server.process.stderr.close()


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    store = tmp_path_factory.mktemp("store")
    publish(store)
    return store


@pytest.fixture(scope="module")
def server(store: Path) -> Iterator[Server]:
    """Run one server for the tests that leave it as it was; it must have logged no error by the end."""
    with started(store, body_timeout_s="0.5", max_evaluations="1", FAKE_DELAY_S="0.02") as server:
        server.wait_for("is ready")
        yield server
        assert server.stop() == 0  # 3 would say that TensorFlow was loaded
        assert server.errors() == []


def head(path: str, *headers: str, method: str = "POST") -> bytes:
    return "\r\n".join([f"{method} {path} HTTP/1.1", "host: localhost", *headers, "", ""]).encode()


def post(path: str, body: bytes, *headers: str) -> bytes:
    return head(path, f"content-length: {len(body)}", *headers) + body


def chunked(*pieces: bytes) -> bytes:
    return b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in (*pieces, b""))


def answer(connection: socket.socket) -> tuple[int, dict[str, object]]:
    """Read one response whose length is declared; every one tells browsers what they may do with it."""
    data = b""
    while b"\r\n\r\n" not in data:
        piece = connection.recv(1)
        assert piece, f"closed after {data!r}"
        data += piece
    assert b"\r\nx-content-type-options: nosniff\r\n" in data
    assert b"\r\ncontent-security-policy: default-src 'none'; frame-ancestors 'none'\r\n" in data
    length = int(re.search(rb"content-length: (\d+)", data)[1])  # type: ignore[index]
    body = b""
    while len(body) < length:
        body += connection.recv(length - len(body))
    return int(data.split()[1]), json.loads(body)


def settle(server: Server, line: str, value: float) -> None:
    """Wait until a metric has a value."""
    end = time.monotonic() + WAIT_S
    while server.metric(line) != value:
        assert time.monotonic() < end, f"{line} is {server.metric(line)}, not {value}"
        time.sleep(0.01)


def test_a_body_in_pieces_of_one_byte_is_read(server: Server) -> None:
    with server.connect() as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in post("/predict", PICTURE):
            connection.sendall(bytes([byte]))
        assert answer(connection)[0] == 200


def test_a_chunked_body_is_read(server: Server) -> None:
    with server.connect() as connection:
        connection.sendall(head("/predict", "transfer-encoding: chunked") + chunked(PICTURE[:9], PICTURE[9:]))
        assert answer(connection)[1]["label"] == "light"


def test_pipelined_requests_are_answered_in_order(server: Server) -> None:
    with server.connect() as connection:
        connection.sendall(b"".join(post("/predict", grey(level)) for level in (0, 255, 0, 255)))
        assert [answer(connection)[1]["label"] for _ in range(4)] == ["dark", "light"] * 2


def test_a_client_that_waits_for_leave_to_send_gets_it(server: Server) -> None:
    with server.connect() as connection:
        connection.sendall(head("/predict", f"content-length: {len(PICTURE)}", "expect: 100-continue"))
        assert connection.recv(100).startswith(b"HTTP/1.1 100 ")
        connection.sendall(PICTURE)
        assert answer(connection)[0] == 200


@pytest.mark.parametrize("protocol", ["h2c", "websocket"])
def test_an_upgrade_is_ignored_and_the_connection_goes_on(server: Server, protocol: str) -> None:
    asking = ("connection: Upgrade, HTTP2-Settings", f"upgrade: {protocol}", "http2-settings: AAMAAABk")
    with server.connect() as connection:
        for level, label in ((204, "light"), (20, "dark")):
            connection.sendall(post("/predict", grey(level), *asking))
            assert answer(connection)[1]["label"] == label
        connection.sendall(head("/predict", "expect: 100-continue", f"content-length: {len(PICTURE)}", *asking))
        assert connection.recv(100).startswith(b"HTTP/1.1 100 ")
        connection.sendall(PICTURE + head("/health/live", *asking, method="GET"))
        assert answer(connection)[1]["label"] == "light"
        assert answer(connection)[1]["status"] == "live"


def test_a_body_that_stalls_is_answered_with_a_timeout(server: Server) -> None:
    with server.connect() as connection:
        connection.sendall(post("/predict", PICTURE)[:-5])
        status, problem = answer(connection)
        assert (status, problem["type"]) == (408, "/problems/body-timeout")


def test_a_body_that_is_too_large_is_answered_while_it_is_still_sent(server: Server) -> None:
    with server.connect() as connection:
        connection.sendall(head("/predict", f"content-length: {1 << 40}") + bytes(1 << 16))
        status, problem = answer(connection)
        assert (status, problem["limit_bytes"]) == (413, 32 << 20)
        connection.sendall(bytes(1 << 16))


@pytest.mark.parametrize("sent", [0.1, 0.5, 0.99])
@pytest.mark.parametrize("path", ["/predict", "/evaluate", "/predict/batch"])
def test_a_client_that_goes_while_it_sends_is_forgotten(server: Server, path: str, sent: float) -> None:
    body = zip_of({f"dark/{level}.png": grey(level) for level in range(20)})
    line = f'fullcount_requests_total{{method="POST",route="{path}",status="499"}}'
    before = server.metric(line)
    with server.connect() as connection:
        data = post(path, body, "content-type: application/octet-stream")
        connection.sendall(data[: int(len(data) * sent)])
    settle(server, line, before + 1)
    assert server.metric("fullcount_requests_in_progress") == 1


@pytest.mark.parametrize("accept", ["application/json", "application/jsonl"])
@pytest.mark.parametrize("path", ["/evaluate", "/predict/batch"])
def test_a_client_that_goes_while_it_waits_frees_its_place(server: Server, path: str, accept: str) -> None:
    body = zip_of({f"dark/{level}.png": grey(level % 256) for level in range(500)})
    with server.connect() as connection:
        connection.sendall(post(path, body, "content-type: application/zip", f"accept: {accept}"))
        settle(server, "fullcount_requests_in_progress", 2)
    settle(server, "fullcount_requests_in_progress", 1)
    form = {"file": ("a.zip", zip_of({"dark/1.png": PICTURE}))}
    assert httpx.post(f"{server.url}/evaluate", files=form).status_code == 200


def test_a_slow_reader_of_lines_gets_them_all(server: Server) -> None:
    body = zip_of({f"{level}.png": grey(level % 256) for level in range(100)})
    with server.connect() as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        connection.sendall(post("/predict/batch", body, "content-type: application/zip", "accept: application/jsonl"))
        received = b""
        while not received.endswith(b"0\r\n\r\n"):
            received += connection.recv(512)
    assert received.count(b'"index":') == 100


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (b"hello\r\n\r\n", "malformed-request"),
        (b"POST /predict HTTP/1.1\r\nhost: loc", "head-timeout"),
        (b"POST /" + b"y" * 700_000, "head-too-large"),
        (b"POST /predict HTTP/1.1\r\n" + b"x: y\r\n" * 100_000, "head-too-large"),
    ],
)
def test_what_never_becomes_a_request_is_answered_with_a_problem(server: Server, data: bytes, name: str) -> None:
    with server.connect() as connection:
        with contextlib.suppress(ConnectionError):  # it may be refused before all of it is sent
            connection.sendall(data)
        status, problem = answer(connection)
        assert (problem["type"], problem["status"]) == (f"/problems/{name}", status)
        with contextlib.suppress(ConnectionResetError):  # closed with unread bytes
            assert connection.recv(1) == b""


def test_endless_headers_take_no_memory(server: Server) -> None:
    before = server.resident_kb()
    with server.connect() as connection, contextlib.suppress(ConnectionError):
        connection.sendall(b"POST /predict HTTP/1.1\r\n")
        for _ in range(1000):
            connection.sendall(b"x: y\r\n" * 10_000)
    assert server.resident_kb() - before < 20_000


@pytest.mark.parametrize(
    "data",
    [
        b"hello\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        head("/predict", "content-length: -1"),
        head("/predict", "content-length: 1", "content-length: 2") + b"xx",
        head("/predict", "transfer-encoding: chunked") + b"zz\r\n",
        head("/predict", "x: " + "y" * 100_000),
        b"POST /predict HTTP/9.9\r\nhost: test\r\n\r\n",
    ],
)
def test_what_is_no_http_does_not_stop_the_server(server: Server, data: bytes) -> None:
    with server.connect() as connection:
        connection.sendall(data)
        connection.shutdown(socket.SHUT_WR)
        with contextlib.suppress(ConnectionError):
            received = connection.recv(1000)
            assert received == b"" or received.startswith(b"HTTP/1.1 4")
    assert httpx.get(f"{server.url}/health/ready").status_code == 200


def test_a_signal_under_load_lets_every_request_finish_and_ends_with_zero(store: Path) -> None:
    with started(store, FAKE_DELAY_S="0.3") as server:
        server.wait_for("is ready")
        idle, *busy = [server.connect() for _ in range(21)]
        for connection in busy:
            connection.sendall(post("/predict", PICTURE))
        settle(server, "fullcount_requests_in_progress", 21)
        began = time.monotonic()
        server.process.send_signal(signal.SIGTERM)
        assert [answer(connection)[0] for connection in busy] == [200] * 20
        assert idle.recv(1) == b""
        assert server.ended() == 0
        assert time.monotonic() - began < 5
        assert server.errors() == []
        for connection in (idle, *busy):
            connection.close()


def test_after_the_grace_what_is_not_finished_is_cut_off_and_the_code_is_zero(store: Path) -> None:
    with started(store, shutdown_grace_s="1", FAKE_DELAY_S="0.1") as server:
        server.wait_for("is ready")
        body = zip_of({f"dark/{level}.png": grey(level % 256) for level in range(1000)})
        with server.connect() as connection:
            connection.sendall(post("/evaluate", body, "content-type: application/zip"))
            settle(server, "fullcount_requests_in_progress", 2)
            began = time.monotonic()
            server.process.send_signal(signal.SIGTERM)
            status, problem = answer(connection)
            assert (status, problem["type"]) == (503, "/problems/shutting-down")
            assert server.ended() == 0
            assert time.monotonic() - began < 4


def test_after_the_grace_an_engine_that_is_busy_is_not_waited_for(store: Path) -> None:
    with started(store, shutdown_grace_s="1", FAKE_DELAY_S="30") as server:
        server.wait_for("is ready")
        with server.connect() as connection:
            connection.sendall(post("/predict", PICTURE))
            settle(server, "fullcount_requests_in_progress", 2)
            began = time.monotonic()
            assert server.stop() == 0
            assert time.monotonic() - began < 5


def test_an_interrupt_is_an_ordinary_end_too(store: Path) -> None:
    with started(store) as server:
        server.wait_for("is ready")
        assert server.stop(signal.SIGINT) == 0


def test_models_that_cannot_be_loaded_end_the_process_with_one(tmp_path: Path) -> None:
    with started(tmp_path) as server:
        assert server.ended() == 1
        assert "There is no model in" in "".join(server.lines)
        assert "Traceback" not in "".join(server.lines)


def test_what_killed_processes_left_is_removed_at_the_next_start(tmp_path: Path) -> None:
    publish(tmp_path / "store")
    spool = tmp_path / "spool"
    left, others = spool / "fullcount-plots-1-abcd1234.scratch", spool / "others"
    spool.mkdir()
    with scratch_directory("plots", spool) as in_use:
        for folder in (left, others):
            folder.mkdir()
            (folder / "file").write_bytes(b"x")
        with started(tmp_path / "store", spool_dir=str(spool)) as server:
            assert left.name in server.wait_for(r"removed what killed processes left in .*")[0]
            assert {path.name for path in spool.iterdir()} >= {in_use.name, others.name}
            assert not left.exists()
