"""Arrays in files, mapped into memory: as large as the disk allows, while only the pages in use take memory."""

import errno
import mmap
import os
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt


def reserve_array(path: Path, shape: tuple[int, ...]) -> npt.NDArray[np.uint8]:
    """Make a file for an array of uint8 and map it.

    Raises:
        OSError: If there is no room. It is reserved at once, since a disk that fills up later would kill the process;
            but not more than is free, which would fill the disk for a moment.
    """
    size = int(np.prod(shape, dtype=object))
    if not size:
        return np.empty(shape, np.uint8)
    if size > shutil.disk_usage(path.parent).free:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))
    with path.open("xb") as file:
        os.posix_fallocate(file.fileno(), 0, size)
    return np.memmap(path, np.uint8, "r+", shape=shape)


def release_pages(array: npt.NDArray[Any]) -> None:
    """Release the memory of a mapped array's pages; the values stay in the file."""
    if isinstance(array.base, mmap.mmap):
        array.base.madvise(mmap.MADV_DONTNEED)
