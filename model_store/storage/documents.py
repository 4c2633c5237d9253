"""The small JSON files of a store, read with suspicion: whoever can write one should not stop a reader.

A pipe is not waited for, a link is not followed, a giant is not read and a million brackets are no crash. What a
document must hold is its reader's business.
"""

import json
import os
import stat
from pathlib import Path
from typing import Any, Final

MAX_DOCUMENT_BYTES: Final = 64 * 2**20
"""A manifest of 300,000 files or a report of as many images is below."""


def read_document(path: Path) -> dict[str, Any]:
    """Read a JSON object.

    Raises:
        FileNotFoundError: There is no file.
        OSError, ValueError: It cannot be read, or is no JSON object; the message says which.
    """
    try:
        document = json.loads(read_bytes(path))
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error
    if not isinstance(document, dict):
        raise ValueError("it is no JSON object")  # noqa: TRY004  wrong data, as the other two, no wrong type of argument
    return document


def read_bytes(path: Path, *, dir_fd: int | None = None) -> bytes:
    """Read a small file.

    Raises:
        FileNotFoundError: There is no file.
        OSError, ValueError: It cannot be read, or is no plain file of `MAX_DOCUMENT_BYTES` or fewer.
    """
    handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=dir_fd)
    with os.fdopen(handle, "rb") as file:
        status = os.fstat(handle)
        if not stat.S_ISREG(status.st_mode):
            raise ValueError("it is no plain file")
        if status.st_size > MAX_DOCUMENT_BYTES:
            raise ValueError(f"it has {status.st_size} bytes, more than {MAX_DOCUMENT_BYTES}")
        return file.read(MAX_DOCUMENT_BYTES)
