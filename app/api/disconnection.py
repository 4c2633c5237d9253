"""Disconnection."""

import asyncio
from typing import TypeVar

from starlette.requests import ClientDisconnect, Request

T = TypeVar("T")


async def unless_disconnected(request: Request, work: "asyncio.Task[T]") -> T:
    """Wait for work that is only worth doing while the client is there.

    The body must have been read: what comes next is the client's going.

    Raises:
        ClientDisconnect: The client went; the work is cancelled and has ended.
    """
    gone = asyncio.create_task(_disconnected(request))
    gone.add_done_callback(lambda gone: None if gone.cancelled() else work.cancel())
    try:
        return await work
    except (asyncio.CancelledError, Exception) as error:
        if gone.done():
            raise ClientDisconnect from error
        raise
    finally:
        gone.cancel()


async def _disconnected(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass
