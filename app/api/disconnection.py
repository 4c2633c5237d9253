"""Work that ends when its client disconnects."""

import asyncio
from typing import TypeVar

from starlette.requests import ClientDisconnect, Request

T = TypeVar("T")


async def unless_disconnected(request: Request, work: "asyncio.Task[T]") -> T:
    """Wait for work and return its result, or cancel it if the client disconnects.

    The body must have been read, so that the next message of the client is its disconnection.

    Raises:
        ClientDisconnect: If the client disconnected; the work was cancelled and has ended.
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
