"""The cost of decoding a JPEG, estimated from its markers. Reads bytes; decodes nothing.

A progressive JPEG may hold any number of scans, and each costs a pass over the whole picture. For 36 megapixels, 60
more bytes of file cost 25 ms, so a small file could keep a processor busy for hours. See "Two issues with the JPEG
standard", libjpeg-turbo 2016. Like libtiff, Fullcount refuses more than 100 scans.
"""

import re
from typing import Final

MAX_SCANS: Final = 100
"""Encoders write 1 to about 10."""

_START_OF_SCAN: Final = 0xDA
_END_OF_IMAGE: Final = 0xD9
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
