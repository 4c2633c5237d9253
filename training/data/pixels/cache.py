"""The decoded pixels of a data set, kept between runs: the same files and the same decode policy are decoded once.

An entry is `pixels/<key>/` in the cache folder, with the array (`pixels`) and the other facts about the pictures
(`index`). The key is made of the files' contents, not of their names. An entry is whole or missing. Before it is used,
every row is compared with its digest. A damaged entry is made again: a wrong bit would train a wrong model.
Without a cache, or without room in it, a temporary folder is used.
"""

import hashlib
import math
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Final

import numpy as np
import PIL
from rich.progress import Progress

from model_store.images.fingerprint import pixel_digest
from model_store.images.pixels import InputSpec, Pixels
from model_store.scratch import scratch_directory
from training.data.files import File
from training.data.pixels.arrays import release_pages, reserve_array
from training.data.pixels.decoding import RELEASE_EVERY, decode_all, in_threads, read_image
from training.data.pixels.index import index_of, read_index, write_index
from training.data.pixels.limits import ImageLimits, image_limits
from training.data.pixels.near_duplicates import THUMBNAIL_BYTES, THUMBNAILS, Likeness
from training.data.pixels.space import CacheSpace, Making
from training.errors import CacheUnusable

_LAYOUT: Final = 3
"""Increased when the content or the form of an entry changes, so that entries of another layout are not found."""
_PIXELS: Final = "pixels"
_INDEX: Final = "index"


@dataclass(frozen=True)
class DecodedImages:
    """The decoded images of a folder.

    Attributes:
        files: All files, in the order given: images with the facts about their content, or `unreadable`.
        near: Pairs of `File.identity` that are nearly the same picture, enough to join each group of them.
        pixels: uint8 `(images, height, width, 3)`, read-only, mapped from a file. It has no rows if they are not needed
            and there is no room.
    """

    files: tuple[File, ...]
    near: tuple[tuple[str, str], ...]
    pixels: Pixels


@contextmanager
def open_images(
    files: Sequence[File], spec: InputSpec, progress: Progress, *, needs_pixels: bool = True
) -> Iterator[DecodedImages]:
    """Open the decoded images of a folder, from the cache or by decoding them.

    Args:
        files: All files of the folder; those with the fate `used` are decoded.
        spec: The model's input.
        progress: Gets a bar per step.
        needs_pixels: Whether it is an error if there is no room for the pixels.

    Raises:
        CacheUnusable: If there is no room for the pixels, neither in the cache nor in the temporary folder.
        CacheLimitInvalid: If the limit of the cache is not a number of gigabytes.
        ImageLimitInvalid: If a limit of one image is not a whole number in its range.
    """
    request = _Request(tuple(files), spec, progress, CacheSpace())
    with ExitStack() as stack:
        yield request.cached(stack) or request.decoded(stack, needs_pixels=needs_pixels)


