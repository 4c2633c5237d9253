"""Strict parsing of multipart forms.

Input that the framework's parser would accept silently, or that makes it crash, raises `FormMalformed` here.
"""

from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from typing import Final

from python_multipart.multipart import parse_options_header
from starlette.datastructures import FormData
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request

from app.errors import FormMalformed

_CHARSETS: Final = frozenset({"utf-8", "utf8", "us-ascii", "ascii", "iso-8859-1", "latin-1"})
_MAX_FIELDS: Final = 16
_MAX_FIELD_BYTES: Final = 64 * 1024
"""Fields that are not files are ignored, but held in memory."""


@asynccontextmanager
async def open_form(request: Request, max_files: int) -> AsyncIterator[FormData]:
    """Parse a form and close its files at the end of the block.

    Args:
        request: A request with the media type `multipart/form-data`.
        max_files: The greatest number of parts with a file name.

    Raises:
        FormMalformed: If the form cannot be parsed, has more parts than allowed, or ends before its last boundary.
            The parser would silently leave out the last file of a form that was cut short.
    """
    _check_charset(request)
    async with aclosing(request.stream()) as stream:
        parser = _Parser(
            request.headers, stream, max_files=max_files, max_fields=_MAX_FIELDS, max_part_size=_MAX_FIELD_BYTES
        )
        try:
            form = await parser.parse()
            if not parser.is_whole:
                raise FormMalformed("it ends before its last boundary.")
            yield form
        except MultiPartException as error:
            raise FormMalformed(f"{error.message.rstrip('.')}.") from error
        finally:
            parser.close()


class _Parser(MultiPartParser):
    spool_max_size = 64 * 1024  # of each file; the rest of it is on disk
    is_whole = False

    def on_end(self) -> None:
        self.is_whole = True

    def close(self) -> None:
        """Close every file, even one whose part did not end."""
        for file in self._files_to_close_on_error:
            file.close()


def _check_charset(request: Request) -> None:
    """Accept only codecs that a browser would name.

    The client chooses the codec. Some of Python's take hours (punycode), make strings that JSON cannot hold (utf-7) or
    raise errors that the parser does not expect.
    """
    charset = parse_options_header(request.headers["content-type"])[1].get(b"charset", b"utf-8").decode("latin-1")
    if charset.lower() not in _CHARSETS:
        raise FormMalformed(f"the charset {charset!r} is not supported; use utf-8.")
