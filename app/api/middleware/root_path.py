"""The service below a path of a proxy: `/vision/predict` instead of `/predict`.

A proxy may strip the path from what it forwards, or leave it. Both are answered alike, and whatever the service says
about its own addresses (redirects, the documentation, OpenAPI's `servers`) begins with the path.
"""

from urllib.parse import urlsplit

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send


class RootPath:
    """ASGI middleware that gives every request the root path, as ASGI demands: in its path as well.

    Args:
        app: The wrapped application.
        root_path: The path, such as `/vision`: not empty, without a slash at its end.
    """

    def __init__(self, app: ASGIApp, *, root_path: str) -> None:
        self._app = app
        self._root_path = root_path

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle a request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        path, raw_path = scope["path"], scope.get("raw_path") or b""
        if path != self._root_path and not path.startswith(f"{self._root_path}/"):  # the proxy stripped it
            path, raw_path = self._root_path + path, self._root_path.encode() + raw_path
        scope = {**scope, "root_path": self._root_path, "path": path, "raw_path": raw_path}
        await self._app(scope, receive, _Redirecting(send))


class _Redirecting:
    """Sends a redirect to a path without scheme and host, which are those of the connection to the proxy."""

    def __init__(self, send: Send) -> None:
        self._send = send

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            if "location" in headers:
                headers["location"] = urlsplit(headers["location"])._replace(scheme="", netloc="").geturl()
        await self._send(message)
