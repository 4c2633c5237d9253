"""Changes of requests, each decided by a generator: what hostile, broken and unlucky clients send."""

import random
from collections.abc import Callable, Sequence

from benchmarks.attack.mutation import mutated
from tests.attack.samples import BOUNDARY, Request

LONG = b"A" * 70_000
TEXTS = (
    *(
        b"",
        b"0",
        b"-1",
        b"1e9",
        b"NaN",
        b"99999999999999999999",
        b"null",
        b"true",
        b"*/*",
        b"\xff\xfe",
        b"\xc3\x28",
        b"%",
    ),
    *(
        b"%00",
        b"%ff",
        b"..%2f..",
        b"../../etc/passwd",
        b"a;q=2",
        b"'\"",
        b"\xed\xa0\x80",
        "İ".encode(),
        b"[]",
        b"\x1b[31m",
    ),
    *(b"text/html, */*;q=0", b"application/zip", b"multipart/form-data", b"multipart/form-data; boundary=", LONG[:300]),
    *(b"multipart/form-data; boundary=" + b"-" * 300, b"image/png; charset=\xff", b"application/jsonl", b"text/csv"),
    *(b"chunked, gzip", b"bytes=0-5,9-", b'"*"', b'W/"a"', b"100-continue", b"close, keep-alive", b"h2c", LONG[:9000]),
)
NAMES = (
    *(b"host", b"content-type", b"content-length", b"transfer-encoding", b"accept", b"expect", b"connection", b"range"),
    *(b"content-encoding", b"x-request-timeout-ms", b"x-request-id", b"if-none-match", b"origin", b"sec-fetch-site"),
    *(
        b"accept-encoding",
        b"upgrade",
        b"content-disposition",
        b"te",
        b"trailer",
        b"cookie",
        b"x-forwarded-host",
        b"a b",
    ),
    *(
        b"access-control-request-method",
        b"accept-language",
        b"if-modified-since",
        b"forwarded",
        b"",
        b"\xff",
        LONG[:500],
    ),
)
METHODS = (
    b"GET",
    b"POST",
    b"HEAD",
    b"OPTIONS",
    b"PUT",
    b"DELETE",
    b"PATCH",
    b"TRACE",
    b"CONNECT",
    b"get",
    b"PRI",
    b"\xff",
)


Change = Callable[[Request, random.Random], Request]


def changed(request: Request, generator: random.Random) -> Request:
    """Return a request with up to three changes."""
    for _ in range(generator.choice((0, 1, 1, 1, 2, 3))):
        request = generator.choice(CHANGES)(request, generator)
    return request


def change_method(request: Request, generator: random.Random) -> Request:
    """Use another method."""
    return request._replace(method=generator.choice(METHODS))


def change_target(request: Request, generator: random.Random) -> Request:
    """Change a piece of the path or of the query."""
    pieces = request.target.replace(b"?", b"\0?\0").replace(b"&", b"\0&\0").replace(b"=", b"\0=\0").split(b"\0")
    pieces[generator.randrange(len(pieces))] = generator.choice((*TEXTS, b"/", b"//", b"?", b"&", b"=", LONG[:3000]))
    return request._replace(target=b"".join(pieces).replace(b" ", b"+") or b"/")


def change_byte_of_target(request: Request, generator: random.Random) -> Request:
    """Change bytes of the target."""
    return request._replace(target=b"/" + flipped(request.target[1:], generator))


def add_header(request: Request, generator: random.Random) -> Request:
    """Add a header, perhaps one that is there or one very often."""
    header = (generator.choice(NAMES), generator.choice(TEXTS))
    return request._replace(headers=request.headers + [header] * generator.choice((1, 1, 1, 2, 200)))


def change_header(request: Request, generator: random.Random) -> Request:
    """Give a header another value, or drop it."""
    headers = list(request.headers)
    if headers:
        place = generator.randrange(len(headers))
        value = generator.choice((*TEXTS, flipped(headers[place][1], generator)))
        headers[place : place + 1] = [(headers[place][0], value)] * generator.randrange(2)
    return request._replace(headers=headers)


