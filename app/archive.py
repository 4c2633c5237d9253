"""A zip that anybody may have made: listed, checked as a whole, and read entry by entry, never extracted.

Pure: takes an open file, knows neither models nor HTTP. What is refused as a whole has one of `REASONS`; a single bad
file is nobody's fault but its own and is an `ImageRejected` when it is read.
"""

import errno
import io
import re
import stat
import struct
import zipfile
import zlib
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import IO, BinaryIO, Final, cast

from app.errors import ArchiveRejected
from app.labelled_set import LabelledSet, SortedPaths, check_size, give_labels, sort_paths
from app.zip_names import choose_encoding, name_of
from model_store.errors import ImageRejected
from model_store.labelled import SIGNATURE_BYTES, has_image_signature, is_system_file

REASONS: Final = {
    "not-a-zip": "The bytes are no zip archive.",
    "truncated": "The archive ends too early, or its directory is damaged.",
    "encrypted": "An entry is encrypted.",
    "no-images": "There is no image file in the archive.",
    "no-labels": "There are images, but neither a folder nor a `labels.csv` gives any of them its label.",
    "labels-file": "The `labels.csv` cannot be read, or gives an image two labels or none.",
    "too-many-entries": "The archive has more entries than the limit.",
    "too-large-uncompressed": "The files together are larger than the limit when unpacked.",
    "compression-ratio": "The files are larger in relation to the archive than pictures can be: a zip bomb.",
    "unsafe-path": "An entry's path is absolute, climbs out of its folder or holds characters no path has.",
    "link": "An entry is a link or a special file.",
    "duplicate-path": "Two entries have the same path.",
    "unsupported-compression": "An entry is compressed by another method than deflate.",
    "nested-archive-only": "There is no image, but there are archives inside the archive.",
}
"""Every reason for which an archive is refused as a whole, with its meaning."""

_METHODS: Final = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
"""Of the others, `zipfile` unpacks whole blocks before it looks at a size: 178 bytes of bzip2 become 200 MB."""
_ARCHIVE_EXTENSIONS: Final = {".zip", ".7z", ".rar", ".tar", ".gz", ".tgz", ".bz2", ".xz"}
_ENCRYPTED: Final = 0x1
_ENTRY_SIGNATURE: Final = b"PK\x01\x02"
_END_SIGNATURE: Final = b"PK\x05\x06"
_END_BYTES: Final = 22
_MOST_COMMENT_BYTES: Final = 1 << 16
_END64_SIGNATURE: Final = b"PK\x06\x06"
_END64_BYTES: Final = 56 + 20
"""The end in 64 bits and what locates it, before the other one."""
_IN_64_BITS: Final = 0xFFFF
"""Stands for a number that is there."""
_MOST_BYTES_PER_ENTRY: Final = 1024
"""In the directory, on average: 46 and the path, which a person can still read."""
_LOCAL_HEADER_BYTES: Final = 30
_CONTROL_CHARACTER: Final = re.compile(r"[\x00-\x1f]")
_DAMAGES: Final = (zipfile.BadZipFile, zlib.error, struct.error, OSError, ValueError, OverflowError, RuntimeError)
"""What `zipfile` raises on damaged bytes, beside EOFError; NotImplementedError is a RuntimeError."""


@dataclass(frozen=True)
class ArchiveLimits:
    """What an archive may cost."""

    max_entries: int
    max_uncompressed_bytes: int
    max_compression_ratio: float
    """Bytes of all files unpacked over bytes of the archive."""
    max_image_bytes: int


class Archive:
    """A zip whose size has passed the checks; its entries are checked under the names by which they are listed.

    Args:
        file: An open file, seekable, which the caller closes.
        limits: What it may cost.

    Raises:
        ArchiveRejected: It is refused as a whole.
    """

    def __init__(self, file: BinaryIO, limits: ArchiveLimits) -> None:
        self._limits = limits
        bytes_given = _size(file)
        self._zip = _open(file, limits.max_entries)
        self._infos = self._zip.infolist()
        _check_amount(self._infos, bytes_given, limits)
        _check_overlap(self._infos, self._zip.start_dir)
        self._files: dict[str, zipfile.ZipInfo] = {}

    def paths(self) -> list[str]:
        """Return the paths of all files but system files, images or not.

        Raises:
            ArchiveRejected: There are none, or an entry is refused.
        """
        self._list(())
        paths = [path for path in self._files if not is_system_file(path)]
        if not paths:
            raise ArchiveRejected("no-images", "There is no file in the archive.")
        return paths

    def labelled(self, labels: Collection[str]) -> LabelledSet:
        """Sort the entries into images with their labels and the rest with its reasons.

        Args:
            labels: The model's labels: a folder of such a name is no wrapper, and they tell in which code page it is.

        Raises:
            ArchiveRejected: There are no images, none with a label, or an entry or a `labels.csv` is refused.
        """
        encoding = self._list(labels)
        files = sort_paths(self._files, self._has_signature)
        if not files.images:
            raise _no_images(files)
        directories = len(self._infos) - len(self._files)
        return give_labels(files, labels, directories=directories, read=self.read, encoding=encoding)

    def read(self, path: str) -> bytes:
        """Read one entry by its path in the latest listing, `paths` or `labelled`.

        Raises:
            ImageRejected: It has too many bytes, or its data are damaged.
        """
        info = self._files[path]
        check_size(path, info.file_size, self._limits.max_image_bytes)
        return self._read(path, self._limits.max_image_bytes + 1)

    def _list(self, labels: Collection[str]) -> str | None:
        """Name the entries and check them; return what names were read as that are not marked."""
        encoding = choose_encoding(self._infos, labels)
        self._files = _check_entries((name_of(info, encoding), info) for info in self._infos)
        return encoding

    def _read(self, path: str, most: int) -> bytes:
        try:
            info = self._files[path]
            with self._zip.open(info) as entry:
                return entry.read(min(most, info.file_size + 1))  # asked for more, `zipfile` would unpack more
        except EOFError as error:
            raise ImageRejected("truncated", f"{path} ends before its last byte.") from error
        except _DAMAGES as error:
            if isinstance(error, OSError) and error.errno not in {None, errno.EINVAL}:
                raise  # the disk's fault, not the file's; EINVAL is a place that no file has
            raise ImageRejected("corrupt", f"The archive's data of {path} are damaged.") from error

    def _has_signature(self, path: str) -> bool:
        try:
            return has_image_signature(self._read(path, SIGNATURE_BYTES))
        except ImageRejected:
            return False  # neither its name nor its bytes say that it is an image


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
        if self.is_opening and size > self._max_entries * _MOST_BYTES_PER_ENTRY:
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
            raise ArchiveRejected("not-a-zip", "The file does not begin or end as a zip does.") from error
        detail = f"The archive's directory, at its end, cannot be read ({error}); was it uploaded whole?"
        raise ArchiveRejected("truncated", detail) from error
    guard.is_opening = False
    _check_end(file, len(opened.infolist()))
    return opened


