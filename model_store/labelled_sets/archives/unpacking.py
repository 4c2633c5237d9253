"""A zip or tar of a labelled set, unpacked into a temporary folder, with the checks of `archive`.

No entry is written outside that folder: links, devices and paths that climb out of it are refused. The room is compared
with what the entries need before the first is written, and the folder is removed however the work in it ends.
"""

import shutil
import tarfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Final

from model_store.errors import ImageRejected, SetRejected
from model_store.labelled_sets.archives.archive import Archive
from model_store.labelled_sets.labelled_set import SetLimits
from model_store.labelled_sets.walk import is_system_file
from model_store.scratch import scratch_directory

_HINT: Final = "Name a folder, a zip, a tar or a table of labels such as labels.csv."
_ROOM_HINT: Final = "Set TMPDIR to a directory with more room, or unpack the archive yourself and name the folder."
_BLOCK_BYTES: Final = 4096
"""Room that a file takes beyond its bytes, at most, on common file systems."""


@contextmanager
def unpacked(path: Path, limits: SetLimits) -> Iterator[Path]:
    """Yield a folder with the files of a zip or tar.

    Errors about the set inside the block name the archive instead of the temporary folder.

    Args:
        path: The archive.
        limits: The most that it may cost.

    Raises:
        SetRejected: If it is neither a zip nor a tar, its entries are refused, or there is no room for them.
    """
    with scratch_directory("unpacked") as folder:
        try:
            _unpack(path, folder, limits)
            yield folder
        except SetRejected as error:
            detail = str(error).replace(str(folder), str(path))
            raise SetRejected(error.reason, detail, hint=error.hint) from error


def is_tar(path: Path) -> bool:
    """Tell whether a file is a tar, compressed or not, and no zip."""
    return path.is_file() and not zipfile.is_zipfile(path) and tarfile.is_tarfile(path)


def _unpack(path: Path, folder: Path, limits: SetLimits) -> None:
    try:
        if zipfile.is_zipfile(path):
            _unpack_zip(path, folder, limits)
        elif tarfile.is_tarfile(path):
            _unpack_tar(path, folder, limits)
        else:
            raise SetRejected("not-a-zip", f"{path} is neither a folder nor a zip or tar.", hint=_HINT)
    except (tarfile.TarError, EOFError) as error:
        detail = f"{path} cannot be unpacked ({error})."
        raise SetRejected("truncated", detail, hint="Copy or download it again.") from error
    except OSError as error:
        detail = f"{path} cannot be unpacked ({error.strerror or error})."
        raise SetRejected("truncated", detail, hint=_ROOM_HINT) from error


def _unpack_zip(path: Path, folder: Path, limits: SetLimits) -> None:
    with path.open("rb") as file:
        archive = Archive(file, limits)
        names = archive.paths()
        _check_room(folder, [archive.size_of(name) for name in names])
        for name in names:
            try:
                data = archive.read(name)
            except ImageRejected:
                data = b""  # counted as unreadable
            _write(folder, name, data)


def _write(folder: Path, name: str, data: bytes) -> None:
    target = folder / PurePosixPath(name)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(data)


def _unpack_tar(path: Path, folder: Path, limits: SetLimits) -> None:
    _check_tar(path, folder, limits)
    with tarfile.open(path) as archive:
        for member in archive:
            if _is_read(member):
                archive.extract(member, folder, set_attrs=False, filter="data")


def _check_tar(path: Path, folder: Path, limits: SetLimits) -> None:
    """Check the entries of a tar before any is written: it has no directory, so they are all passed over."""
    sizes: list[int] = []
    total, most = 0, limits.max_compression_ratio * path.stat().st_size
    with tarfile.open(path) as archive:
        for number, member in enumerate(archive, start=1):
            if number > limits.max_entries:
                detail = f"The archive has more than {limits.max_entries} entries, the limit; split it into several."
                raise SetRejected("too-many-entries", detail)
            if not _is_read(member):
                continue
            total += member.size
            if total > limits.max_uncompressed_bytes:
                detail = f"Unpacked, the files are more than the limit of {limits.max_uncompressed_bytes} bytes."
                raise SetRejected("too-large-uncompressed", detail)
            if total > most:
                detail = f"Unpacked, the files are over {limits.max_compression_ratio:g} times as large as the archive."
                raise SetRejected("compression-ratio", detail)
            sizes.append(member.size)
    _check_room(folder, sizes)


def _is_read(member: tarfile.TarInfo) -> bool:
    """Tell whether an entry is a file of the set; links and special files are refused unless they are system files."""
    parts = PurePosixPath(member.name).parts
    if member.isdir() or (".." not in parts and is_system_file("/".join(parts))):
        return False
    if not member.isfile():
        raise SetRejected("link", f"{member.name} is a link or a special file; pack the file itself.")
    return True


def _check_room(folder: Path, sizes: list[int]) -> None:
    needed, free = sum(sizes) + _BLOCK_BYTES * len(sizes), shutil.disk_usage(folder).free
    if needed > free:
        detail = f"Unpacked, the files need {needed / 1e6:,.0f} MB, and {folder.parent} has {free / 1e6:,.0f} MB left."
        raise SetRejected("too-large-uncompressed", detail, hint=_ROOM_HINT)
