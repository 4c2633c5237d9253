"""What a browser may do with a response: by default nothing but read it, for the site that asked for it.

Responses carry text and pictures that strangers sent. So none is taken for another type, displayed within another
site's page, or run, whichever route or middleware made it. A page that needs more brings a policy of its own.
"""

from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

POLICY: Final = b"content-security-policy"

BROWSER_HEADERS: Final = (
    (b"x-content-type-options", b"nosniff"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"referrer-policy", b"no-referrer"),
    (POLICY, b"default-src 'none'; frame-ancestors 'none'"),
)
"""The headers of every response, with the policy of those that are no page. Names in lower case, as ASGI demands."""

_OF_PAGES: Final = BROWSER_HEADERS[:-1]


class BrowserHeaders:
    """ASGI middleware that adds `BROWSER_HEADERS` to every response, and keeps a policy that the response has.

    It is the outermost, so that what other middleware answers has them too.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle a request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = message["headers"]  # raw pairs: a request is too short for the comfort of MutableHeaders
                has_policy = any(name == POLICY for name, _ in headers)
                message["headers"] = [*headers, *(_OF_PAGES if has_policy else BROWSER_HEADERS)]
            await send(message)

        await self._app(scope, receive, send_with_headers)
