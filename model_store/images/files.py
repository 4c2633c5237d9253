"""Files."""

from pathlib import Path

from model_store.errors import ImageRejected


def read_image_file(path: Path, *, max_image_bytes: int) -> bytes:
    """Read one image file.

    Raises:
        ImageRejected: It cannot be read, or has too many bytes.
    """
    try:
        with path.open("rb") as file:
            data = file.read(max_image_bytes + 1)
    except OSError as error:
        raise ImageRejected("corrupt", f"{path} cannot be read: {error.strerror}.") from error
    check_file_size(str(path), len(data), max_image_bytes)
    return data


def check_file_size(path: str, size: int, max_image_bytes: int) -> None:
    """Refuse a file with more bytes than one image may have.

    Raises:
        ImageRejected: It has.
    """
    if size > max_image_bytes:
        raise ImageRejected("too-large", f"{path} has more than {max_image_bytes} bytes, the limit for one image.")
