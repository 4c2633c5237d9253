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

from app.api.receiving.bodies import Spool, budget_of
from app.api.receiving.boundary import Beginning, boundary_of, boundary_problem
from app.api.receiving.filenames import CHARSETS, extended_filename
from app.api.receiving.form_fields import described_text, shortened
from app.errors import BodyEmpty, FormMalformed

_MAX_FIELDS: Final = 16
_MAX_FIELD_BYTES: Final = 64 * 1024
"""Fields that are not files are ignored, but held in memory."""
_REMEDIES: Final = {
    "Too many files": "Send fewer in each request; POST /predict takes one, POST /predict/batch many, called 'files'.",
    "Too many fields": "Leave out the fields with text, which are not used.",
    "last boundary": "Send the whole form again; its last line is its boundary with -- before and after it.",
}
"""Words of the framework's parser, or of this module, and what to do."""
_MADE_BY_A_LIBRARY: Final = "Have the form made by the client's HTTP library. With curl: -F FIELD=@FILE"


@asynccontextmanager
async def open_form(request: Request, max_files: int) -> AsyncIterator[FormData]:
    """Parse a form and close its files at the end of the block.

    Args:
        request: A request with the media type `multipart/form-data`.
        max_files: The greatest number of parts with a file name.

    Raises:
        BodyEmpty: If the body has no bytes.
        Exhausted: If there was no memory for it in time.
        FormMalformed: If the form cannot be parsed, has more parts than allowed, or ends before its last boundary.
            The parser would silently leave out the last file of a form that was cut short.
        MemoryNeverEnough: If the part of it that stays in memory never has room there.
    """
    _check_charset(request)
    boundary = boundary_of(request)
    beginning = Beginning()
    with budget_of(request).share("the form") as share:
        spool = Spool(request, share)
        async with aclosing(beginning.remember(spool.pieces())) as stream:
            parser = _Parser(
                request.headers, stream, max_files=max_files, max_fields=_MAX_FIELDS, max_part_size=_MAX_FIELD_BYTES
            )
            parser.spool = spool
            try:
                yield await _parse(parser, beginning, boundary)
            finally:
                parser.close()


async def _parse(parser: "_Parser", beginning: Beginning, boundary: bytes) -> FormData:
    try:
        form = await parser.parse()
    except MultiPartException as error:
        raise _problem(error.message, beginning, boundary) from error
    if not parser.is_whole:
        raise _problem("It ends before its last boundary", beginning, boundary)
    return form


class _Parser(MultiPartParser):
    spool_max_size = 64 * 1024  # of each file; the rest of it is on disk
    spool: Spool
    is_whole = False
    _part_bytes = 0

    def on_headers_finished(self) -> None:
        part = self._current_part
        disposition = part.content_disposition or b""
        if b"*" not in disposition and b"=?" not in disposition:
            super().on_headers_finished()
            return
        filename = extended_filename(disposition.decode("latin-1"))
        if filename is not None:
            part.content_disposition = disposition + b'; filename=""'  # a file, even without a plain name
        super().on_headers_finished()
        if filename is not None and part.file is not None:
            part.file.filename = filename

    def on_part_data(self, data: bytes, start: int, end: int) -> None:
        part = self._current_part
        if part.file is None and len(part.data) + end - start > self.max_part_size:
            text = (part.data + data[start:end]).decode("utf-8", "replace")
            name = shortened(part.field_name)
            what, hint = described_text(text, name)
            raise FormMalformed(f"the field {name!r} {what}, of more than {self.max_part_size // 1024} KiB", hint=hint)
        super().on_part_data(data, start, end)
        if part.file is not None:
            self._count(end - start)

    def on_part_begin(self) -> None:
        super().on_part_begin()
        self._part_bytes = 0

    def _count(self, more: int) -> None:
        """Count bytes of a file as written: all of them, as soon as there are too many to stay in memory."""
        before = self._part_bytes
        self._part_bytes += more
        if self._part_bytes > self.spool_max_size:
            self.spool.wrote(more if before > self.spool_max_size else self._part_bytes)

    def on_end(self) -> None:
        self.is_whole = True

    def close(self) -> None:
        """Close every file, even one whose part did not end."""
        for file in self._files_to_close_on_error:
            file.close()


def _problem(message: str, beginning: Beginning, boundary: bytes) -> BodyEmpty | FormMalformed:
    """Return the error for a form that the framework's parser refuses with a message."""
    if not beginning.data:
        return BodyEmpty()
    other = boundary_problem(beginning.data, boundary)
    if other is not None:
        return other
    if '"name"' in message:
        hint = 'Name it: Content-Disposition: form-data; name="FIELD"; filename="FILE"'
        return FormMalformed("a part has no name in its Content-Disposition", hint=hint)
    hint = next((remedy for words, remedy in _REMEDIES.items() if words in message), _MADE_BY_A_LIBRARY)
    return FormMalformed(message[0].lower() + message[1:].rstrip("."), hint=hint)


def _check_charset(request: Request) -> None:
    """Accept only codecs that a browser would name."""
    charset = parse_options_header(request.headers["content-type"])[1].get(b"charset", b"utf-8").decode("latin-1")
    if charset.lower() not in CHARSETS:
        raise FormMalformed(
            f"the charset {shortened(charset)!r} is not supported", hint="Leave out the charset, or use utf-8."
        )
