"""Comparing the format that a file's name claims with that of its bytes. Nothing here reads a file."""

import mimetypes
from pathlib import PurePosixPath
from typing import Final

from model_store.images.signatures import IMAGE_EXTENSIONS

_FORMAT_OF: Final = {
    **dict.fromkeys((".jpg", ".jpeg", ".jpe", ".jfif"), "JPEG"),
    **dict.fromkeys((".png", ".apng"), "PNG"),
    **dict.fromkeys((".tif", ".tiff"), "TIFF"),
    **dict.fromkeys((".bmp", ".dib"), "BMP"),
    ".webp": "WEBP",
    ".gif": "GIF",
    ".avif": "AVIF",
}
_OTHER_FILES: Final = frozenset(mimetypes.MimeTypes().types_map[True]) - IMAGE_EXTENSIONS
"""Extensions of files that are not images, from Python's own list: the same on every machine."""


def extension_disagrees(path: str, format_: str) -> bool:
    """Tell whether an extension is another format's. A missing or unknown one, such as `.2021`, never disagrees.

    Args:
        path: The file's path.
        format_: The format of its bytes, one of `model_store.images.pixels.FORMATS`.
    """
    extension = PurePosixPath(path).suffix.lower()
    if extension in IMAGE_EXTENSIONS:
        return _FORMAT_OF.get(extension) != format_
    return extension in _OTHER_FILES
