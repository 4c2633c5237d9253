"""Arrays in files, mapped into memory: as large as the disk, and no larger in memory than what is being looked at."""

import mmap
import os
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt


def reserve_array(path: Path, shape: tuple[int, ...]) -> npt.NDArray[np.uint8]:
    """Make a file for an array of uint8 and map it.

    Raises:
        OSError: There is no room for it. It is reserved at once: a disk that fills up later would kill the process.
    """
    size = int(np.prod(shape, dtype=object))
    if not size:
        return np.empty(shape, np.uint8)
    with path.open("xb") as file:
        os.posix_fallocate(file.fileno(), 0, size)
    return np.memmap(path, np.uint8, "r+", shape=shape)


def let_go(array: npt.NDArray[Any]) -> None:
    """Let the pages of a mapped array leave this process; what was written stays with the file."""
    if isinstance(array.base, mmap.mmap):
        array.base.madvise(mmap.MADV_DONTNEED)
