"""A zip from anybody: listed, checked as a whole, and read entry by entry, but never extracted.

It works on an open file and knows neither models nor HTTP. An archive that is refused has one of `REASONS`. A single
bad file does not affect the others: reading it raises `ImageRejected`.
"""

import errno
import zipfile
from collections.abc import Collection
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import BinaryIO, Final

from model_store.errors import ImageRejected, SetRejected
from model_store.images.files import check_file_size
from model_store.images.signatures import SIGNATURE_BYTES, has_image_signature
from model_store.labelled_sets.archives.zip_checks import (
    DAMAGES,
    check_amount,
    check_entries,
    check_overlap,
    open_zip,
    size_of,
)
from model_store.labelled_sets.archives.zip_names import choose_encoding, name_of
from model_store.labelled_sets.labelled_set import LabelledSet, SetLimits, SortedPaths, give_labels, sort_paths
from model_store.labelled_sets.layout import LayoutChoice
from model_store.labelled_sets.named_table import find_named_table
from model_store.labelled_sets.walk import is_system_file

_ARCHIVE_EXTENSIONS: Final = {".zip", ".7z", ".rar", ".tar", ".gz", ".tgz", ".bz2", ".xz"}


class Archive:
    """A zip that passed the checks of its size; listing it checks its entries under their names.

    Args:
        file: An open, seekable file, which the caller closes.
        limits: The most that the archive may cost.

    Raises:
        SetRejected: If the archive is refused as a whole.
    """

    def __init__(self, file: BinaryIO, limits: SetLimits) -> None:
        self._limits = limits
        archive_bytes = size_of(file)
        self._zip = open_zip(file, limits.max_entries)
        self._infos = self._zip.infolist()
        check_amount(self._infos, archive_bytes, limits)
        check_overlap(self._infos, self._zip.start_dir)
        self._files: dict[str, zipfile.ZipInfo] = {}

    def paths(self) -> list[str]:
        """Return the paths of all files except system files, images or not.

        Raises:
            SetRejected: If it has no such files, or an entry is refused.
        """
        self._list(())
        paths = [path for path in self._files if not is_system_file(path)]
        if not paths:
            raise SetRejected("no-images", "There is no file in the archive; put the images into it.")
        return paths

    def size_of(self, path: str) -> int:
        """Return the bytes of a file in the latest listing, as the archive declares them."""
        return self._files[path].file_size

    def sorted_paths(self) -> SortedPaths:
        """Separate image files from others, without regard to labels.

        Raises:
            SetRejected: If an entry is refused.
        """
        self._list(())
        return sort_paths(self._files, self._has_signature)

    def labelled(
        self, labels: Collection[str], layout: LayoutChoice | None = None, labels_from: Path | None = None
    ) -> LabelledSet:
        """Sort the entries into labelled images and ignored files.

        Args:
            labels: The model's labels, which decide which folders are labels. The code page of the names is the one in
                which most folders mean a label.
            layout: What the first folders are, if the user says it.
            labels_from: The table that gives the labels, in the archive or on this machine, if the user names it.

        Raises:
            SetRejected: If there are no images, none has a label of the model, the folders can be read in two ways, or
                an entry or a `labels.csv` is refused.
        """
        encoding = self._list(labels)
        files = sort_paths(self._files, self._has_signature)
        if not files.images:
            raise _no_images(files)
        directories = len(self._infos) - len(self._files)
        labelled_set = give_labels(
            files,
            labels,
            directories=directories,
            read=self.read,
            encoding=encoding,
            layout=layout,
            named=find_named_table(labels_from, self._files),
        )
        return replace(labelled_set, size=self.size)

    def size(self, path: str) -> int:
        """Return the number of bytes that reading an entry takes."""
        return min(self._files[path].file_size, self._limits.max_image_bytes)

    def read(self, path: str) -> bytes:
        """Read one entry by its path in the latest listing, `paths` or `labelled`.

        Raises:
            ImageRejected: If the file has too many bytes, or its data are damaged.
        """
        info = self._files[path]
        check_file_size(path, info.file_size, self._limits.max_image_bytes)
        return self._read(path, self._limits.max_image_bytes + 1)

    def _list(self, labels: Collection[str]) -> str | None:
        """Name the entries, check them, and return the encoding of the names that are not marked as UTF-8."""
        encoding = choose_encoding(self._infos, labels)
        self._files = check_entries((name_of(info, encoding), info) for info in self._infos)
        return encoding

    def _read(self, path: str, max_bytes: int) -> bytes:
        try:
            info = self._files[path]
            with self._zip.open(info) as entry:
                return entry.read(min(max_bytes, info.file_size + 1))  # asked for more, `zipfile` unpacks more
        except EOFError as error:
            raise ImageRejected("truncated", f"{path} ends before its last byte.") from error
        except DAMAGES as error:
            if isinstance(error, OSError) and error.errno not in {None, errno.EINVAL}:
                raise  # the disk's error, not the file's; EINVAL is an offset that no file has
            raise ImageRejected("corrupt", f"The archive's data of {path} are damaged.") from error

    def _has_signature(self, path: str) -> bool:
        try:
            return has_image_signature(self._read(path, SIGNATURE_BYTES))
        except ImageRejected:
            return False  # neither its name nor its bytes say that it is an image


def _no_images(files: SortedPaths) -> SetRejected:
    if any(PurePosixPath(file.path).suffix.lower() in _ARCHIVE_EXTENSIONS for file in files.ignored):
        detail = "The archive holds only other archives; unpack them and zip the folders themselves."
        return SetRejected("nested-archive-only", detail)
    detail = "There is no image file in the archive; put one folder per label into it, with images: cats/1.jpg."
    return SetRejected("no-images", detail)
