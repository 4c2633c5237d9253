"""The boundary of a form: the one that the header declares, against the one with which the body begins."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Final

from python_multipart.multipart import MAX_BOUNDARY_LENGTH, parse_options_header
from starlette.requests import Request

from app.api.receiving.form_fields import shortened
from app.errors import FormMalformed
from model_store.images.signatures import has_image_signature

_HINT: Final = "Do not set Content-Type by hand: the client's HTTP library sets it, with the boundary of its form."
_REMEMBERED: Final = 512
"""The bytes of a body that are enough to see its boundary."""


class Beginning:
    """The first bytes of a body, remembered while others read it."""

    def __init__(self) -> None:
        self.data = b""

    async def remember(self, stream: AsyncGenerator[bytes, None]) -> AsyncGenerator[bytes, None]:
        """Pass on the pieces of a body."""
        async with aclosing(stream):
            async for piece in stream:
                if len(self.data) < _REMEMBERED:
                    self.data += piece[:_REMEMBERED]
                yield piece


def boundary_of(request: Request) -> bytes:
    """Return the boundary that the header declares.

    Raises:
        FormMalformed: If there is none, or one that is too long.
    """
    boundary = parse_options_header(request.headers["content-type"])[1].get(b"boundary")
    if not boundary:
        raise FormMalformed("the header Content-Type declares multipart/form-data without a boundary", hint=_HINT)
    if len(boundary) > MAX_BOUNDARY_LENGTH:
        raise FormMalformed(f"its boundary has more than {MAX_BOUNDARY_LENGTH} bytes", hint=_HINT)
    return boundary


def check_not_a_form(data: bytes, declared: str) -> None:
    """Refuse a form that is declared as a file, before the decoder calls it a damaged image.

    Args:
        data: The body.
        declared: Its declared media type; empty if none is declared.

    Raises:
        FormMalformed: If the body is a form.
    """
    if data.startswith(b"--") and b"content-disposition" in data[:_REMEMBERED].lower():
        raise FormMalformed(f"the header Content-Type declares it as {shortened(declared) or 'nothing'}", hint=_HINT)


def boundary_problem(beginning: bytes, boundary: bytes) -> FormMalformed | None:
    """Return the error for a body that does not begin with its boundary; None if it does.

    Args:
        beginning: The first bytes of the body.
        boundary: The boundary that the header declares.
    """
    declared = repr(shortened(boundary.decode("latin-1")))
    line, end, _ = beginning.lstrip(b"\r\n").partition(b"\n")
    if line.rstrip(b"\r") in {b"--" + boundary, b"--" + boundary + b"--"}:
        if end and not line.endswith(b"\r"):
            hint = "End each line of the form with CRLF, as HTTP demands."
            return FormMalformed("its lines end with LF and without CR", hint=hint)
        return None
    if line.startswith(b"--"):
        sent = repr(shortened(line.rstrip(b"\r")[2:].decode("latin-1")))
        return FormMalformed(
            f"its boundary is {sent}, but the header Content-Type declares the boundary {declared}", hint=_HINT
        )
    if has_image_signature(beginning) or beginning.startswith(b"PK"):
        kind = "application/zip" if beginning.startswith(b"PK") else "image/jpeg"
        hint = f"Declare the file's own type, such as Content-Type: {kind}, or put the file into a form."
        return FormMalformed("the body is a file, and not a form as the header Content-Type declares", hint=hint)
    begins = repr(shortened(beginning.decode("utf-8", "replace")))
    return FormMalformed(f"it begins with {begins}, and not with the declared boundary {declared}", hint=_HINT)
