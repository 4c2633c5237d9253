"""The checks that a zip must pass before any of its entries is read.

`zipfile` trusts what a zip declares. Its directory, its sizes and its paths are checked here first.
"""

import io
import re
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterable
from pathlib import PurePosixPath
from typing import IO, BinaryIO, Final, cast

from model_store.errors import SetRejected
from model_store.labelled_sets.archives.zip_fields import without_broken_unicode_paths
from model_store.labelled_sets.labelled_set import SetLimits
from model_store.labelled_sets.walk import is_system_file

_METHODS: Final = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
"""With other methods `zipfile` unpacks whole blocks before it checks a size: 178 bytes of bzip2 become 200 MB."""

_ENCRYPTED: Final = 0x1
_ENTRY_SIGNATURE: Final = b"PK\x01\x02"
_END_SIGNATURE: Final = b"PK\x05\x06"
_END_BYTES: Final = 22
_MAX_COMMENT_BYTES: Final = 1 << 16
_END64_SIGNATURE: Final = b"PK\x06\x06"
_LOCATOR_SIGNATURE: Final = b"PK\x06\x07"
_LOCATOR_BYTES: Final = 20
_END64_BYTES: Final = 56 + _LOCATOR_BYTES
"""The length of the 64-bit end record and its locator, which come before the other end record."""
_IN_64_BITS: Final = 0xFFFF
"""The placeholder for a number that is in the 64-bit end record."""
_MAX_BYTES_PER_ENTRY: Final = 1024
"""The most bytes an entry takes in the directory, on average: 46 and a path that a person can still read."""
_LOCAL_HEADER_BYTES: Final = 30
_CONTROL_CHARACTER: Final = re.compile(r"[\x00-\x1f]")
DAMAGES: Final = (zipfile.BadZipFile, zlib.error, struct.error, OSError, ValueError, OverflowError, RuntimeError)
"""The errors that `zipfile` raises on damaged bytes, beside EOFError; NotImplementedError is a RuntimeError."""


def size_of(file: BinaryIO) -> int:
    """Return the length of an open file in bytes; its position moves to the end."""
    return file.seek(0, io.SEEK_END)


class _Guard(io.RawIOBase):
    """A file that refuses to hand over a directory of more entries than allowed.

    `zipfile` reads the whole directory in one call and makes an object of every entry: ten million of them would fill
    the memory. Each entry has its signature at least once, so counting signatures is enough. Broken Unicode paths are
    taken out of the directory, so that they spoil nothing.
    """

    def __init__(self, file: BinaryIO, max_entries: int) -> None:
        self._file = file
        self._max_entries = max_entries
        self.is_opening = True

    def read(self, size: int = -1) -> bytes:
        if self.is_opening and size > self._max_entries * _MAX_BYTES_PER_ENTRY:
            raise _too_many_entries(self._max_entries)
        data = self._file.read(size)
        if self.is_opening and data.count(_ENTRY_SIGNATURE) > self._max_entries:
            raise _too_many_entries(self._max_entries)
        return without_broken_unicode_paths(data) if self.is_opening else data

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        return self._file.tell()

    def seekable(self) -> bool:
        return True

    def readable(self) -> bool:
        return True


def open_zip(file: BinaryIO, max_entries: int) -> zipfile.ZipFile:
    """Open a zip and check that its directory is whole.

    Raises:
        SetRejected: If the file is not a zip, is damaged or cut off, or has more than `max_entries` entries.
    """
    file.seek(0)
    is_zip_like = file.read(2) == b"PK"
    guard = _Guard(file, max_entries)
    try:
        opened = zipfile.ZipFile(cast("IO[bytes]", guard))
    except (*DAMAGES, EOFError) as error:
        if not is_zip_like:
            raise SetRejected("not-a-zip", "The file does not begin or end as a zip does.") from error
        detail = f"The archive's directory, at its end, cannot be read ({error}); upload the whole file again."
        raise SetRejected("truncated", detail) from error
    guard.is_opening = False
    _check_end(file, len(opened.infolist()))
    return opened


def _check_end(file: BinaryIO, entries: int) -> None:
    """Refuse an archive whose end record declares another number of entries than its directory holds.

    `zipfile` does not compare the two. A directory that was cut short would take files out of the report unnoticed.
    """
    data = _last_bytes(file, _LOCATOR_BYTES + _END_BYTES)
    is_last = data[-_END_BYTES:].startswith(_END_SIGNATURE) and data.endswith(b"\0\0")
    if not is_last or data.startswith(_LOCATOR_SIGNATURE):
        data = _last_bytes(file, _END64_BYTES + _END_BYTES + _MAX_COMMENT_BYTES)
    at = len(data) - _END_BYTES if is_last else data.rfind(_END_SIGNATURE)
    disk, _, _, declared_entries = struct.unpack_from("<4H", data, at + 4)
    is_64 = at >= _END64_BYTES and data.startswith(_END64_SIGNATURE, at - _END64_BYTES)
    if is_64:
        (declared_entries,) = struct.unpack_from("<Q", data, at - _END64_BYTES + 32)
    if disk not in {0, _IN_64_BITS}:
        raise SetRejected("truncated", "This is one part of a split archive; join the parts first.")
    if declared_entries != (entries if is_64 else entries % 2**16):  # without Zip64, programs count on from 0
        detail = (
            f"The archive's end declares {declared_entries} entries, but its directory has {entries}; pack it again."
        )
        raise SetRejected("truncated", detail)


