"""The images that are computed: files that are read when their turn comes, bytes, or pixels."""

from collections.abc import Callable
from typing import NamedTuple

from model_store.images.pixels import Decoded, Pixels

Read = Callable[[], bytes]
"""Returns the bytes of one file. It blocks and runs in a worker's thread."""


class SourceFile(NamedTuple):
    """A file that is read when its turn comes, and perhaps once more."""

    read: Read
    bytes: int
    """Its length, which is taken from the budget before it is read."""


Source = Read | SourceFile | Decoded
"""A file; or a function that hands over its bytes once, which were taken from the budget before; or the image that they
were decoded to, by the same `InputSpec`."""

See = Callable[[Pixels], None]
"""Called with the pixels of one image, uint8 `(height, width, 3)`."""
