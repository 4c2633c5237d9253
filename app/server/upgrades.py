"""A parser of requests that ignores `Upgrade`, as RFC 9110 (section 7.8) allows, and keeps the body.

Java's HttpClient sends `Upgrade: h2c` with every first request. httptools takes what follows such a head for another
protocol: it drops the body, and parses no further request of the connection.
"""

from collections.abc import Iterable
from typing import Final, Protocol

import httptools

_UPGRADING: Final = {b"upgrade", b"http2-settings"}
"""Headers that ask for an upgrade, and the words for them in `Connection`."""


class Receiver(Protocol):
    """The callbacks of a parser, with the request line and the headers that they have received so far."""

    url: bytes
    headers: list[tuple[bytes, bytes]]


class UpgradeBlindParser:
    """Stands in for `httptools.HttpRequestParser`.

    A head that asks for an upgrade is parsed twice: the second time without these headers, by a new parser that goes on
    with the body. While `is_to_be_repeated` is true, the receiver must not start the request.

    Args:
        receiver: Its methods `on_…` are called.
    """

    def __init__(self, receiver: Receiver) -> None:
        self._receiver = receiver
        self._parser = _new_parser(receiver)

    @property
    def is_to_be_repeated(self) -> bool:
        """Whether the head that was just parsed asks for an upgrade; `CONNECT` always does, and is left alone."""
        return bool(self._parser.should_upgrade()) and self._parser.get_method() != b"CONNECT"

    def feed_data(self, data: bytes) -> None:
        """Parse bytes.

        Raises:
            httptools.HttpParserError: If they are not HTTP.
        """
        while True:
            try:
                self._parser.feed_data(data)
            except httptools.HttpParserUpgrade as upgrade:
                if not self.is_to_be_repeated:
                    raise
                data = self._head() + data[upgrade.args[0] :]
                self._parser = _new_parser(self._receiver)
            else:
                return

    def get_http_version(self) -> str:
        """Return the version of the request, such as `1.1`."""
        return str(self._parser.get_http_version())

    def get_method(self) -> bytes:
        """Return the method of the request."""
        return bytes(self._parser.get_method())

    def should_upgrade(self) -> bool:
        """Return whether the connection changes its protocol."""
        return bool(self._parser.should_upgrade())

    def should_keep_alive(self) -> bool:
        """Return whether the connection stays open after the response."""
        return bool(self._parser.should_keep_alive())

    def _head(self) -> bytes:
        """Return the head that was just parsed, without the headers that ask for an upgrade."""
        line = b"%s %s HTTP/%s" % (self.get_method(), self._receiver.url, self.get_http_version().encode())
        kept = (b"%s: %s" % header for header in _without_upgrade(self._receiver.headers))
        return b"\r\n".join([line, *kept, b"", b""])


def _without_upgrade(headers: Iterable[tuple[bytes, bytes]]) -> Iterable[tuple[bytes, bytes]]:
    for name, value in headers:
        if name == b"connection":
            words = [word for word in value.split(b",") if word.strip().lower() not in _UPGRADING]
            yield name, b",".join(words).strip()
        elif name not in _UPGRADING:
            yield name, value


def _new_parser(receiver: Receiver) -> httptools.HttpRequestParser:
    parser = httptools.HttpRequestParser(receiver)
    parser.set_dangerous_leniencies(lenient_data_after_close=True)  # as uvicorn: respond even if more was pipelined
    return parser
