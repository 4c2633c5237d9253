"""Zip checks."""

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
from model_store.labelled_sets.labelled_set import SetLimits

_METHODS: Final = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
"""Of the others, `zipfile` unpacks whole blocks before it looks at a size: 178 bytes of bzip2 become 200 MB."""

_ENCRYPTED: Final = 0x1
_ENTRY_SIGNATURE: Final = b"PK\x01\x02"
_END_SIGNATURE: Final = b"PK\x05\x06"
_END_BYTES: Final = 22
_MAX_COMMENT_BYTES: Final = 1 << 16
_END64_SIGNATURE: Final = b"PK\x06\x06"
_END64_BYTES: Final = 56 + 20
"""The end in 64 bits and what locates it, before the other one."""
_IN_64_BITS: Final = 0xFFFF
"""Stands for a number that is there."""
_MAX_BYTES_PER_ENTRY: Final = 1024
"""In the directory, on average: 46 and the path, which a person can still read."""
_LOCAL_HEADER_BYTES: Final = 30
_CONTROL_CHARACTER: Final = re.compile(r"[\x00-\x1f]")
_DAMAGES: Final = (zipfile.BadZipFile, zlib.error, struct.error, OSError, ValueError, OverflowError, RuntimeError)
"""What `zipfile` raises on damaged bytes, beside EOFError; NotImplementedError is a RuntimeError."""


def _size(file: BinaryIO) -> int:
    return file.seek(0, io.SEEK_END)


class _Guard(io.RawIOBase):
    """A file that refuses to hand over a directory of more entries than allowed.

    `zipfile` reads the whole directory in one call and makes an object of every entry; that of ten million would fill
    the memory. The signature of an entry occurs at least once an entry, so counting it is enough.
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
        return data

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        return self._file.tell()

    def seekable(self) -> bool:
        return True

    def readable(self) -> bool:
        return True


def _open(file: BinaryIO, max_entries: int) -> zipfile.ZipFile:
    file.seek(0)
    is_zip_like = file.read(2) == b"PK"
    guard = _Guard(file, max_entries)
    try:
        opened = zipfile.ZipFile(cast("IO[bytes]", guard))
    except (*_DAMAGES, EOFError) as error:
        if not is_zip_like:
            raise SetRejected("not-a-zip", "The file does not begin or end as a zip does.") from error
        detail = f"The archive's directory, at its end, cannot be read ({error}); was it uploaded whole?"
        raise SetRejected("truncated", detail) from error
    guard.is_opening = False
    _check_end(file, len(opened.infolist()))
    return opened


def _check_end(file: BinaryIO, entries: int) -> None:
    """Refuse an archive whose end tells of other entries than its directory holds; `zipfile` does not compare them.

    Whoever cut a directory short would take files out of the report without a word.
    """
    file.seek(max(_size(file) - _END64_BYTES - _END_BYTES - _MAX_COMMENT_BYTES, 0))
    data = file.read()
    is_last = data[-_END_BYTES:].startswith(_END_SIGNATURE) and data.endswith(b"\0\0")
    at = len(data) - _END_BYTES if is_last else data.rfind(_END_SIGNATURE)
    disk, _, _, told = struct.unpack_from("<4H", data, at + 4)
    is_64 = at >= _END64_BYTES and data.startswith(_END64_SIGNATURE, at - _END64_BYTES)
    if is_64:
        (told,) = struct.unpack_from("<Q", data, at - _END64_BYTES + 32)
    if disk not in {0, _IN_64_BITS}:
        raise SetRejected("truncated", "This is one part of an archive in several; join them first.")
    if told != (entries if is_64 else entries % 2**16):  # without Zip64, programs count on from 0
        detail = f"The archive's end tells of {told} entries, its directory has {entries}; was it damaged?"
        raise SetRejected("truncated", detail)


def _check_entries(entries: Iterable[tuple[str, zipfile.ZipInfo]]) -> dict[str, zipfile.ZipInfo]:
    """Check entries under their names, and return those that are files by their paths.

    A path has forward slashes and no empty steps, whichever system wrote it.
    """
    files: dict[str, zipfile.ZipInfo] = {}
    seen: set[str] = set()
    for name, info in entries:
        path = PurePosixPath(name.replace("\\", "/")).as_posix()
        is_directory = name.endswith(("/", "\\"))  # Windows programs wrote the latter
        if _is_unsafe(name):
            raise SetRejected("unsafe-path", f"The path {name!r} is not a plain relative one.")
        if stat.S_IFMT(info.external_attr >> 16) not in {0, stat.S_IFREG, stat.S_IFDIR}:
            raise SetRejected("link", f"{path} is a link or a special file.")
        if info.flag_bits & _ENCRYPTED:
            raise SetRejected("encrypted", f"{path} is encrypted; make the archive without a password.")
        if info.compress_type not in _METHODS:
            detail = f"{path} is compressed by method {info.compress_type}; use deflate, as every zip program can."
            raise SetRejected("unsupported-compression", detail)
        if path in seen and not is_directory:
            raise SetRejected("duplicate-path", f"{path} is there twice.")
        seen.add(path)
        if not is_directory:
            files[path] = info
    return files


def _is_unsafe(name: str) -> bool:
    name = name.replace("\\", "/")
    has_control_characters = _CONTROL_CHARACTER.search(name) is not None
    has_drive = len(name) > 1 and name[1] == ":" and name[0].isalpha()
    return not name or name[0] == "/" or ".." in name.split("/") or has_control_characters or has_drive


def _check_amount(infos: list[zipfile.ZipInfo], archive_bytes: int, limits: SetLimits) -> None:
    """Compare declared sizes with the limits; an entry that lies fails its checksum when it is read."""
    total = sum(info.file_size for info in infos)
    if total > limits.max_uncompressed_bytes:
        detail = f"Unpacked, the files are {total} bytes, more than the limit of {limits.max_uncompressed_bytes}."
        raise SetRejected("too-large-uncompressed", detail)
    if total > limits.max_compression_ratio * archive_bytes:
        detail = f"Unpacked, the files are over {limits.max_compression_ratio:g} times as large as the archive."
        raise SetRejected("compression-ratio", detail)


def _check_overlap(infos: list[zipfile.ZipInfo], directory_start: int) -> None:
    """Refuse entries that share bytes (Fifield 2019, "A better zip bomb"): their sizes are honest, their sum is not."""
    ordered = sorted(infos, key=lambda info: info.header_offset)
    ends = [*(info.header_offset for info in ordered[1:]), directory_start]
    for info, end in zip(ordered, ends, strict=True) if ordered else ():
        if info.header_offset + _LOCAL_HEADER_BYTES + info.compress_size > end:
            raise SetRejected("compression-ratio", f"{info.filename} overlaps with another entry: a zip bomb.")


def _too_many_entries(most: int) -> SetRejected:
    return SetRejected("too-many-entries", f"The archive has more than {most} entries.")
