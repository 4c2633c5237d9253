"""Stored reports as they lie on disk, sent in pieces: those that nobody reads take no memory and no thread."""

import os
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import BinaryIO, Final, Literal, Self

from starlette.requests import Request
from starlette.responses import Response

from app.api.negotiation import is_known
from app.api.responses import VARY, StreamedResponse
from app.concurrency import FileThreads
from app.reports.forms import MEDIA_TYPES
from model_store.errors import VersionCorrupt
from model_store.storage.reports import StoredReport

_PIECE_BYTES: Final = 64 * 1024
_FRAMES: Final = {"json": (b"", b""), "jsonl": (b'{"event":"report","report":', b"}\n")}
"""What is before and after the report in each form."""
_ONE_LINE: Final = bytes.maketrans(b"\r\n", b"  ")
"""Line breaks between the members, in a report that was edited by hand."""
_LAST_BYTES: Final = 64
"""The bytes at the end of a file that are looked at."""


@dataclass(frozen=True)
class OpenReport:
    """A stored report whose file is open; whoever opened it closes the file."""

    stored: StoredReport
    file: BinaryIO
    etag: str
    """The entity tag, with its quotes: another one if the file is replaced."""
    bytes: int

    @classmethod
    def of(cls, stored: StoredReport) -> Self:
        """Open a report. This blocks.

        Raises:
            ReportNotFound: If the report was removed in the meantime.
            VersionCorrupt: If the file cannot be read, or is not a whole JSON object as far as its ends show.
        """
        file = stored.open()
        try:
            _check_ends(stored, file)
            status = os.fstat(file.fileno())
        except BaseException:
            file.close()
            raise
        etag = f'"{stored.id}-{status.st_size:x}-{status.st_mtime_ns:x}"'
        return cls(stored, file, etag, status.st_size)


def _check_ends(stored: StoredReport, file: BinaryIO) -> None:
    begin = file.read(1)
    file.seek(max(0, file.seek(0, os.SEEK_END) - _LAST_BYTES))
    end = file.read().rstrip()
    file.seek(0)
    if begin != b"{" or not end.endswith(b"}"):
        raise VersionCorrupt(stored.path, ["it is not a JSON object"])


def stream_report(request: Request, opened: OpenReport, form: Literal["json", "jsonl"], files: FileThreads) -> Response:
    """Return the response that sends a report, or 304 if the client has it already.

    Args:
        request: The request.
        opened: The report; its file stays open until the response is sent.
        form: The report itself, or as the last of the lines with which an evaluation is answered.
        files: Threads for reading.
    """
    before, after = _FRAMES[form]
    etag = opened.etag if form == "json" else f'{opened.etag[:-1]}-{form}"'
    headers = {**VARY, "Cache-Control": "private, no-cache", "ETag": etag}
    if is_known(request, etag):
        return Response(status_code=304, headers=headers)
    headers["Content-Length"] = str(len(before) + opened.bytes + len(after))

    async def pieces() -> AsyncGenerator[bytes, None]:
        yield before
        left = opened.bytes
        while left:
            piece = await files.run(opened.file.read, min(left, _PIECE_BYTES))
            if not piece:
                raise VersionCorrupt(opened.stored.path, ["it became shorter while it was sent"])
            left -= len(piece)
            yield piece if form == "json" else piece.translate(_ONE_LINE)
        yield after

    return StreamedResponse(pieces(), media_type=MEDIA_TYPES[form], headers=headers)
