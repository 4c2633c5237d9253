"""Decoding the images of a folder once, only through `model_store.images.pixels`, into arrays on disk.

The arrays are mapped into memory and their pages are released again, so memory does not grow with the number of images.
Each file is read once: everything that depends on its bytes and its pixels is computed at that time.
"""

import hashlib
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Final, TypeVar

from rich.progress import Progress

from model_store.errors import ImageRejected
from model_store.images.files import too_large
from model_store.images.fingerprint import perceptual_hash, pixel_digest
from model_store.images.pixels import InputSpec, Pixels, decode
from training.data.files import File
from training.data.pixels.arrays import release_pages
from training.data.pixels.limits import ImageLimits, image_limits
from training.data.pixels.near_duplicates import REFERENCE, Likeness, is_blank

_WINDOW: Final = 64
"""The number of files handed to the threads at a time: few, so that an interruption takes effect soon."""

RELEASE_EVERY: Final = 16
"""The number of rows of a mapped array after which its pages are released."""

_In = TypeVar("_In")
_Out = TypeVar("_Out")


def decode_all(
    files: Sequence[File],
    spec: InputSpec,
    progress: Progress,
    pixels: Pixels | None = None,
    looks: Likeness | None = None,
) -> list[File]:
    """Decode the files that have the fate `used` for the time being.

    Args:
        files: All files of the folder.
        spec: The model's input.
        progress: Gets a bar.
        pixels: uint8 `(at least the number of images, height, width, 3)`; filled row by row if given.
        looks: Likeness of that many images; filled if given.

    Returns:
        The files in the same order: images with a row and the facts about their content, or `unreadable` with the
        reason.

    Raises:
        ImageLimitInvalid: If a limit of one image is not a whole number in its range.
    """
    limits = image_limits()
    images = [place for place, file in enumerate(files) if file.fate == "used"]
    numbered = [replace(files[place], row=row) for row, place in enumerate(images)]
    decoded = list(files)
    done = in_threads(
        lambda file: _decoded(file, spec, limits, (pixels, looks)), numbered, (progress, "Decoding images")
    )
    for place, file in zip(images, done, strict=True):
        decoded[place] = file
        if pixels is not None and file.row % RELEASE_EVERY == 0:
            release_pages(pixels)
    return decoded


def in_threads(function: Callable[[_In], _Out], values: Sequence[_In], bar: tuple[Progress, str]) -> Iterator[_Out]:
    """Yield the results of a function for each value, in order, computed by one thread per processor.

    Args:
        function: Works in native code or waits for files, so that other threads can run.
        values: The function's arguments.
        bar: The progress display, and the description of the bar.
    """
    progress, description = bar
    task = progress.add_task(description, total=len(values))
    with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        for start in range(0, len(values), _WINDOW):
            for result in pool.map(function, values[start : start + _WINDOW]):
                yield result
                progress.advance(task)


def read_image(file: File, max_image_bytes: int) -> tuple[File, bytes]:
    """Read an image file.

    Args:
        file: The file.
        max_image_bytes: The most bytes that it may have.

    Returns:
        The file with its SHA-256 and its bytes, or the file as `unreadable` and no bytes.
    """
    try:
        if file.location.stat().st_size > max_image_bytes:
            return _unreadable(file, "too-large", too_large("The file", max_image_bytes)), b""
        data = file.location.read_bytes()
    except OSError as error:
        return _unreadable(file, "corrupt", f"The file cannot be read ({error.strerror})."), b""
    return replace(file, sha256=hashlib.sha256(data).hexdigest()), data


def _decoded(file: File, spec: InputSpec, limits: ImageLimits, arrays: tuple[Pixels | None, Likeness | None]) -> File:
    pixels, looks = arrays
    file, data = read_image(file, limits.max_bytes)
    if file.fate != "used":
        return file
    reference = REFERENCE.model_copy(update={"formats": spec.formats, "background": spec.background})
    try:
        decoded = decode(data, spec, max_image_pixels=limits.max_pixels)
        image = decoded.pixels
        known = image if spec == reference else decode(data, reference, max_image_pixels=limits.max_pixels).pixels
    except ImageRejected as error:
        return _unreadable(file, error.reason, error.detail)
    digest, hash_ = pixel_digest(image), perceptual_hash(image)
    is_same = known is image
    if pixels is not None:
        pixels[file.row] = image
    if looks is not None:
        looks.put(file.row, known, hash_ if is_same else perceptual_hash(known))
    return replace(
        file,
        pixel_digest=digest,
        identity=digest if is_same else pixel_digest(known),
        perceptual_hash=hash_,
        format=decoded.format,
        width=decoded.width,
        height=decoded.height,
        suspect_maximum=decoded.suspect_maximum or 0,
        is_damaged=decoded.is_damaged,
        is_blank=is_blank(known),
    )


def _unreadable(file: File, rejection: str, detail: str) -> File:
    return replace(file, fate="unreadable", reason=detail, rejection=rejection, row=-1)
