"""A labelled set as the service sees it: image files with their labels, what else was given, and how to read a file.

`archive` makes one from a zip and `folder` from a directory; who evaluates it need not know which.
"""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from typing import NamedTuple

from model_store.errors import ImageRejected
from model_store.labelled import find_wrapper, has_image_extension, is_system_file, label_of
from model_store.report import Ignored


class LabelledImage(NamedTuple):
    """An image file and the label that its path gives it."""

    path: str
    label: str


@dataclass(frozen=True)
class LabelledSet:
    """Every file that was given: images, and the others with the reason for which they are none."""

    images: list[LabelledImage]
    ignored: list[Ignored]
    directories: int
    read: Callable[[str], bytes]
    """Path → the file's bytes. Blocks; safe in several threads; raises `ImageRejected`."""


@dataclass(frozen=True)
class SortedPaths:
    """Paths by what they are."""

    images: list[str]
    """With an image's extension or signature."""
    ignored: list[Ignored]


def sort_paths(paths: Iterable[str], has_signature: Callable[[str], bool]) -> SortedPaths:
    """Tell image files from others.

    Args:
        paths: Posix paths of files.
        has_signature: Whether the file begins as an image does; asked only where the name does not tell.
    """
    images, ignored = [], []
    for path in paths:
        if is_system_file(path):
            ignored.append(Ignored(path=path, reason="system-file"))
        elif has_image_extension(path) or has_signature(path):
            images.append(path)
        else:
            ignored.append(Ignored(path=path, reason="not-an-image"))
    return SortedPaths(images, ignored)


def give_labels(files: SortedPaths, labels: Collection[str]) -> tuple[list[LabelledImage], list[Ignored]]:
    """Give each image the label of its folder; an image outside any is ignored as `unlabelled`."""
    wrapper = find_wrapper(files.images, labels)
    images, ignored = [], list(files.ignored)
    for path in files.images:
        label = label_of(path, wrapper)
        if label is None:
            ignored.append(Ignored(path=path, reason="unlabelled"))
        else:
            images.append(LabelledImage(path, label))
    return images, ignored


def check_size(path: str, size: int, max_image_bytes: int) -> None:
    """Refuse a file with more bytes than one image may have.

    Raises:
        ImageRejected: It has.
    """
    if size > max_image_bytes:
        raise ImageRejected("too-large", f"{path} has more than {max_image_bytes} bytes, the limit for one image.")
