"""Uploaded files, as a raw body or as fields of a form: one image is held in memory, an archive on disk.

Limits on the whole body are in `middleware`. The rules about media types are here, and no other module reads a
request's stream.
"""

import hashlib
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import IO, BinaryIO, Final, cast

from starlette.datastructures import FormData, UploadFile
from starlette.requests import Request

from app.api.receiving.bodies import STEP_BYTES, Spool, budget_of, read_body, take_up_to
from app.api.receiving.boundary import check_not_a_form
from app.api.receiving.form_fields import Field, field_missing, shortened
from app.api.receiving.forms import open_form
from app.concurrency import FileThreads
from app.errors import BodyEmpty, CodingUnsupported, FormMalformed, MediaTypeUnsupported
from app.inference.sources import SourceFile
from app.memory.budget import Share
from app.settings import Settings
from model_store.images.files import check_file_size
from model_store.labelled_sets.archives.partial_file import Piece
from model_store.labelled_sets.corrections.reading import MAX_BYTES

FORM: Final = "multipart/form-data"
CORRECTIONS: Final = "corrections"
"""The field of a form that holds the file of corrections of a labelled set."""
ZIP: Final = ("application/zip", "application/x-zip-compressed", "application/octet-stream")
IMAGE: Final = ("image/*", "application/octet-stream")
MAX_PIECES: Final = 1000
_MAX_DIGITS: Final = 18


class Upload:
    """One uploaded file in memory, whose bytes are released when they are taken and not only when the request ends.

    Args:
        filename: The client's name for the file.
        data: The file.
    """

    def __init__(self, filename: str | None, data: bytes) -> None:
        self.filename = filename
        self._data = [data]

    def take(self) -> bytes:
        """Return the bytes and forget them; may be called once."""
        return self._data.pop()


@dataclass(frozen=True)
class Spooled:
    """One uploaded file on disk; the function that opened it closes it."""

    filename: str | None
    file: BinaryIO
    bytes: int
    sha256: str
    corrections: Upload | None = None
    """A file of corrections, if the form has one."""


def media_type(request: Request) -> str:
    """Return the declared media type without parameters, in lower case; empty if none is declared."""
    return request.headers.get("content-type", "").split(";")[0].strip().lower()


async def read_image(request: Request, share: Share) -> Upload:
    """Read one image: the raw body, or the field `file` of a form.

    Args:
        request: The request.
        share: Takes the bytes of the image.

    Raises:
        BodyEmpty: If the body, or the field, has no bytes.
        CodingUnsupported: If the body has a `Content-Encoding`.
        Exhausted: If there was no memory for it in time.
        FieldMissing: If the form has no field `file`.
        FormMalformed: If the form cannot be parsed, or is declared as an image.
        MediaTypeUnsupported: If the media type is not an image's.
        MemoryNeverEnough: If it takes more memory than one request may have.
    """
    _check_coding(request)
    declared = media_type(request)
    if declared == FORM:
        async with open_form(request, 1) as form:
            file = _files(form, "file")[0]
            await take_up_to(share, file.size or 0)
            filename, data = file.filename, await file.read()
    elif declared.startswith("image/") or declared in {"", "application/octet-stream"}:
        filename, data = None, await read_body(request, share)  # `request.body()` would keep the bytes
        check_not_a_form(data, declared)
    else:
        raise MediaTypeUnsupported(declared, [*IMAGE, FORM])
    if not data:
        raise BodyEmpty
    return Upload(filename, data)


@asynccontextmanager
async def open_files(request: Request, max_files: int) -> AsyncIterator[list[UploadFile]]:
    """Open the files of the field `files` of a form.

    Raises:
        CodingUnsupported: If the body has a `Content-Encoding`.
        FieldMissing: If the form has no such file, or one has no file name and is therefore text.
    """
    _check_coding(request)
    async with open_form(request, max_files) as form:
        yield _files(form, "files")


def image_file(file: UploadFile, max_image_bytes: int) -> SourceFile:
    """Return one image of a form; reading it raises `ImageRejected` if it is too large."""

    def read() -> bytes:
        check_file_size(file.filename or "The file", file.size or 0, max_image_bytes)
        file.file.seek(0)
        return file.file.read()

    return SourceFile(read, min(file.size or 0, max_image_bytes))


@asynccontextmanager
async def open_archive(request: Request, files: FileThreads, settings: Settings) -> AsyncIterator[Spooled]:
    """Write an archive to disk: the raw body, or the field `file` of a form. It is removed at the end of the block.

    A form may have a file of corrections as well, in the field `corrections`.

    Raises:
        BodyEmpty: If the body, or the field, has no bytes.
        FieldMissing: If the form has no field `file`, or text in the field `corrections`.
        FormMalformed: If the form cannot be parsed, or has further files.
        CodingUnsupported: If the body has a `Content-Encoding`.
        Exhausted: If there was no memory for it in time.
        MediaTypeUnsupported: If the media type is not a zip's.
        MemoryNeverEnough: If the directory for uploads is in memory, and there never can be room for it.
        OSError: If no space is left; `problems` maps this error.
    """
    _check_coding(request)
    declared = media_type(request)
    if declared == FORM:
        async with open_form(request, 2) as form:
            archive, table = _set_files(form)
            spooled = _not_empty(await files.run(_measure, archive.file, archive.filename))
            with budget_of(request).share("the file of corrections") as share:
                if table is not None:
                    await take_up_to(share, min(table.size or 0, MAX_BYTES + 1))
                    spooled = replace(spooled, corrections=Upload(table.filename, await table.read(MAX_BYTES + 1)))
                yield spooled
    elif declared in {"", *ZIP}:
        with (
            tempfile.TemporaryFile(dir=settings.spool_directory()) as file,
            budget_of(request).share("the archive") as share,
        ):
            yield _not_empty(await _spool(request, files, file, share))
    else:
        raise MediaTypeUnsupported(declared, [*ZIP, FORM])


