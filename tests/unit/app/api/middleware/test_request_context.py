"""What every request gets: an id, a count, limits, and an answer even to our own mistakes."""

import asyncio
import logging
from collections.abc import AsyncIterator

import httpx
import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.api.middleware.request_context import HEADER, RequestContext, limit_body
from app.errors import BodyTimeout, BodyTooLarge
from app.observability.metrics import ServiceMetrics


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    request = Request(scope, receive)
    if scope["path"] == "/limited":
        await limit_body(10)(request)
    text = f"{len(await request.body())} bytes"
    if scope["path"] == "/broken":
        raise KeyError("a secret of ours")
    await PlainTextResponse(text)(scope, receive, send)


async def late(scope: Scope, receive: Receive, send: Send) -> None:
    await PlainTextResponse("ok")(scope, receive, send)
    raise KeyError("after the answer")


def client(
    app: ASGIApp, metrics: ServiceMetrics | None = None, timeout_s: float = 5, max_uploads: int = 8
) -> httpx.AsyncClient:
    wrapped = RequestContext(
        app, metrics=metrics or ServiceMetrics(), body_timeout_s=timeout_s, max_uploads=max_uploads
    )
    return httpx.AsyncClient(transport=httpx.ASGITransport(wrapped), base_url="http://test")


async def pieces(*sizes: int) -> AsyncIterator[bytes]:
    for size in sizes:
        yield bytes(size)


async def stalled() -> AsyncIterator[bytes]:
    yield b"x"
    await asyncio.Event().wait()


async def test_one_upload_too_many_is_refused_at_once_and_takes_no_place_for_ever() -> None:
    async with client(echo, max_uploads=1, timeout_s=0.5) as http:
        first = asyncio.create_task(http.post("/", content=stalled()))
        await asyncio.sleep(0)  # until it waits for its body
        while (refused := await http.post("/", content=b"x")).status_code == 200:
            pass
        assert (refused.status_code, refused.headers["Retry-After"]) == (503, "1")
        assert (await http.get("/")).status_code == 200
        assert (await first).status_code == 408
        assert (await http.post("/", content=b"x")).status_code == 200


async def test_an_id_is_taken_from_the_client() -> None:
    async with client(echo) as http:
        response = await http.get("/", headers={HEADER: "trace-1:a.b_C"})
    assert response.headers.get_list(HEADER) == ["trace-1:a.b_C"]


@pytest.mark.parametrize("given", [None, "", "a b", "x" * 129, "é", "a\x0bb", "<script>"])
async def test_an_id_that_could_not_stand_in_a_log_is_replaced(given: str | None) -> None:
    headers = {} if given is None else {HEADER: given.encode()}
    async with client(echo) as http:
        response = await http.get("/", headers=headers)  # type: ignore[arg-type]
    assert len(response.headers[HEADER]) == 26


async def test_a_body_that_stalls_is_given_up() -> None:
    async with client(echo, timeout_s=0.05) as http:
        response = await http.post("/", content=stalled())
    assert response.status_code == 408
    assert response.json()["type"] == "/problems/body-timeout"


async def test_a_slow_body_that_does_not_stall_is_read_to_its_end() -> None:
    async def slow() -> AsyncIterator[bytes]:
        for _ in range(5):
            await asyncio.sleep(0.03)
            yield bytes(2048)

    async with client(echo, timeout_s=0.1) as http:
        assert (await http.post("/", content=slow())).text == "10240 bytes"


async def test_a_body_of_a_byte_now_and_then_is_given_up() -> None:
    async def dripping() -> AsyncIterator[bytes]:
        while True:
            await asyncio.sleep(0.03)
            yield b"x"

    async with client(echo, timeout_s=0.1) as http:
        assert (await http.post("/", content=dripping())).status_code == 408


async def test_a_body_up_to_the_limit_is_taken() -> None:
    async with client(echo) as http:
        assert (await http.post("/limited", content=bytes(10))).text == "10 bytes"
        assert (await http.post("/limited", content=pieces(5, 5))).text == "10 bytes"


@pytest.mark.parametrize("is_declared", [True, False])
async def test_a_body_over_the_limit_is_refused_with_the_limit(*, is_declared: bool) -> None:
    async with client(echo) as http:
        response = await http.post("/limited", content=bytes(11) if is_declared else pieces(5, 6))
    assert response.status_code == 413
    assert response.json()["limit_bytes"] == 10


async def test_a_declared_length_is_refused_before_a_byte_is_read() -> None:
    scope = {"type": "http", "headers": [(b"content-length", b"11")]}
    with pytest.raises(BodyTooLarge):
        await limit_body(10)(Request(scope))


async def test_a_mistake_of_ours_has_an_id_is_counted_and_tells_nothing(caplog: pytest.LogCaptureFixture) -> None:
    metrics = ServiceMetrics()
    async with client(echo, metrics) as http:
        response = await http.get("/broken")
    assert response.status_code == 500
    assert response.json()["instance"] == response.headers[HEADER]
    assert "secret" not in response.text
    assert "a secret of ours" in caplog.text
    assert b'status="500"} 1.0' in metrics.text()


async def test_an_error_after_the_answer_is_left_to_the_server() -> None:
    async with client(late) as http:
        with pytest.raises(KeyError):
            await http.get("/")


async def test_requests_are_counted_by_method_route_and_status() -> None:
    metrics = ServiceMetrics()
    async with client(echo, metrics) as http:
        await http.post("/", content=b"x")
    assert b'fullcount_requests_total{method="POST",route="(none)",status="200"} 1.0' in metrics.text()
    assert b"fullcount_requests_in_progress 0.0" in metrics.text()


async def test_a_path_cannot_write_a_second_line_into_the_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "app.access")
    async with client(echo) as http:
        await http.get("/a%0aERROR%20forged")
    (record,) = caplog.records
    assert "GET /a%0AERROR%20forged 200" in record.getMessage()


async def test_a_stall_is_raised_to_whoever_reads() -> None:
    caught: list[BaseException] = []

    async def reading(scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await Request(scope, receive).body()
        except BodyTimeout as error:
            caught.append(error)
        await PlainTextResponse("read")(scope, receive, send)

    async with client(reading, timeout_s=0.05) as http:
        assert (await http.post("/", content=stalled())).text == "read"
    assert str(caught[0]) == "No part of the body arrived for 0.05 s."


@pytest.mark.parametrize("more", [False, True])
async def test_a_large_answer_is_handed_over_in_pieces(*, more: bool) -> None:
    data = bytes(range(256)) * 1000
    sent: list[Message] = []

    async def large(scope: Scope, receive: Receive, send: Send) -> None:
        del scope, receive
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": data, "more_body": more})

    async def keep(message: Message) -> None:
        sent.append(message)

    async def nothing() -> Message:
        return {"type": "http.disconnect"}

    wrapped = RequestContext(large, metrics=ServiceMetrics(), body_timeout_s=5, max_uploads=8)
    await wrapped({"type": "http", "method": "GET", "path": "/", "headers": []}, nothing, keep)
    pieces = sent[1:]
    assert b"".join(piece["body"] for piece in pieces) == data
    assert max(len(piece["body"]) for piece in pieces) <= 64 * 1024
    assert [piece["more_body"] for piece in pieces] == [True] * (len(pieces) - 1) + [more]
