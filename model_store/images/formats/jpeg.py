"""What the markers of a JPEG say: the kind of its frame, and the cost of decoding it. Reads bytes; decodes nothing.

A progressive JPEG may hold any number of scans, and each costs a pass over the whole picture. For 36 megapixels, 60
more bytes of file cost 25 ms, so a small file could keep a processor busy for hours. See "Two issues with the JPEG
standard", libjpeg-turbo 2016. Like libtiff, Fullcount refuses more than 100 scans.
"""

import re
from typing import Final, NamedTuple

MAX_SCANS: Final = 100
"""Encoders write 1 to about 10."""

END: Final = b"\xff\xd9"
"""The marker of the end."""

MAX_SEGMENTS: Final = 2000
"""Segments that are read; encoders write a few dozen, or some hundred with large metadata."""
_START_OF_SCAN: Final = 0xDA
_END_OF_IMAGE: Final = 0xD9
_RESTART_INTERVAL: Final = 0xDD
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
_BARE: Final = frozenset({0xC8, _END_OF_IMAGE, *range(0xF0, 0xFE)}) - {0xF7}
"""Markers that Pillow goes on right after: reserved ones, and an end before the first scan."""
_FRAME_BYTES: Final = 50
"""Enough of a frame header for every number of bands that is read."""
_MARKER = re.compile(rb"\xff[^\x00\x01\xd0-\xd8\xff]")  # neither stuffing nor a marker inside a scan


class Frame(NamedTuple):
    """The frame header of a JPEG."""

    kind: str
    bits: int
    """Bits per sample."""
    height: int
    width: int
    bands: int
    sampling: tuple[tuple[int, int], ...]
    """Across and down, of each band."""

    @property
    def is_usual(self) -> bool:
        """True if it is of a kind that every reader of JPEG reads."""
        return self.kind in _READ_KINDS and self.bits == 8 and self.bands in {1, 3, 4} and self.height > 0

    def describe(self) -> str:
        """Say the numbers: `a baseline JPEG with 3 bands of 12 bits`."""
        article = "an" if self.kind.startswith("a") else "a"
        kind = "a JPEG-LS picture" if self.kind == "JPEG-LS" else f"{article} {self.kind} JPEG"
        bands = f"{self.bands} band{'s' * (self.bands != 1)} of {self.bits} bits"
        return f"{kind} with {bands}{'' if self.height else ' and no height in its header'}"


class Scan(NamedTuple):
    """A scan of a JPEG: some bits of some coefficients of some bands."""

    start: int
    """Offset of its compressed data."""
    end: int
    """Offset of the marker after its data."""
    bands: tuple[int, ...]
    """Identifiers of its bands."""
    first: int
    """Its first coefficient, from 0 to 63."""
    last: int
    """Its last coefficient."""
    missing_bits: int
    """Number of lower bits that later scans bring."""


class Segment(NamedTuple):
    """A segment before the first scan."""

    kind: int
    """The second byte of its marker."""
    start: int
    """Offset of its content, after its length."""
    end: int


class Segments(NamedTuple):
    """The parts of the first picture of a JPEG."""

    frame: Frame | None
    """Its frame header; None if it has none, as a damaged one."""
    scans: tuple[Scan, ...]
    """Its scans: `MAX_SCANS` and one more at most."""
    end: int | None
    """Offset after its end marker; None if it is missing."""
    has_restarts: bool
    """True if its scans may have restart markers."""
    header: tuple[Segment, ...]
    """Its segments before the first scan."""
    has_too_many: bool
    """True if it has more than `MAX_SEGMENTS`; those after them are not read."""

    @property
    def has_too_many_scans(self) -> bool:
        """True if it has more than `MAX_SCANS` scans."""
        return len(self.scans) > MAX_SCANS

    @property
    def is_sequential(self) -> bool:
        """True if one scan brings everything, so that it is decoded row by row."""
        return len(self.scans) == 1 and self.frame is not None and self.frame.kind == "baseline"

    @property
    def is_complete(self) -> bool:
        """True if the scans bring every bit of every coefficient of every band."""
        missing: dict[tuple[int, int], int] = {}
        for scan in self.scans:
            for band in scan.bands:
                places = ((band, place) for place in range(scan.first, scan.last + 1))
                missing |= dict.fromkeys(places, scan.missing_bits)
        return self.frame is not None and len(missing) == 64 * self.frame.bands and not any(missing.values())


def read_segments(data: bytes) -> Segments:
    """Read the segments of the first picture of a JPEG, up to its end."""
    frame: Frame | None = None
    scans: list[Scan] = []
    header: list[Segment] = []
    place, has_restarts, end, has_too_many = 0, False, -1, False
    for _ in range(MAX_SEGMENTS):
        marker = _MARKER.search(data, place)
        if marker is None or len(scans) > MAX_SCANS:
            break
        kind, start = data[marker.start() + 1], marker.end()
        if kind == _END_OF_IMAGE and scans:
            end = marker.start()
            break
        place = start if kind in _BARE else start + int.from_bytes(data[start : start + 2])
        has_restarts = has_restarts or kind == _RESTART_INTERVAL
        if kind in _FRAMES and frame is None and start + 8 <= len(data):
            frame = _frame(kind, data[start + 2 : start + _FRAME_BYTES])
        if kind == _START_OF_SCAN:
            following = _MARKER.search(data, place)
            scans.append(_scan(data[start:place], place, following.start() if following else _end_of(data)))
            place = scans[-1].end
        elif not scans:
            header.append(Segment(kind, start + 2, place))
    else:
        has_too_many = True
    if end < 0 and scans:
        end = data.find(END, scans[-1].end)  # a damaged length may have led past it
    return Segments(frame, tuple(scans), None if end < 0 else end + len(END), has_restarts, tuple(header), has_too_many)


def _frame(kind: int, content: bytes) -> Frame:
    """Read a frame header of at least six bytes: bits, height, width, number of bands; then three bytes for each."""
    sampling = tuple((one >> 4, one & 15) for one in content[7 : 6 + 3 * content[5] : 3])
    return Frame(
        _FRAMES[kind], content[0], int.from_bytes(content[1:3]), int.from_bytes(content[3:5]), content[5], sampling
    )


def _end_of(data: bytes) -> int:
    """Return the end of a file without the first byte of a marker that was cut."""
    return len(data.rstrip(b"\xff"))


def _scan(header: bytes, start: int, end: int) -> Scan:
    count = header[2] if len(header) > 2 else 0
    first, last, bits = (header[3 + 2 * count : 6 + 2 * count] + bytes(3))[:3]
    return Scan(start, end, tuple(header[3 : 3 + 2 * count : 2]), first, last, bits & 15)
