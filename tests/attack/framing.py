"""Requests as bytes on a connection: framed well or badly, one after the other, whole or cut.

A case is what is sent over one connection: one to five requests that are changed in their words and then framed.
"""

import random
from collections.abc import Sequence
from typing import NamedTuple

from tests.attack.changes import changed, flipped
from tests.attack.samples import Request


class Case(NamedTuple):
    """What is sent over one connection."""

    data: bytes
    answers: int
    """Number of requests in it, each of which may be answered."""
    is_half_closed: bool
    """True if the client says at once that it sends no more."""


def make_case(samples: Sequence[Request], generator: random.Random) -> Case:
    """Make one case."""
    count = generator.choice((1,) * 12 + (2, 5))
    requests = [changed(generator.choice(samples), generator) for _ in range(count)]
    data = b"".join(_framed(one, generator) for one in requests)
    if generator.random() < 0.04:
        data = flipped(data, generator)
    if generator.random() < 0.04:
        data = data[: generator.randrange(len(data) + 1)]
    return Case(data, count, generator.random() < 0.05)


def _framed(request: Request, generator: random.Random) -> bytes:
    """Put a request into bytes, with its length, in chunks, or with a frame that is wrong."""
    headers, body = list(request.headers), request.body
    if not any(name == b"host" for name, _ in headers) and generator.random() < 0.98:
        headers.insert(0, (b"Host", b"localhost"))
    frame = generator.choice(("length",) * 8 + ("chunks",) * 3 + ("both", "wrong", "none", "bad-chunks"))
    if frame in {"chunks", "both", "bad-chunks"}:
        headers.append((b"Transfer-Encoding", b"chunked"))
        body = _chunked(body, generator, is_bad=frame == "bad-chunks")
    if frame in {"length", "both"} and (body or request.method == b"POST"):
        headers.append((b"Content-Length", b"%d" % len(request.body)))
    if frame == "wrong":
        headers.append(
            (b"Content-Length", generator.choice((b"-1", b"+5", b"0", b"1e3", b"0x10", b"%d" % (len(body) // 2))))
        )
    version = generator.choice((b"HTTP/1.1",) * 30 + (b"HTTP/1.0", b"HTTP/2.0", b"HTTP/1.1 ", b"XTTP/1.1"))
    lines = [
        request.method + b" " + request.target + b" " + version,
        *(name + b": " + value for name, value in headers),
    ]
    end = b"\r\n" if generator.random() < 0.98 else generator.choice((b"\n", b"\r", b"\r\n "))
    return end.join([*lines, b"", b""]) + body


def _chunked(body: bytes, generator: random.Random, *, is_bad: bool) -> bytes:
    size = generator.choice((1, 7, 1000, 1 << 16)) if len(body) < 2000 else generator.choice((997, 1 << 16))
    pieces = [b"%x\r\n%s\r\n" % (len(piece), piece) for piece in _pieces(body, size)]
    end = generator.choice((b"0\r\n\r\n",) * 5 + (b"0\r\nTrailer: x\r\n\r\n", b"0;extension=1\r\n\r\n"))
    if is_bad:
        place = generator.randrange(len(pieces) + 1)
        pieces.insert(
            place, generator.choice((b"zz\r\n", b"-5\r\n", b"ffffffffffffffffff\r\n", b"5\r\nabc\r\n", b"\r\n"))
        )
    return b"".join(pieces) + end


def _pieces(body: bytes, size: int) -> list[bytes]:
    return [body[place : place + size] for place in range(0, len(body), size)]