def change_body(request: Request, generator: random.Random) -> Request:
    """Change bytes of the body, cut it, repeat it or replace it."""
    body = request.body
    choices = (b"", b"{}", b"\0" * 1000, LONG, body * 2, body[: len(body) // 2], flipped(body, generator), body[::-1])
    return request._replace(body=generator.choice(choices))


def change_picture(request: Request, generator: random.Random) -> Request:
    """Change numbers and parts of a picture, as the search for costly ones does."""
    if request.image_format is None:
        return change_body(request, generator)
    return request._replace(body=mutated(request.body, request.body, request.image_format, generator)[:200_000])


def change_fields_of_a_zip(request: Request, generator: random.Random) -> Request:
    """Change a number in a header or the directory of a zip, or of a zip in a form."""
    body = bytearray(request.body)
    starts = [place for sign in (b"PK\1\2", b"PK\3\4", b"PK\5\6") for place in _places(request.body, sign)]
    if not starts:
        return change_body(request, generator)
    width = generator.choice((2, 4))
    place = generator.choice(starts) + generator.randrange(4, 42)
    number = generator.choice((0, 1, 8, 0xFFFF, 0xFFFFFFFF, 0x7FFFFFFF, generator.randrange(1 << 16))) % (
        1 << 8 * width
    )
    body[place : place + width] = number.to_bytes(width, "little")
    return request._replace(body=bytes(body))


def change_form(request: Request, generator: random.Random) -> Request:
    """Change the delimiters, the headers of parts or the nesting of a form."""
    body, inner = request.body, b'Content-Disposition: form-data; name="file"'
    if BOUNDARY not in body:
        return change_body(request, generator)
    headers = (
        *(
            b"",
            inner,
            inner + b'; filename="',
            inner + b"; filename*=UTF-8''%ff%fe",
            inner + b'; filename="a\\"b\r\nX: y"',
        ),
        *(
            b"Content-Disposition: attachment",
            inner + b"\r\nContent-Type: text/plain; charset=utf-7",
            inner + LONG[:9000],
        ),
        *(
            inner + b"\r\nContent-Transfer-Encoding: base64",
            inner + b"\r\nContent-Type: multipart/mixed; boundary=inner",
        ),
        *(b'Content-Disposition: form-data; name="corrections"', b'Content-Disposition: form-data; name="\xff\xfe"'),
    )
    part = b"--" + BOUNDARY + b"\r\n" + generator.choice(headers) + b"\r\n\r\n" + generator.choice(TEXTS) + b"\r\n"
    choices = (
        *(
            part + body,
            part * 1500 + body,
            body.replace(b"--" + BOUNDARY, b"--" + BOUNDARY[:-1]),
            body.replace(b"\r\n", b"\n"),
        ),
        *(
            body[: -len(BOUNDARY) - 4],
            body.replace(b"form-data", generator.choice(TEXTS)),
            part + b"--" + BOUNDARY + b"--",
        ),
        *(
            b"--" + BOUNDARY + b"--" + body,
            b"preamble\r\n" + body + b"epilogue" + body,
            body.replace(b"name=", b"noname="),
        ),
        *(body.replace(b"filename=", b"filename*="), body.replace(b'"', b""), body.replace(b": ", b":" + b" " * 5000)),
    )
    return request._replace(body=generator.choice(choices))


CHANGES: Sequence[Change] = (
    *(change_method, change_target, change_target, change_byte_of_target, add_header, add_header, change_header),
    *(
        change_body,
        change_picture,
        change_picture,
        change_fields_of_a_zip,
        change_fields_of_a_zip,
        change_form,
        change_form,
    ),
)


def _places(data: bytes, sign: bytes) -> list[int]:
    found, place = [], data.find(sign)
    while place >= 0:
        found.append(place)
        place = data.find(sign, place + 1)
    return found


def flipped(data: bytes, generator: random.Random) -> bytes:
    """Return bytes with some of them changed."""
    changed = bytearray(data or b"\0")
    for _ in range(generator.choice((1, 1, 3, 20))):
        changed[generator.randrange(len(changed))] = generator.randrange(256)
    return bytes(changed)
