"""A zip that anybody may have made: listed, checked as a whole, and read entry by entry, never extracted.

Pure: takes an open file, knows neither models nor HTTP. What is refused as a whole has one of `REASONS`; a single bad
file is nobody's fault but its own and is an `ImageRejected` when it is read.
"""

import errno
import zipfile
from collections.abc import Collection
from pathlib import PurePosixPath
from typing import BinaryIO, Final

from model_store.errors import ImageRejected, SetRejected
from model_store.images.files import check_file_size
from model_store.images.signatures import SIGNATURE_BYTES, has_image_signature
from model_store.labelled_sets.labelled_set import LabelledSet, SetLimits, SortedPaths, give_labels, sort_paths
from model_store.labelled_sets.walk import is_system_file
from model_store.labelled_sets.zip_checks import _DAMAGES, _check_amount, _check_entries, _check_overlap, _open, _size
from model_store.labelled_sets.zip_names import choose_encoding, name_of

_ARCHIVE_EXTENSIONS: Final = {".zip", ".7z", ".rar", ".tar", ".gz", ".tgz", ".bz2", ".xz"}


class Archive:
    """A zip whose size has passed the checks; its entries are checked under the names by which they are listed.

    Args:
        file: An open file, seekable, which the caller closes.
        limits: What it may cost.

    Raises:
        SetRejected: It is refused as a whole.
    """

    def __init__(self, file: BinaryIO, limits: SetLimits) -> None:
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
            SetRejected: There are none, or an entry is refused.
        """
        self._list(())
        paths = [path for path in self._files if not is_system_file(path)]
        if not paths:
            raise SetRejected("no-images", "There is no file in the archive.")
        return paths

    def labelled(self, labels: Collection[str]) -> LabelledSet:
        """Sort the entries into images with their labels and the rest with its reasons.

        Args:
            labels: The model's labels: a folder of such a name is no wrapper, and they tell in which code page it is.

        Raises:
            SetRejected: There are no images, none with a label, or an entry or a `labels.csv` is refused.
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
        check_file_size(path, info.file_size, self._limits.max_image_bytes)
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


def _no_images(files: SortedPaths) -> SetRejected:
    if any(PurePosixPath(one.path).suffix.lower() in _ARCHIVE_EXTENSIONS for one in files.ignored):
        detail = "There are only archives in the archive; unpack them and zip the folders themselves."
        return SetRejected("nested-archive-only", detail)
    return SetRejected("no-images", "There is no image file in the archive.")
