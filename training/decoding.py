"""Decodes the images of a folder once, through `model_store.pixels` and nothing else, into one array on disk.

The array is mapped into memory and lies in a temporary folder that goes with the `with` block, so memory does not grow
with the number of images.
"""

import hashlib
import os
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np
from rich.progress import Progress

from model_store.errors import ImageRejected
from model_store.fingerprint import perceptual_hash, pixel_digest
from model_store.pixels import DEFAULT_MAX_IMAGE_BYTES, InputSpec, Pixels, decode
from training.errors import CacheUnusable
from training.files import File

_WINDOW: Final = 64
"""Files handed to the threads at a time: few, so that an interruption ends soon."""


@contextmanager
def temporary_pixels(count: int, spec: InputSpec) -> Iterator[Pixels]:
    """Give an array for the pixels of `count` images, in a file that is removed at the end.

    Yields:
        uint8 `(count, height, width, 3)`.

    Raises:
        CacheUnusable: There is no room for it. It is reserved at once: a full disk would otherwise kill the process.
    """
    shape = (count, spec.height, spec.width, 3)
    size = int(np.prod(shape))
    with tempfile.TemporaryDirectory(prefix="fullcount-") as folder:
        path = Path(folder, "pixels")
        try:
            with path.open("xb") as file:
                if size:
                    os.posix_fallocate(file.fileno(), 0, size)
        except OSError as error:
            raise CacheUnusable(path.parent, size, str(error.strerror)) from error
        yield np.memmap(path, np.uint8, "r+", shape=shape) if size else np.empty(shape, np.uint8)


def decode_all(files: Sequence[File], spec: InputSpec, progress: Progress, pixels: Pixels | None = None) -> list[File]:
    """Decode the files that have the fate `used` for the time being.

    Args:
        files: All files of the folder.
        spec: The model's input.
        progress: Gets a bar.
        pixels: uint8 `(at least the number of images, height, width, 3)`; filled row by row if given.

    Returns:
        The files in the same order: images with digests and a row, or `unreadable` with the reason.
    """
    images = [place for place, file in enumerate(files) if file.fate == "used"]
    decoded = list(files)
    bar = progress.add_task("Decoding images", total=len(images))
    with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        for start in range(0, len(images), _WINDOW):
            rows = range(start, min(start + _WINDOW, len(images)))
            window = [replace(files[images[row]], row=row) for row in rows]
            for row, file in zip(rows, pool.map(lambda one: _decoded(one, spec, pixels), window), strict=True):
                decoded[images[row]] = file
                progress.advance(bar)
    return decoded


def _decoded(file: File, spec: InputSpec, pixels: Pixels | None) -> File:
    try:
        if file.location.stat().st_size > DEFAULT_MAX_IMAGE_BYTES:
            return _unreadable(file, "too-large", f"The file has more than {DEFAULT_MAX_IMAGE_BYTES:,} bytes.")
        data = file.location.read_bytes()
    except OSError as error:
        return _unreadable(file, "corrupt", f"The file cannot be read ({error.strerror}).")
    file = replace(file, sha256=hashlib.sha256(data).hexdigest())
    try:
        image = decode(data, spec).pixels
    except ImageRejected as error:
        return _unreadable(file, error.reason, error.detail)
    if pixels is not None:
        pixels[file.row] = image
    return replace(file, pixel_digest=pixel_digest(image), perceptual_hash=perceptual_hash(image))


def _unreadable(file: File, rejection: str, detail: str) -> File:
    return replace(file, fate="unreadable", reason=detail, rejection=rejection, row=-1)
