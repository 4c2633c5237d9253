"""Reading NumPy archives (`.npz`) that anybody may have made: without pickle, and no larger than allowed."""

import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from model_store.labelled_sets.archives.zip_checks import open_zip

MAX_ARRAYS_BYTES: Final = 2**28
"""Size limit of the arrays of one archive together: sixteen golden samples of 2300 x 2300, or three million images'
fingerprints."""
_MAX_ARRAYS: Final = 16
_METHODS: Final = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
"""Those that NumPy writes; others unpack whole blocks whatever size is declared."""


def read_arrays(path: Path) -> dict[str, npt.NDArray[Any]]:
    """Read every array of an archive.

    Returns:
        Name → array, of any shape and dtype that needs no pickle.

    Raises:
        ValueError: If the file cannot be read or is no such archive, or if its arrays are larger than allowed.
    """
    try:
        with path.open("rb") as file, open_zip(file, _MAX_ARRAYS) as archive:
            _check(archive.infolist())
            return {info.filename.removesuffix(".npy"): _array(archive, info) for info in archive.infolist()}
    except Exception as error:  # zipfile, zlib and NumPy raise many classes for damaged bytes
        raise ValueError(str(error) or type(error).__name__) from error


def _check(entries: Iterable[zipfile.ZipInfo]) -> None:
    size = sum(entry.file_size for entry in entries)
    if size > MAX_ARRAYS_BYTES:
        raise ValueError(f"its arrays have {size} bytes, more than {MAX_ARRAYS_BYTES}")
    if methods := {entry.compress_type for entry in entries} - _METHODS:
        raise ValueError(f"it is packed by the methods {sorted(methods)}")


def _array(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> npt.NDArray[Any]:
    """Read one array; unlike `numpy.load`, accept no other format and no pickle."""
    with archive.open(entry) as file:
        array: npt.NDArray[Any] = np.lib.format.read_array(file, allow_pickle=False)
    return array
