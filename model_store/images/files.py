"""Image files on this machine, read within a limit."""

from pathlib import Path

from model_store.errors import ImageRejected
from model_store.images.signatures import SIGNATURE_BYTES, has_image_signature


def read_image_file(path: Path, *, max_image_bytes: int) -> bytes:
    """Read one image file.

    Raises:
        ImageRejected: If it cannot be read, or has too many bytes.
    """
    try:
        with path.open("rb") as file:
            data = file.read(max_image_bytes + 1)
    except OSError as error:
        raise ImageRejected("corrupt", f"{path} cannot be read: {error.strerror}.") from error
    check_file_size(str(path), len(data), max_image_bytes)
    return data


def size_to_read(path: Path, *, max_image_bytes: int) -> int:
    """Return the number of bytes that reading an image file takes; 0 if it is not there, as reading it will tell."""
    try:
        return min(path.stat().st_size, max_image_bytes)
    except OSError:
        return 0


def check_file_size(path: str, size: int, max_image_bytes: int) -> None:
    """Check that a file has no more bytes than one image may have.

    Raises:
        ImageRejected: If it has more.
    """
    if size > max_image_bytes:
        raise ImageRejected("too-large", too_large(path, max_image_bytes))


def too_large(path: str, max_image_bytes: int) -> str:
    """Say that a file has more bytes than one image may have."""
    return f"{path} has more than {max_image_bytes} bytes, the limit for one image (FULLCOUNT_MAX_IMAGE_BYTES)."


def has_image_start(path: Path) -> bool:
    """Tell whether a file's first bytes are those of an image format that Fullcount reads.

    Raises:
        OSError: If it cannot be opened.
    """
    with path.open("rb") as file:
        return has_image_signature(file.read(SIGNATURE_BYTES))
