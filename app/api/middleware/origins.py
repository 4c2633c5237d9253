"""What another site's page can make a browser ask: nothing, unless the settings allow it.

A name of another site that is bound to this machine's address (DNS rebinding) would let its page read everything, so a
request must name a host that the service answers for. A form or a script of another page can send a request without
reading the answer, so what such a page sends changes nothing here. Clients that are not browsers notice neither.
"""

import functools
import ipaddress
import re
from collections.abc import Collection
from typing import Final
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from app.errors import HostForeign, PageForeign

ANY: Final = "*"
_SAFE: Final = {"GET", "HEAD", "OPTIONS"}
"""Methods that change nothing."""
_DEFAULT_PORTS: Final = {"http": ":80", "https": ":443"}
"""Scheme → what a browser leaves out of an origin, and a proxy may add to a host."""
_LONGEST_HOST: Final = 260
"""Characters of the longest name of DNS and a port."""
_SHORT_NAME: Final = re.compile(r"[a-z0-9_-]+")
"""A name without a dot: `localhost`, a machine of the own network, a service of the own containers. No site has one."""
_LONG_NAME: Final = re.compile(r"[a-z0-9_-]+(?:\.[a-z0-9_-]+)+")
"""What is malformed, such as `evil.example/.localhost`, is nobody's name."""


class Origins:
    """ASGI middleware that refuses requests to a foreign host, and changes that a foreign page asks for.

    Args:
        app: The wrapped application.
        hosts: Names that the service answers for, besides IP addresses, names without a dot and those below
            `localhost`; `*.example.com` is every name below `example.com`, and `*` every name.
        pages: Origins whose pages may ask.
    """

    def __init__(self, app: ASGIApp, *, hosts: Collection[str], pages: Collection[str]) -> None:
        self._app = app
        self._hosts = tuple(hosts)
        self._pages = pages

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle a request.

        Raises:
            HostForeign: If the service does not answer for the host.
            PageForeign: If a page of another site asks for more than reading.
        """
        if scope["type"] == "http":
            headers = Headers(scope=scope)
            host = headers.get("host", "")
            if len(host) > _LONGEST_HOST or not is_own_host(host, self._hosts):
                raise HostForeign(host, _name_of(host))
            if scope["method"] not in _SAFE and self._is_foreign(headers):
                raise PageForeign(headers.get("origin"))
        await self._app(scope, receive, send)

    def _is_foreign(self, headers: Headers) -> bool:
        """Tell whether a browser sends this for a page of another site; a client that is none sends neither header."""
        origin, relation = headers.get("origin"), headers.get("sec-fetch-site")
        if relation in {"same-origin", "none"}:  # as the browser sees it, whatever a proxy makes of the host
            return False
        if origin is None:
            return relation == "cross-site"
        if ANY in self._pages or origin in self._pages:
            return False
        own = {headers.get("host"), *(name.strip() for name in headers.get("x-forwarded-host", "").split(","))} - {""}
        scheme, _, place = origin.partition("://")
        return relation == "cross-site" or own.isdisjoint({place, place + _DEFAULT_PORTS.get(scheme, "")})


@functools.lru_cache(maxsize=64)  # nearly all requests name the same host
def is_own_host(host: str, hosts: tuple[str, ...]) -> bool:
    """Tell whether the service answers for a host, as the header `Host` names it; see `Origins`.

    An address in numbers, or a name that no site can have, has not been bound to this machine by somebody else.
    """
    name = _name_of(host)
    return (
        ANY in hosts
        or not host
        or _is_address(name)
        or _SHORT_NAME.fullmatch(name) is not None
        or (_LONG_NAME.fullmatch(name) is not None and _is_known(name, hosts))
    )


def _is_known(name: str, hosts: tuple[str, ...]) -> bool:
    if name.endswith(".localhost"):
        return True
    return any(name == known or (known.startswith("*.") and name.endswith(known[1:])) for known in hosts)


def is_loopback(host: str) -> bool:
    """Tell whether an address to listen on can be reached from this machine only."""
    return host.lower() == "localhost" or (_is_address(host) and ipaddress.ip_address(host).is_loopback)


def _name_of(host: str) -> str:
    """Return a host without its port; all of it if it is malformed."""
    try:
        parts = urlsplit(f"//{host}")
    except ValueError:  # such as brackets without an address of IPv6
        return host
    return host if parts.netloc != host or "@" in host else (parts.hostname or "").rstrip(".")


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
