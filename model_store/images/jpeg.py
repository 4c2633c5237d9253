"""What the markers of a JPEG say: the kind of its frame, and the cost of decoding it. Reads bytes; decodes nothing.

A progressive JPEG may hold any number of scans, and each costs a pass over the whole picture. For 36 megapixels, 60
more bytes of file cost 25 ms, so a small file could keep a processor busy for hours. See "Two issues with the JPEG
standard", libjpeg-turbo 2016. Like libtiff, Fullcount refuses more than 100 scans.
"""

import re
from typing import Final, NamedTuple

MAX_SCANS: Final = 100
"""Encoders write 1 to about 10."""

_START_OF_SCAN: Final = 0xDA
_END_OF_IMAGE: Final = 0xD9
_FRAMES: Final = {
    **dict.fromkeys((0xC0, 0xC1), "baseline"),
    0xC2: "progressive",
    0xC3: "lossless",
    **dict.fromkeys((0xC5, 0xC6, 0xC7, 0xCD, 0xCE, 0xCF), "hierarchical"),
    **dict.fromkeys((0xC9, 0xCA), "arithmetic-coded"),
    0xCB: "lossless arithmetic-coded",
    0xF7: "JPEG-LS",
}
"""Marker of a frame → its kind."""
_READ_KINDS: Final = frozenset({"baseline", "progressive"})
_MARKER = re.compile(rb"\xff[^\x00\x01\xd0-\xd8\xff]")  # neither stuffing nor a marker inside a scan


def has_too_many_scans(data: bytes) -> bool:
    """Return True if the first picture of a JPEG file has more than `MAX_SCANS` scans."""
    if data.count(b"\xff\xda") <= MAX_SCANS:  # the usual case; this also counts bytes after the picture
        return False
    scans, place = 0, 0
    while marker := _MARKER.search(data, place):
        kind = data[marker.start() + 1]
        if kind == _END_OF_IMAGE:
            return False
        scans += kind == _START_OF_SCAN
        if scans > MAX_SCANS:
            return True
        place = marker.end() + int.from_bytes(data[marker.end() : marker.end() + 2])
    return False


class Frame(NamedTuple):
    """The frame header of a JPEG."""

    kind: str
    bits: int
    """Bits per sample."""
    height: int
    bands: int

    @property
    def is_usual(self) -> bool:
        """True if it is of a kind that every reader of JPEG reads."""
        return self.kind in _READ_KINDS and self.bits == 8 and self.bands in {1, 3, 4} and self.height > 0

    def describe(self) -> str:
        """Say the numbers: `a baseline JPEG with 3 bands of 12 bits`."""
        kind = "a JPEG-LS picture" if self.kind == "JPEG-LS" else f"a {self.kind} JPEG"
        bands = f"{self.bands} band{'s' * (self.bands != 1)} of {self.bits} bits"
        return f"{kind} with {bands}{'' if self.height else ' and no height in its header'}"


def read_frame(data: bytes) -> Frame | None:
    """Read the frame header of a JPEG; None if it has none, as a damaged one."""
    place = 0
    while marker := _MARKER.search(data, place):
        kind = _FRAMES.get(data[marker.start() + 1])
        body = marker.end() + 2
        if kind is not None and body + 6 <= len(data):
            return Frame(kind, data[body], int.from_bytes(data[body + 1 : body + 3]), data[body + 5])
        if kind is not None or data[marker.start() + 1] in {_START_OF_SCAN, _END_OF_IMAGE}:
            return None
        place = marker.end() + int.from_bytes(data[marker.end() : marker.end() + 2])
    return None