def _last_bytes(file: BinaryIO, count: int) -> bytes:
    file.seek(max(size_of(file) - count, 0))
    return file.read()


def check_entries(entries: Iterable[tuple[str, zipfile.ZipInfo]]) -> dict[str, zipfile.ZipInfo]:
    """Check entries under their names.

    The files of an operating system, which are never read, are checked for their place only. An empty entry that names
    the archive's own root is one of its folders.

    Args:
        entries: The name of each entry, as `name_of` reads it, and the entry.

    Returns:
        Path → entry, of the files. A path has forward slashes and no empty steps, whichever system wrote it.

    Raises:
        SetRejected: If an entry has an unsafe or repeated path, is a link, is encrypted or is compressed by a method
            other than deflate.
    """
    files: dict[str, zipfile.ZipInfo] = {}
    seen: set[str] = set()
    for name, info in entries:
        path = PurePosixPath(name.replace("\\", "/")).as_posix()
        is_directory = name.endswith("/") or (name.endswith("\\") and info.file_size == 0)  # as Windows programs write
        if is_directory and not path.strip("/") and info.file_size == 0:
            continue
        is_read = not is_system_file(path)
        if _is_outside(name) or (_CONTROL_CHARACTER.search(name) is not None and is_read):
            raise SetRejected("unsafe-path", f"The path {name!r} is not a plain relative path; rename it.")
        if is_read:
            _check_kind(path, info)
        if path in seen and not is_directory:
            raise SetRejected("duplicate-path", f"Two entries have the path {path}; keep one of them.")
        seen.add(path)
        if not is_directory:
            files[path] = info
    return files


def _is_outside(name: str) -> bool:
    """Tell whether a name is absolute, leads out of the archive or cannot be a name at all."""
    name = name.replace("\\", "/")
    has_drive = len(name) > 1 and name[1] == ":" and name[0].isalpha()
    return not name or name[0] == "/" or ".." in name.split("/") or "\0" in name or has_drive


def _check_kind(path: str, info: zipfile.ZipInfo) -> None:
    """Refuse an entry whose bytes are not those of a file, or cannot be unpacked."""
    if stat.S_IFMT(info.external_attr >> 16) not in {0, stat.S_IFREG, stat.S_IFDIR}:
        raise SetRejected("link", f"{path} is a link or a special file; pack the file itself.")
    if info.flag_bits & _ENCRYPTED:
        raise SetRejected("encrypted", f"{path} is encrypted; make the archive without a password.")
    if info.compress_type not in _METHODS:
        detail = f"{path} is compressed by method {info.compress_type}; use deflate, as every zip program can."
        raise SetRejected("unsupported-compression", detail)


def check_amount(infos: list[zipfile.ZipInfo], archive_bytes: int, limits: SetLimits) -> None:
    """Check the declared sizes; an entry that declares a false one fails its checksum when it is read.

    Raises:
        SetRejected: If the files are too large together, or too large in relation to the archive.
    """
    total = sum(info.file_size for info in infos)
    if total > limits.max_uncompressed_bytes:
        detail = f"Unpacked, the files are {total} bytes, more than the limit of {limits.max_uncompressed_bytes}."
        raise SetRejected("too-large-uncompressed", detail)
    if total > limits.max_compression_ratio * archive_bytes:
        detail = f"Unpacked, the files are over {limits.max_compression_ratio:g} times as large as the archive."
        raise SetRejected("compression-ratio", detail)


def check_overlap(infos: list[zipfile.ZipInfo], directory_start: int) -> None:
    """Check that no two entries share bytes: each size would be true, but their sum would not be.

    See Fifield 2019, "A better zip bomb".

    Raises:
        SetRejected: If two entries overlap.
    """
    ordered = sorted(infos, key=lambda info: info.header_offset)
    ends = [*(info.header_offset for info in ordered[1:]), directory_start]
    for info, end in zip(ordered, ends, strict=True) if ordered else ():
        if info.header_offset + _LOCAL_HEADER_BYTES + info.compress_size > end:
            raise SetRejected(
                "compression-ratio",
                f"{info.filename} overlaps another entry, as in a zip bomb; pack the folders again.",
            )


def _too_many_entries(max_entries: int) -> SetRejected:
    detail = f"The archive has more than {max_entries} entries, the limit; split it into several."
    return SetRejected("too-many-entries", detail)
