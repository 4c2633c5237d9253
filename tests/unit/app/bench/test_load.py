"""The client counts what it is answered, against a server that answers as it is told."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from app.bench.load import Load, run_load
from app.errors import ServerUnreachable


def response(status: int) -> bytes:
    return b"HTTP/1.1 %d whatever\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}" % status


@asynccontextmanager
async def server(answer: Callable[[bytes], bytes]) -> AsyncIterator[int]:
    """Answer after 10 ms."""

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
                body = await reader.readexactly(length)
                await asyncio.sleep(0.01)
                writer.write(answer(body))
        except asyncio.IncompleteReadError:
            writer.close()

    listening = await asyncio.start_server(connected, "127.0.0.1", 0)
    async with listening:
        yield listening.sockets[0].getsockname()[1]


@pytest.mark.parametrize("connections", [1, 8])
async def test_every_answer_is_counted_with_its_time(connections: int) -> None:
    answered = 0

    def count(body: bytes) -> bytes:
        nonlocal answered
        del body
        answered += 1
        return response(200)

    async with server(count) as port:
        load = await run_load(port, [b"a", b"bb"], connections, 0.4)
    assert len(load.times_ms) == answered > 0
    assert load.refused == 0
    assert load.rate == answered / load.seconds <= connections / 0.01
    assert 10 <= load.percentile_ms(0.5) <= load.percentile_ms(0.99)


async def test_refusals_are_no_answers() -> None:
    async with server(lambda body: response(503 if body == b"bb" else 200)) as port:
        load = await run_load(port, [b"a", b"bb"], 2, 0.3)
    assert abs(load.refused - len(load.times_ms)) <= 2
    assert load.refused > 0


async def test_each_picture_is_sent_as_it_is() -> None:
    bodies: set[bytes] = set()

    def remember(body: bytes) -> bytes:
        bodies.add(body)
        return response(200)

    async with server(remember) as port:
        await run_load(port, [b"a", b"bb", b"\r\n\r\n"], 3, 0.2)
    assert bodies == {b"a", b"bb", b"\r\n\r\n"}


@pytest.mark.parametrize("answer", [b"", b"nonsense\r\n\r\n"], ids=["closed", "no-http"])
async def test_a_server_that_breaks_is_an_error(answer: bytes) -> None:
    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)
        writer.close()

    listening = await asyncio.start_server(connected, "127.0.0.1", 0)
    async with listening:
        with pytest.raises(ServerUnreachable):
            await run_load(listening.sockets[0].getsockname()[1], [b"a"], 2, 0.2)


def test_percentiles_of_few_answers() -> None:
    assert Load().percentile_ms(0.99) == 0
    assert Load([5.0]).percentile_ms(0.5) == 5
    assert Load([float(number) for number in range(101)]).percentile_ms(0.99) == pytest.approx(99)
