"""What the header of a picture says about the cost of decoding it. Every format's reader of headers returns one.

The numbers are upper bounds. Those of memory are measured by `benchmarks.decode_memory`, which prints what each form
takes, and a test compares the two.
"""

from dataclasses import dataclass
from typing import Final

EXIF_BYTES: Final = 32
"""Memory that a byte of EXIF takes at most: it may be a list of fractions, each an object."""
_RGB_BYTES: Final = 4
"""Bytes of a pixel of RGB, as Pillow keeps it."""
_ROW_BYTES: Final = 8
"""Bytes of a row beside its pixels: its address."""


@dataclass(frozen=True, slots=True)
class Outline:
    """The size of a picture, and what it takes to load its pixels."""

    width: int
    """Width that the file declares, in pixels; 0 if its header is not whole, and then it is not decoded either."""
    height: int
    loading_bytes: int
    """Memory while the pixels are loaded, beyond the file's own bytes, with the loaded picture."""
    loaded_bytes: int
    """Memory that the loaded picture and its decoder hold."""
    converting_bytes: int
    """Memory that conversion to RGB takes beside the loaded picture, with the result."""
    shrinking: int = 1
    """The factor by which width and height are divided while the pixels are loaded."""
    may_turn: bool = False
    """True if the file may say that its picture has to be turned."""
    nanoseconds: int = 0
    """Processor time of loading and converting."""
    is_usual: bool = False
    """True if nothing in the file can cost more than this says; only then is `nanoseconds` an upper bound."""

    @property
    def loaded_size(self) -> tuple[int, int]:
        """Width and height of the loaded picture, in pixels."""
        return -(-self.width // self.shrinking), -(-self.height // self.shrinking)

    @property
    def peak_bytes(self) -> int:
        """The most memory up to resizing. What an earlier step has freed may still belong to the process."""
        width, height = self.loaded_size
        steps = max(self.loading_bytes, self.loaded_bytes + self.converting_bytes) + 2 * _ROW_BYTES * height
        return steps + (_RGB_BYTES * width * height + _ROW_BYTES * width if self.may_turn else 0)


UNREADABLE = Outline(0, 0, 0, 0, 0)
"""Of a header that is not whole."""
