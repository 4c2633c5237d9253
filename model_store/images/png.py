"""Checks of a PNG, by its chunks. Reads bytes; decodes nothing."""

from typing import Final

from model_store.errors import ImageRejected

_APPLE: Final = b"CgBI"


def check_png(data: bytes) -> None:
    """Check that a PNG is in the usual form.

    Raises:
        ImageRejected: If it is in the form of iOS apps, whose colours are in another order and not packed with zlib.
    """
    if data[12:16] == _APPLE:
        detail = (
            "The PNG is in the form that Xcode makes for iOS apps (CgBI), which is not read. Save it as a usual PNG."
        )
        raise ImageRejected("unsupported-mode", detail)
