"""A zip or tar of a data set, unpacked into a temporary folder for an audit, with the same checks as an evaluation.

No entry is written outside that folder: links, devices and paths that climb out of it are refused.
"""

import tarfile
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Final

from model_store.errors import ImageRejected, SetRejected
from model_store.labelled_sets.archive import Archive
from model_store.labelled_sets.labelled_set import SetLimits
from training.errors import DatasetInvalid

_GB: Final = 1 << 30
_LIMITS: Final = SetLimits(
    max_entries=5_000_000, max_uncompressed_bytes=500 * _GB, max_compression_ratio=1000, max_image_bytes=2 * _GB
)
"""Limits against bombs, far above those of the service: the archive is the user's own."""
_HINT: Final = "Name a folder, a zip or a tar; set TMPDIR to a directory with room for its files."


@contextmanager
def as_folder(path: Path) -> Iterator[Path]:
    """Yield a folder with the files of a zip or tar, or the folder itself if `path` is one.

    Errors about the data inside the block name the archive instead of the temporary folder.

    Raises:
        DatasetInvalid: If it is neither, or its entries are refused.
    """
    if path.is_dir():
        yield path
        return
    with tempfile.TemporaryDirectory(prefix="fullcount-") as temporary:
        folder = Path(temporary)
        try:
            _unpack(path, folder)
            yield folder
        except DatasetInvalid as error:
            raise DatasetInvalid(path, error.what, hint=error.hint or _HINT) from error


def _unpack(path: Path, folder: Path) -> None:
    try:
        if zipfile.is_zipfile(path):
            _unpack_zip(path, folder)
        elif tarfile.is_tarfile(path):
            _unpack_tar(path, folder)
        else:
            raise DatasetInvalid(path, "is neither a folder nor a zip or tar", hint=_HINT)
    except SetRejected as error:
        raise DatasetInvalid(path, str(error).removesuffix("."), hint=error.hint or _HINT) from error
    except (tarfile.TarError, EOFError) as error:
        raise DatasetInvalid(path, f"cannot be unpacked ({error})", hint="Copy or download it again.") from error
    except OSError as error:
        raise DatasetInvalid(path, f"cannot be unpacked ({error.strerror or error})", hint=_HINT) from error


def _unpack_zip(path: Path, folder: Path) -> None:
    with path.open("rb") as file:
        archive = Archive(file, _LIMITS)
        for name in archive.paths():
            try:
                data = archive.read(name)
            except ImageRejected:
                data = b""  # counted as unreadable
            _write(folder, name, data)


def _write(folder: Path, name: str, data: bytes) -> None:
    target = folder / PurePosixPath(name)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(data)


def _unpack_tar(path: Path, folder: Path) -> None:
    with tarfile.open(path) as archive:
        for member in archive:
            if member.isfile():
                archive.extract(member, folder, set_attrs=False, filter="data")
            elif not member.isdir():
                raise SetRejected("link", f"{member.name} is a link or a special file; pack the file itself.")
