"""Work that is only worth doing while the client is there."""

import asyncio

import pytest
from starlette.requests import ClientDisconnect, Request
from starlette.types import Message

from app.api.disconnection import unless_disconnected


class Client:
    """The sending side of a request: goes when told to."""

    def __init__(self) -> None:
        self.goes = asyncio.Event()

    async def receive(self) -> Message:
        await self.goes.wait()
        return {"type": "http.disconnect"}

    def request(self) -> Request:
        return Request({"type": "http", "headers": []}, self.receive)


async def test_the_result_is_returned_and_nobody_listens_any_more() -> None:
    before = asyncio.all_tasks()
    assert await unless_disconnected(Client().request(), asyncio.create_task(asyncio.sleep(0, "done"))) == "done"
    await asyncio.sleep(0)
    assert asyncio.all_tasks() == before


async def test_an_error_of_the_work_is_raised_as_it_is() -> None:
    async def fail() -> None:
        raise KeyError("work")

    with pytest.raises(KeyError, match="work"):
        await unless_disconnected(Client().request(), asyncio.create_task(fail()))


async def test_when_the_client_goes_the_work_is_cancelled_and_has_ended() -> None:
    client = Client()
    ended = asyncio.Event()

    async def work() -> None:
        try:
            client.goes.set()
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)
            ended.set()

    with pytest.raises(ClientDisconnect):
        await unless_disconnected(client.request(), asyncio.create_task(work()))
    assert ended.is_set()


async def test_an_error_while_the_work_is_cancelled_does_not_hide_that_the_client_went() -> None:
    client = Client()

    async def work() -> None:
        try:
            client.goes.set()
            await asyncio.Event().wait()
        finally:
            raise ValueError("on the way out")

    with pytest.raises(ClientDisconnect):
        await unless_disconnected(client.request(), asyncio.create_task(work()))


async def test_work_that_is_done_when_the_client_goes_is_not_thrown_away() -> None:
    client = Client()
    client.goes.set()
    work = asyncio.create_task(asyncio.sleep(0, "done"))
    await work
    assert await unless_disconnected(client.request(), work) == "done"


async def test_when_who_waits_is_cancelled_the_work_ends_too() -> None:
    before = asyncio.all_tasks()
    work = asyncio.create_task(asyncio.Event().wait())
    waiting = asyncio.create_task(unless_disconnected(Client().request(), work))
    await asyncio.sleep(0)
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    assert work.cancelled()
    assert asyncio.all_tasks() == before
