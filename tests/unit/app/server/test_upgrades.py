"""A request that asks for another protocol is parsed as an ordinary one, however it is cut."""

from typing import NamedTuple

import httptools
import pytest

from app.server.upgrades import UpgradeBlindParser

H2C = ["Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABk"]


class Parsed(NamedTuple):
    """A request as the application would get it."""

    line: tuple[bytes, bytes]
    headers: list[tuple[bytes, bytes]]
    body: bytes


class Recorder:
    """Receives a parser's callbacks as uvicorn's protocol does."""

    def __init__(self) -> None:
        self.parser = UpgradeBlindParser(self)
        self.requests: list[Parsed] = []
        self.url = b""
        self.headers: list[tuple[bytes, bytes]] = []
        self._body = b""

    def on_message_begin(self) -> None:
        self.url, self.headers, self._body = b"", [], b""

    def on_url(self, url: bytes) -> None:
        self.url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        self.headers.append((name.lower(), value))

    def on_body(self, body: bytes) -> None:
        self._body += body

    def on_message_complete(self) -> None:
        if not self.parser.is_to_be_repeated:
            self.requests.append(Parsed((self.parser.get_method(), self.url), self.headers, self._body))


def request(*headers: str, method: str = "POST", body: bytes = b"hello") -> bytes:
    lines = [f"{method} /predict?top_k=1 HTTP/1.1", "Host: x", *headers, f"Content-Length: {len(body)}", "", ""]
    return "\r\n".join(lines).encode() + body


def parsed(data: bytes, step: int) -> list[Parsed]:
    recorder = Recorder()
    for start in range(0, len(data), step):
        recorder.parser.feed_data(data[start : start + step])
    return recorder.requests


@pytest.mark.parametrize("step", [1, 7, 50, 10_000])
@pytest.mark.parametrize(
    "headers",
    [
        H2C,
        ["Connection: keep-alive, Upgrade", "Upgrade: websocket"],
        ["Connection: Upgrade", "Connection: keep-alive", "Upgrade: h2c", "Upgrade: TLS/1.0"],
        ["upgrade: foo/2, bar", "CONNECTION: UPGRADE"],
    ],
)
def test_the_body_of_a_request_that_asks_for_an_upgrade_is_kept(headers: list[str], step: int) -> None:
    (got,) = parsed(request(*headers, "Content-Type: image/png"), step)
    assert (got.line, got.body) == ((b"POST", b"/predict?top_k=1"), b"hello")
    names = [name for name, _ in got.headers]
    assert names.count(b"content-type") == names.count(b"content-length") == 1
    assert not {b"upgrade", b"http2-settings"} & set(names)
    assert b"pgrade" not in b"".join(value for _, value in got.headers)


@pytest.mark.parametrize("step", [1, 33, 10_000])
def test_the_requests_after_it_are_parsed_too(step: int) -> None:
    data = b"".join(
        [request(*H2C, body=b"one"), request(body=b"two"), request(*H2C, method="GET", body=b""), request(body=b"four")]
    )
    assert [one.body for one in parsed(data, step)] == [b"one", b"two", b"", b"four"]


def test_a_chunked_body_is_kept() -> None:
    data = "\r\n".join(["POST / HTTP/1.1", "Host: x", *H2C, "Transfer-Encoding: chunked", "", ""]).encode()
    (got,) = parsed(data + b"3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n", 10_000)
    assert got.body == b"abcde"


def test_bytes_that_are_not_http_are_still_an_error() -> None:
    with pytest.raises(httptools.HttpParserError):
        parsed(b"nonsense\r\n\r\n", 100)


def test_connect_still_changes_the_protocol() -> None:
    with pytest.raises(httptools.HttpParserUpgrade):
        parsed(b"CONNECT x:443 HTTP/1.1\r\nHost: x\r\n\r\n", 100)