@asynccontextmanager
async def open_pieces(request: Request, size: int | None) -> AsyncIterator[tuple[list[Piece], int]]:
    """Open the pieces of one file: the fields of a form, each called by the place of its first byte.

    Args:
        request: The request.
        size: The bytes of the whole file; None if it ends with the last piece.

    Yields:
        The pieces, in their order, and the bytes of the whole file.

    Raises:
        BodyEmpty: If no piece has a byte.
        CodingUnsupported: If the body has a `Content-Encoding`.
        FieldMissing: If the form has no file.
        FormMalformed: If a field is not called by a place, or a piece does not fit between the others.
        MediaTypeUnsupported: If the body is not a form.
    """
    _check_coding(request)
    if media_type(request) != FORM:
        raise MediaTypeUnsupported(media_type(request), [FORM])
    async with open_form(request, MAX_PIECES) as form:
        fields: list[Field] = form.multi_items()
        pieces = [_piece(name, file) for name, file in fields if isinstance(file, UploadFile)]
        if not pieces:
            raise field_missing(fields, "0")
        if not any(piece.bytes for piece in pieces):
            raise BodyEmpty
        pieces.sort(key=lambda piece: piece.start)
        ends = [*(piece.start for piece in pieces[1:]), pieces[-1].end if size is None else size]
        for piece, end in zip(pieces, ends, strict=True):
            if piece.end > end:
                reason = f"the piece at {piece.start} has {piece.bytes} bytes, and the next, or the end, is at {end}"
                raise FormMalformed(reason, hint="Send each byte once, and ?size= with the bytes of the whole file.")
        yield pieces, ends[-1]


def _piece(name: str, file: UploadFile) -> Piece:
    if not (name.isascii() and name.isdecimal() and len(name) <= _MAX_DIGITS):
        reason = f"the field {shortened(name)!r} is not called by a place in the file"
        raise FormMalformed(reason, hint="Call each piece by the place of its first byte. With curl: -F 0=@FILE")
    return Piece(int(name), file.size or 0, file.file)


async def _spool(request: Request, files: FileThreads, file: IO[bytes], share: Share) -> Spooled:
    """Write a body to a file; the share has the bytes that are in memory, in the file too if that is where it is."""
    digest = hashlib.sha256()
    spool = Spool(request, share)

    def write(pieces: Sequence[bytes]) -> int:
        for piece in pieces:
            digest.update(piece)
            file.write(piece)
        return sum(map(len, pieces))

    pieces: list[bytes] = []
    waiting = length = 0
    async for piece in spool.pieces():
        pieces.append(piece)
        waiting += len(piece)
        length += len(piece)
        if waiting >= STEP_BYTES:
            spool.wrote(await files.run(write, pieces))
            pieces, waiting = [], 0
    spool.wrote(await files.run(write, pieces))
    await files.run(file.flush)
    share.give_back(kept=length - spool.bytes)
    return Spooled(None, cast("BinaryIO", file), length, digest.hexdigest())


def _measure(file: BinaryIO, filename: str | None) -> Spooled:
    file.seek(0)
    digest = hashlib.sha256()
    length = 0
    while piece := file.read(STEP_BYTES):
        digest.update(piece)
        length += len(piece)
    return Spooled(filename, file, length, digest.hexdigest())


def _not_empty(spooled: Spooled) -> Spooled:
    if spooled.bytes == 0:
        raise BodyEmpty
    return spooled


def _files(form: FormData, field: str) -> list[UploadFile]:
    """Return the files of a field, of which there is at least one and none is text."""
    fields: list[Field] = form.multi_items()
    sent = [value for name, value in fields if name == field]
    files = [value for value in sent if isinstance(value, UploadFile)]
    if not files or len(files) < len(sent):
        raise field_missing(fields, field)
    return files


def _set_files(form: FormData) -> tuple[UploadFile, UploadFile | None]:
    """Return the archive of a form and its file of corrections, if it has one; other files are refused."""
    archives = _files(form, "file")
    corrections = _files(form, CORRECTIONS) if CORRECTIONS in form else []
    files = sum(isinstance(value, UploadFile) for _, value in form.multi_items())
    if len(archives) > 1 or len(corrections) > 1 or files > len(archives) + len(corrections):
        hint = f"Send one zip in the field 'file' and, if there are any, the corrections in the field {CORRECTIONS!r}."
        raise FormMalformed("too many files for one evaluation", hint=hint)
    return archives[0], corrections[0] if corrections else None


def _check_coding(request: Request) -> None:
    """Refuse a body that is compressed once more: its limits would be those of the compressed bytes."""
    coding = request.headers.get("content-encoding", "").strip()
    if coding.lower() not in {"", "identity"}:
        raise CodingUnsupported(coding)
