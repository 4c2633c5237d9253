"""Tells whether a file's name says that it is something else than its bytes are. A leaf: reads nothing."""

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
"""Extensions of what is no image (text, archives, films), of Python's own list: the same on every machine."""


def extension_disagrees(path: str, format_: str) -> bool:
    """Tell whether the extension is another format's. None, or one that means nothing, as `.2021`, claims nothing.

    Args:
        path: Of the file.
        format_: What its bytes are, one of `model_store.images.pixels.FORMATS`.
    """
    extension = PurePosixPath(path).suffix.lower()
    if extension in IMAGE_EXTENSIONS:
        return _FORMAT_OF.get(extension) != format_
    return extension in _OTHER_FILES
