"""Loading the pixels of a JPEG, and telling whether its scans are whole. Changes no pixel of a sound file.

libjpeg decodes what is damaged as well as it can; its warnings do not reach Pillow. But a damaged scan nearly always
ends too early or too late: the decoder has all its blocks while bytes are left, or wants more than there are. Both are
seen from outside, without a second pass. The decoder is fed up to just before the end of each scan (or restart
interval), and then a little beyond. While it decodes, it leaves the bytes of an unfinished block to be fed again;
while it looks for the next marker, it takes every byte.

A file that lacks its end marker is whole if all scans are there and its pixels do not depend on what follows them.
Nothing here knows sizes, colours or orientations.
"""

import re
from collections.abc import Iterator
from itertools import islice
from typing import Any, Final, cast

from PIL import Image
from PIL.ImageFile import ImageFile

from model_store.images.formats.jpeg import END, Segments

_AHEAD: Final = bytes(8)
"""Bytes after a scan: the decoder reads up to 8 ahead, and passes over them in search of the next marker."""
_OTHER_AHEAD: Final = b"\xa5" * 8
_MARGIN: Final = 3
"""Bytes before the end of a scan without which its last block is not complete."""
_MAX_STEPS: Final = 16
"""Bytes within which a place is sought that is not next to a marker."""
_FILL: Final = b"\0\xff"
"""Bytes that some encoders put after a scan."""
_RESTART: Final = re.compile(rb"\xff[\xd0-\xd7]")
_MAX_INTERVALS: Final = 500
"""Restart intervals of a scan that are checked one by one; the rest of the scan is checked as one."""


def load_jpeg(image: ImageFile, data: bytes, segments: Segments) -> bool:
    """Load the pixels of an opened JPEG.

    Args:
        image: The opened file, perhaps with `draft` applied.
        data: The bytes of the file.
        segments: Its segments.

    Returns:
        True if a scan is damaged: the pixels are what the decoder made of it.

    Raises:
        OSError: If the data end before the last pixel, or the decoder gives up.
    """
    if segments.frame is None or not segments.frame.is_usual or len(image.tile) != 1:
        image.load()
        return False
    if segments.end is None and not segments.is_complete:
        raise _truncated()
    is_damaged = _decode(image, data, segments, _AHEAD)
    first = image.im
    if segments.end is None:
        image.im = Image.core.new(image.mode, image.size)  # type: ignore[attr-defined]
        _decode(image, data, segments, _OTHER_AHEAD)
    image.tile = []
    image.load_end()
    if first is not image.im and first.chop_difference(image.im).getbbox() is not None:
        raise _truncated()
    return is_damaged


def _truncated() -> OSError:
    return OSError("image file is truncated")


def _decode(image: ImageFile, data: bytes, segments: Segments, ahead: bytes) -> bool:
    """Decode a JPEG, with some bytes after each scan; return True if one of them is damaged."""
    image.load_prepare()
    feed = _Feed(image, data, ahead)
    try:
        return _feed_scans(feed, data, segments)
    finally:
        feed.close()


def _feed_scans(feed: "_Feed", data: bytes, segments: Segments) -> bool:
    """Feed a file to the decoder; return True if a scan is damaged."""
    is_damaged, is_whole = False, False
    for start, stop in _intervals(data, segments):
        is_early = feed.is_past(start, stop)
        is_whole = feed.has_all(stop) and not is_early
        is_damaged = is_damaged or not is_whole
        if feed.is_done:
            return is_damaged
    if segments.is_sequential:  # then the last block would have been the end
        is_damaged, is_whole = True, False
    if segments.end is not None:
        feed.to(segments.end)
    elif is_whole:
        feed.more(END)
    if not feed.is_done:
        raise _truncated()
    return is_damaged


def _intervals(data: bytes, segments: Segments) -> Iterator[tuple[int, int]]:
    """Yield the start and end of each restart interval of each scan; without any, those of the scan."""
    for scan in segments.scans:
        start = scan.start
        restarts = _RESTART.finditer(data, scan.start, scan.end) if segments.has_restarts else iter(())
        for restart in islice(restarts, _MAX_INTERVALS):
            yield start, restart.start()
            start = restart.end()
        yield start, scan.end


class _Feed:
    """Pillow's decoder of JPEG, and the place up to which it was fed."""

    def __init__(self, image: ImageFile, data: bytes, ahead: bytes) -> None:
        tile = image.tile[0]
        args = (*cast("tuple[str, str]", tile.args), *image.decoderconfig)
        self._ahead = ahead
        self._decoder: Any = Image.core.jpeg_decoder(image.mode, *args)  # type: ignore[attr-defined]
        self._decoder.setimage(image.im, tile.extents)
        self._data = data
        self._view = memoryview(data)
        self._fed = 0
        self._held: bytes | memoryview = b""  # fed, but left by the decoder to be fed again
        self.is_done = False
        """True if all rows are decoded."""

    def close(self) -> None:
        """Release the decoder."""
        self._decoder.cleanup()

    def is_past(self, start: int, stop: int) -> bool:
        """Feed up to just before the end of an interval; return True if the decoder already has all its blocks."""
        filled = self._data[max(start, stop - 16) : stop]
        place = stop - (len(filled) - len(filled.rstrip(_FILL))) - _MARGIN
        inside = range(place, max(start, place - _MAX_STEPS), -1)
        place = next((one for one in inside if 0xFF not in self._view[one - 1 : one + 2]), start)
        if place <= start:  # it is too short, or there is no place that takes no marker apart
            return False
        self.to(place)
        if not self.is_done and not self._held:
            self.to(place + 1)
        return self.is_done or not self._held

    def has_all(self, stop: int) -> bool:
        """Feed to the end of an interval and a little beyond; return True if the decoder has all its blocks."""
        self.to(stop)
        self.more(self._ahead)
        if not self.is_done and not self._held:
            self.more(self._ahead[:1])
        return self.is_done or not self._held

    def to(self, place: int) -> None:
        """Feed the data up to a place."""
        new = self._view[self._fed : place]
        self._fed = max(self._fed, place)
        self._put(b"".join((self._held, new)) if len(self._held) else new)

    def more(self, extra: bytes) -> None:
        """Feed bytes that are not in the data."""
        self._put(b"".join((self._held, extra)))

    def _put(self, given: bytes | memoryview) -> None:
        if self.is_done or not len(given):
            return
        taken, error = self._decoder.decode(given)
        if error < 0:
            raise OSError(f"decoder error {error}")
        self.is_done = taken < 0
        self._held = b"" if self.is_done else given[taken:]
