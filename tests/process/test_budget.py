"""The real process stays within the budget that it prints, whatever is sent, and gives back what it no longer needs."""

import contextlib
import random
import re
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import httpx
import pytest

from tests.process.test_memory import MIB, at_most, memory_kb
from tests.process.test_server import Server, started
from tests.support.fakes import grey, publish

LIMIT_MIB = 360
UNCOUNTED = 60 * MIB
"""Buffers of connections, and what an allocator keeps."""
PICTURE = grey(204)
RIFF = (30_000_000).to_bytes(4, "little")
BROKEN = [grey(1, size=(500, 500))[:100], grey(1, "JPEG")[:300], b"RIFF" + RIFF + b"WEBPVP8 " + RIFF]
"""The beginnings of a PNG, a JPEG and a WebP."""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    store = tmp_path_factory.mktemp("store")
    publish(store)
    with started(store, memory_mib=str(LIMIT_MIB)) as server:
        server.wait_for("is ready")
        for _ in range(20):
            assert predict(server, PICTURE).status_code == 200
        yield server
        assert server.stop() == 0
        assert server.errors() == []


def predict(server: Server, body: bytes) -> httpx.Response:
    return httpx.post(f"{server.url}/predict", content=body, timeout=60)


def printed_budget(server: Server) -> int:
    return int(server.wait_for(r"memory: 360 MiB \(FULLCOUNT_MEMORY_MIB\); .* requests may take (\d+)")[1]) * MIB


@contextmanager
def unfinished(server: Server, uploads: int, size: int) -> Iterator[None]:
    """Keep sending so many bodies, none of which gets its last byte."""

    def send(connection: socket.socket) -> None:
        head = f"POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Length: {size}\r\n\r\n"
        with contextlib.suppress(OSError):  # it has been closed
            connection.sendall(head.encode() + bytes(size - 1))

    with ExitStack() as stack:
        senders = []
        for _ in range(uploads):
            connection = stack.enter_context(server.connect())
            stack.callback(connection.shutdown, socket.SHUT_RDWR)
            senders.append(threading.Thread(target=send, args=[connection]))
            senders[-1].start()
        yield
    for sender in senders:
        sender.join()


def test_sixty_unfinished_uploads_stay_within_the_budget_and_a_small_picture_is_answered(server: Server) -> None:
    budget = printed_budget(server)
    with at_most(server, budget + UNCOUNTED), unfinished(server, 60, 31 * MIB):
        while server.metric("fullcount_memory_waiting_requests") < 30:
            time.sleep(0.05)
        assert budget / 2 < server.metric("fullcount_memory_taken_bytes") <= budget + MIB
        assert predict(server, PICTURE).status_code == 200


def test_an_upload_that_never_fits_is_refused_before_it_is_sent(server: Server) -> None:
    with server.connect() as connection:
        size = printed_budget(server)
        connection.sendall(f"POST /predict HTTP/1.1\r\nHost: x\r\nContent-Length: {size}\r\n\r\n".encode())
        assert re.match(rb"HTTP/1.1 413 ", connection.recv(4096))


@pytest.mark.parametrize("head", BROKEN)
def test_the_bytes_of_images_that_cannot_be_decoded_are_given_back(server: Server, head: bytes) -> None:
    body = head + random.Random(0).randbytes(30_000_000)
    assert predict(server, body).status_code == 422
    before = memory_kb(server, "VmRSS")
    for _ in range(12):
        assert predict(server, body).status_code == 422
    assert memory_kb(server, "VmRSS") - before < 60 * 1024
