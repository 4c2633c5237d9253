"""Reading the store's small JSON files safely, even if an attacker wrote them.

Pipes are not waited on, links are not followed, oversized files are not read and deep nesting does not crash the
reader. Callers validate the content.
"""

import json
import os
import re
import stat
from pathlib import Path
from typing import Any, BinaryIO, Final

MAX_DOCUMENT_BYTES: Final = 64 * 2**20
"""Size limit of a document: a report of 300,000 images is smaller."""
_SURROGATE: Final = re.compile(rb"\\u[dD][89a-fA-F]")
"""How JSON escapes half of a pair of surrogates; only a whole pair is a character."""
MAX_SMALL_BYTES: Final = 4 * 2**20
"""Size limit of a manifest, which lists some 15 files, and of aliases. A document of only brackets takes 30 times as
much memory when it is parsed."""


def read_document(path: Path, *, max_bytes: int = MAX_DOCUMENT_BYTES) -> dict[str, Any]:
    """Read a JSON object.

    Args:
        path: The file.
        max_bytes: Size limit.

    Raises:
        FileNotFoundError: If the file does not exist.
        OSError, ValueError: If the file cannot be read or is not a JSON object in UTF-8; the message says which.
    """
    data = read_bytes(path, max_bytes=max_bytes)
    try:
        document = json.loads(data.decode("utf-8-sig"))
        if _SURROGATE.search(data):
            json.dumps(document, ensure_ascii=False).encode()  # half of a pair could be neither sent nor written
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error
    if not isinstance(document, dict):
        raise ValueError("it is not a JSON object")  # noqa: TRY004  invalid data as above, not a wrong argument type
    return document


def read_bytes(path: Path, *, dir_fd: int | None = None, max_bytes: int = MAX_DOCUMENT_BYTES) -> bytes:
    """Read a small file; the errors are those of `open_document`."""
    with open_document(path, dir_fd=dir_fd, max_bytes=max_bytes) as file:
        return file.read(max_bytes)


def open_document(path: Path, *, dir_fd: int | None = None, max_bytes: int = MAX_DOCUMENT_BYTES) -> BinaryIO:
    """Open a small file, for reading.

    Raises:
        FileNotFoundError: If the file does not exist.
        OSError, ValueError: If the file cannot be read, is not a regular file or has more than `max_bytes`.
    """
    handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=dir_fd)
    file = os.fdopen(handle, "rb")
    try:
        _check_file(os.fstat(handle), max_bytes)
    except ValueError:
        file.close()
        raise
    return file


def _check_file(status: os.stat_result, max_bytes: int) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise ValueError("it is not a regular file")
    if status.st_size > max_bytes:
        raise ValueError(f"it has {status.st_size} bytes, more than {max_bytes}")
