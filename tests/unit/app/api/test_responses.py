"""How bodies become responses."""

import asyncio
from collections.abc import AsyncGenerator
from types import SimpleNamespace

import pytest
from starlette.requests import Request
from starlette.types import Message

from app.api.negotiation import preferred, takes_gzip, wants
from app.api.responses import CountedResponse, LinesResponse, server_timing
from app.inference.predictor import Timing
from app.memory.budget import MemoryBudget

MIB = 2**20


@pytest.mark.parametrize(
    ("accept", "is_wanted"),
    [
        ("application/jsonl", True),
        ("text/html, APPLICATION/JSONL;q=0.5", True),
        ("application/jsonl; q=0", False),
        ("application/jsonl;q=0.0", False),
        ("application/jsonlines", False),
        ("*/*", False),
        ("", False),
        (",;,", False),
    ],
)
def test_lines_are_sent_to_who_names_them(accept: str, *, is_wanted: bool) -> None:
    request = Request({"type": "http", "headers": [(b"accept", accept.encode())]})
    assert wants(request, "application/jsonl") is is_wanted


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        ("b/2", "b/2"),
        ("a/*, b/2", "a/1"),
        ("a/*;q=0.5, b/2;q=0.6", "b/2"),
        ("b/2;q=0.2, */*;q=0.1", "b/2"),
        ("a/1;q=0, */*", "b/2"),
        ("a/1;q=9, b/2;q=0.1", "b/2"),
        ("a/1;q=, b/2;level=1;Q=0.5", "b/2"),
        ("x/y", "a/1"),
        ("", "a/1"),
        (",;q=1,", "a/1"),
    ],
)
def test_the_form_is_the_one_with_the_highest_quality(accept: str, expected: str) -> None:
    request = Request({"type": "http", "headers": [(b"accept", accept.encode())]})
    assert preferred(request, ["a/1", "b/2"]) == expected


@pytest.mark.parametrize(
    ("accept", "is_taken"),
    [
        ("gzip", True),
        ("br, GZIP;q=0.1", True),
        ("deflate, br", False),
        ("gzip;q=0", False),
        ("*", True),
        ("*;q=0", False),
        ("gzip;q=0, *", False),
        ("gzip;q=0.5, identity", False),
        ("gzip;q=0.5, identity;q=0.4", True),
        ("gzip;q=0.5, *", False),  # as bytes are, they are in `*`
        ("identity;q=0", False),
        ("", False),
    ],
)
def test_who_prefers_gzip_gets_it(accept: str, *, is_taken: bool) -> None:
    request = Request({"type": "http", "headers": [(b"accept-encoding", accept.encode())]})
    assert takes_gzip(request) is is_taken


def test_times_are_in_milliseconds() -> None:
    timing = Timing(1.234, 0.0, 5.678)
    assert server_timing(timing) == {"Server-Timing": "decode;dur=1.23, queue;dur=0.00, inference;dur=5.68"}


async def test_when_a_reader_goes_who_makes_the_lines_has_ended_before_the_response() -> None:
    goes = asyncio.Event()
    ended = False

    async def lines() -> AsyncGenerator[str, None]:
        nonlocal ended
        try:
            while True:
                yield "{}\n"
        finally:
            ended = True

    async def receive() -> Message:
        await goes.wait()
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        if message["type"] == "http.response.body":
            goes.set()
            await asyncio.Event().wait()  # the reader takes nothing any more

    making = lines()  # held here, so that it is not collected as garbage
    await LinesResponse(making)({"type": "http", "asgi": {"spec_version": "2.3"}}, receive, send)
    assert ended


@pytest.mark.parametrize("is_lines", [False, True])
async def test_a_large_answer_waits_for_room_and_holds_it_until_it_is_sent(*, is_lines: bool) -> None:
    budget = MemoryBudget(64 * MIB)
    held: list[int] = []
    lengths: list[int] = []

    async def lines() -> AsyncGenerator[str, None]:
        yield "x" * 7 * MIB

    async def send(message: Message) -> None:
        if message.get("body"):
            held.append(budget.taken)
            lengths.append(len(message["body"]))

    response = LinesResponse(lines()) if is_lines else CountedResponse(b"x" * 7 * MIB)
    scope = {"type": "http", "app": SimpleNamespace(state=SimpleNamespace(memory=budget))}
    with budget.share("others") as others:
        assert others.take_if_free(48 * MIB)
        sending = asyncio.create_task(response(scope, asyncio.Event().wait, send))  # type: ignore[arg-type]
        while not budget.waiting:  # noqa: ASYNC110  nothing signals the change
            await asyncio.sleep(0)
        others.give_back()
        await sending
    assert (set(held), budget.taken) == ({7 * MIB}, 0)
    assert sum(lengths) == 7 * MIB


async def test_an_answer_that_is_larger_than_all_there_is_takes_all_there_is() -> None:
    budget = MemoryBudget(4 * MIB)
    held = []

    async def send(message: Message) -> None:
        del message
        held.append(budget.taken)

    scope = {"type": "http", "app": SimpleNamespace(state=SimpleNamespace(memory=budget))}
    await CountedResponse(bytes(5 * MIB))(scope, asyncio.Event().wait, send)  # type: ignore[arg-type]
    assert set(held) == {budget.largest}
