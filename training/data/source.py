"""The data that a command names: a folder, a zip or tar of one, or the table that gives the labels of one."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, NamedTuple

from model_store.errors import SetRejected
from model_store.labelled_sets.archives.unpacking import unpacked
from model_store.labelled_sets.labelled_set import SetLimits
from model_store.labelled_sets.layout import LAYOUT_HINT
from model_store.labelled_sets.table_search import is_table
from training.errors import DatasetInvalid

_GB: Final = 1 << 30
_LIMITS: Final = SetLimits(
    max_entries=5_000_000, max_uncompressed_bytes=500 * _GB, max_compression_ratio=1000, max_image_bytes=2 * _GB
)
"""Limits against bombs, far above those of the service: the archive is the user's own."""


class DataFolder(NamedTuple):
    """A folder of images.

    Attributes:
        folder: The folder itself, or a temporary one.
        labels_from: The table that gives the labels, if it is named.
    """

    folder: Path
    labels_from: Path | None


@contextmanager
def open_source(data: Path, labels_from: Path | None = None) -> Iterator[DataFolder]:
    """Yield the folder that some data stand for; that of an archive is there until the block ends.

    Errors about the data inside the block name the archive instead of the temporary folder.

    Args:
        data: A folder, an archive or a table. The paths in a table are relative to its folder.
        labels_from: The table that gives the labels, if the user names it.

    Raises:
        DatasetInvalid: If it is none of these, or the entries of the archive are refused.
    """
    if data.is_dir():
        yield DataFolder(data, labels_from)
    elif is_table(data.name) and data.exists():
        yield DataFolder(data.parent, data.resolve())
    else:
        try:
            with unpacked(data, _LIMITS) as folder:
                yield DataFolder(folder, labels_from)
        except SetRejected as error:
            what = str(error).removesuffix(".").removeprefix(f"{data} ")
            raise DatasetInvalid(data, what, hint=error.hint or LAYOUT_HINT) from error
        except DatasetInvalid as error:
            raise DatasetInvalid(data, error.what, hint=error.hint or LAYOUT_HINT) from error