def _check_end(file: BinaryIO, entries: int) -> None:
    """Refuse an archive whose end tells of other entries than its directory holds; `zipfile` does not compare them.

    Whoever cut a directory short would take files out of the report without a word.
    """
    file.seek(max(_size(file) - _END64_BYTES - _END_BYTES - _MOST_COMMENT_BYTES, 0))
    data = file.read()
    is_last = data[-_END_BYTES:].startswith(_END_SIGNATURE) and data.endswith(b"\0\0")
    at = len(data) - _END_BYTES if is_last else data.rfind(_END_SIGNATURE)
    disk, _, _, told = struct.unpack_from("<4H", data, at + 4)
    is_64 = at >= _END64_BYTES and data.startswith(_END64_SIGNATURE, at - _END64_BYTES)
    if is_64:
        (told,) = struct.unpack_from("<Q", data, at - _END64_BYTES + 32)
    if disk not in {0, _IN_64_BITS}:
        raise ArchiveRejected("truncated", "This is one part of an archive in several; join them first.")
    if told != (entries if is_64 else entries % 2**16):  # without Zip64, programs count on from 0
        detail = f"The archive's end tells of {told} entries, its directory has {entries}; was it damaged?"
        raise ArchiveRejected("truncated", detail)


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
            raise ArchiveRejected("unsafe-path", f"The path {name!r} is not a plain relative one.")
        if stat.S_IFMT(info.external_attr >> 16) not in {0, stat.S_IFREG, stat.S_IFDIR}:
            raise ArchiveRejected("link", f"{path} is a link or a special file.")
        if info.flag_bits & _ENCRYPTED:
            raise ArchiveRejected("encrypted", f"{path} is encrypted; make the archive without a password.")
        if info.compress_type not in _METHODS:
            detail = f"{path} is compressed by method {info.compress_type}; use deflate, as every zip program can."
            raise ArchiveRejected("unsupported-compression", detail)
        if path in seen and not is_directory:
            raise ArchiveRejected("duplicate-path", f"{path} is there twice.")
        seen.add(path)
        if not is_directory:
            files[path] = info
    return files


def _is_unsafe(name: str) -> bool:
    name = name.replace("\\", "/")
    has_control_characters = _CONTROL_CHARACTER.search(name) is not None
    has_drive = len(name) > 1 and name[1] == ":" and name[0].isalpha()
    return not name or name[0] == "/" or ".." in name.split("/") or has_control_characters or has_drive


def _check_amount(infos: list[zipfile.ZipInfo], archive_bytes: int, limits: ArchiveLimits) -> None:
    """Compare declared sizes with the limits; an entry that lies fails its checksum when it is read."""
    total = sum(info.file_size for info in infos)
    if total > limits.max_uncompressed_bytes:
        detail = f"Unpacked, the files are {total} bytes, more than the limit of {limits.max_uncompressed_bytes}."
        raise ArchiveRejected("too-large-uncompressed", detail)
    if total > limits.max_compression_ratio * archive_bytes:
        detail = f"Unpacked, the files are over {limits.max_compression_ratio:g} times as large as the archive."
        raise ArchiveRejected("compression-ratio", detail)


def _check_overlap(infos: list[zipfile.ZipInfo], directory_start: int) -> None:
    """Refuse entries that share bytes (Fifield 2019, "A better zip bomb"): their sizes are honest, their sum is not."""
    ordered = sorted(infos, key=lambda info: info.header_offset)
    ends = [*(info.header_offset for info in ordered[1:]), directory_start]
    for info, end in zip(ordered, ends, strict=True) if ordered else ():
        if info.header_offset + _LOCAL_HEADER_BYTES + info.compress_size > end:
            raise ArchiveRejected("compression-ratio", f"{info.filename} overlaps with another entry: a zip bomb.")


def _no_images(files: SortedPaths) -> ArchiveRejected:
    if any(PurePosixPath(one.path).suffix.lower() in _ARCHIVE_EXTENSIONS for one in files.ignored):
        detail = "There are only archives in the archive; unpack them and zip the folders themselves."
        return ArchiveRejected("nested-archive-only", detail)
    return ArchiveRejected("no-images", "There is no image file in the archive.")


def _too_many_entries(most: int) -> ArchiveRejected:
    return ArchiveRejected("too-many-entries", f"The archive has more than {most} entries.")