@dataclass(frozen=True)
class _Request:
    """The images that are requested, and the cache that may have them."""

    files: tuple[File, ...]
    spec: InputSpec
    progress: Progress
    space: CacheSpace

    @cached_property
    def limits(self) -> ImageLimits:
        """The limits of one image: what exceeds them is unreadable."""
        return image_limits()

    @cached_property
    def images(self) -> list[File]:
        return [file for file in self.files if file.fate == "used"]

    @cached_property
    def sketch(self) -> str:
        """The first part of the key: policy, versions, limits and the files' sizes, which need no reading."""
        sizes = sorted(_file_size(file.location) for file in self.images)
        what = (_LAYOUT, PIL.__version__, self.spec.model_dump_json(), tuple(self.limits), sizes)
        return hashlib.sha256(repr(what).encode()).hexdigest()[:16]

    def key(self, files: Iterable[File]) -> str:
        """Return the name of the entry for files whose bytes are known."""
        digests = sorted({file.sha256 for file in files if file.sha256})
        return f"{self.sketch}-{hashlib.sha256(','.join(digests).encode()).hexdigest()}"

    def cached(self, stack: ExitStack) -> DecodedImages | None:
        """Open the entry in the cache; None if it is missing or damaged."""
        if not self.space.has(self.sketch):  # then there is no entry, and decoding reads the files only once
            return None
        bar = (self.progress, "Reading images")
        read = [file for file, _ in in_threads(lambda file: read_image(file, self.limits.max_bytes), self.images, bar)]
        name = self.key(read)
        with ExitStack() as holding:
            folder = holding.enter_context(self.space.reading(name))
            if folder is None:
                return None
            if images := self._opened(folder, read):
                stack.push(holding.pop_all())
                return images
        self.progress.console.print("The cached pixels are damaged; the images are decoded again.", style="yellow")
        self.space.remove(name)
        return None

    def decoded(self, stack: ExitStack, *, needs_pixels: bool) -> DecodedImages:
        """Decode the images, into the cache if there is room."""
        shape = (len(self.images), self.spec.height, self.spec.width, 3)
        size = int(np.prod(shape)) + len(self.images) * THUMBNAIL_BYTES
        making = stack.enter_context(self.space.making(size)) if self.images else None
        arrays = self._reserved(making.path, shape) if making else None
        if making is None or arrays is None:
            making, folder = None, stack.enter_context(scratch_directory("pixels"))
            arrays = self._reserved(folder, shape if needs_pixels else (0, *shape[1:]))
            if arrays is None:
                raise CacheUnusable(folder, size, "there is not enough room")
        pixels, looks = arrays
        files = decode_all(self.files, self.spec, self.progress, pixels if len(pixels) else None, looks)
        near = _near(files, looks, self.progress)
        if making:
            self._keep(making, files, near)
        pixels.setflags(write=False)
        return DecodedImages(tuple(files), near, pixels)

    def _keep(self, making: Making, files: Sequence[File], near: tuple[tuple[str, str], ...]) -> None:
        (making.path / THUMBNAILS).unlink()
        try:
            write_index(making.path / _INDEX, index_of(files, near))
        except OSError:
            return  # the disk is full: this run has its pixels, and the next one decodes again
        self.space.finish(making, self.key(files))

    def _reserved(self, folder: Path, shape: tuple[int, ...]) -> tuple[Pixels, Likeness] | None:
        """Reserve arrays for the images in a folder; None if there is no room."""
        try:
            return reserve_array(folder / _PIXELS, shape), Likeness(len(self.images), folder)
        except OSError:
            return None

    def _opened(self, folder: Path, read: Sequence[File]) -> DecodedImages | None:
        """Read an entry; None if anything in it is not as it was written."""
        index = read_index(folder / _INDEX)
        pixels = _mapped(folder / _PIXELS, (self.spec.height, self.spec.width, 3))
        if index is None or pixels is None or not all(file.sha256 in index.known for file in read if file.sha256):
            return None
        rows = [(fields["row"], fields["pixel_digest"]) for fields in index.known.values() if fields["row"] >= 0]
        if any(row >= len(pixels) for row, _ in rows):
            return None
        for row, is_intact in enumerate(
            in_threads(lambda numbered: _is_intact(pixels, *numbered), rows, self._checking)
        ):
            if not is_intact:
                return None
            if row % RELEASE_EVERY == 0:
                release_pages(pixels)
        known = {file.location: replace(file, **index.known.get(file.sha256, {})) for file in read}
        return DecodedImages(tuple(known.get(file.location, file) for file in self.files), index.near, pixels)

    @property
    def _checking(self) -> tuple[Progress, str]:
        return self.progress, "Checking cached pixels"


def _mapped(path: Path, shape: tuple[int, int, int]) -> Pixels | None:
    """Map the pixels of an entry, read-only; None if they are not a whole number of images."""
    try:
        images, rest = divmod(path.stat().st_size, math.prod(shape))
    except OSError:
        return None
    return np.memmap(path, np.uint8, "r", shape=(images, *shape)) if images and not rest else None


def _is_intact(pixels: Pixels, row: int, digest: str) -> bool:
    return pixel_digest(pixels[row]) == digest


def _near(files: Iterable[File], looks: Likeness, progress: Progress) -> tuple[tuple[str, str], ...]:
    """Find pairs of nearly the same pictures; one copy stands for all, and blank pictures are in no pair."""
    task = progress.add_task("Comparing images", total=1)
    identities = {file.identity: file.row for file in files if file.fate == "used" and not file.is_blank}
    of_row = {row: identity for identity, row in identities.items()}
    pairs = looks.near_pairs(np.array(sorted(of_row), dtype=np.int64))
    progress.advance(task)
    return tuple((of_row[first], of_row[second]) for first, second in pairs)


def _file_size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return -1
