"""What decoding a JPEG takes, by its segments; and the refusal of what no encoder writes. Decodes nothing.

Pillow reads the segments before the first scan in Python. It goes through bytes between segments one at a time, joins
the pieces of Exif again and again, and copies what is left of a segment of tables for each table in it.
"""

from dataclasses import dataclass
from typing import Final

from model_store.errors import ImageRejected
from model_store.images.formats.jpeg import MAX_SCANS, MAX_SEGMENTS, Frame, Segments
from model_store.images.formats.outline import UNREADABLE, Outline

_TABLES, _APP1, _APP13 = 0xDB, 0xE1, 0xED
"""Second bytes of the markers of quantization tables, of Exif and XMP, and of Photoshop's resources."""
_FRAMES: Final = frozenset({*range(0xC0, 0xD0), 0xDE}) - {0xC4, 0xC8, 0xCC}
"""Those of the markers that Pillow takes for frame headers."""
_EXIF: Final = b"Exif\0\0"
_RESOURCE: Final = b"8BIM"

_COEFFICIENT_BYTES: Final = 2
_RESTARTS_NS: Final = 10_000_000
"""Processor time of feeding a scan restart interval by restart interval."""


@dataclass(slots=True)
class _Header:
    """Counts of what is before the first scan."""

    metadata: int = 0
    between: int = 0
    exif_pieces: int = 0
    table_bytes: int = 0
    frames: int = 0
    frame_bytes: int = 0
    resources: int = 0

    def is_within(self, other: "_Header") -> bool:
        """Tell whether it has no more of anything than another."""
        return (
            self.between <= other.between
            and self.exif_pieces <= other.exif_pieces
            and self.table_bytes <= other.table_bytes
            and self.frames <= other.frames
            and self.frame_bytes <= other.frame_bytes
            and self.resources <= other.resources
        )

    def describe(self) -> str:
        """Say the numbers."""
        return (
            f"{self.between} bytes between segments, {self.exif_pieces} pieces of Exif, {self.table_bytes} bytes of "
            f"quantization tables, {self.frames} frame headers of {self.frame_bytes} bytes, and "
            f"{self.resources} resources of Photoshop"
        )


_MOST: Final = _Header(between=2**20, exif_pieces=64, table_bytes=2**16, frames=1, frame_bytes=1024, resources=20_000)
"""More than any encoder writes."""
_USUAL: Final = _Header(between=4096, exif_pieces=1, table_bytes=2048, frames=1, frame_bytes=64, resources=500)
_USUAL_SEGMENTS, _USUAL_SCANS = 200, 16


def outline(data: bytes, segments: Segments, shrinking: int) -> Outline:
    """Tell what decoding a JPEG takes.

    Args:
        data: The bytes of the file.
        segments: Its segments.
        shrinking: The factor by which it is shrunk while it is decoded.

    Raises:
        ImageRejected: If it has more of anything than encoders write.
    """
    header = _checked_header(data, segments)
    frame = segments.frame
    if frame is None:
        return UNREADABLE
    pixels = -(-frame.width // shrinking) * -(-frame.height // shrinking)
    loaded = pixels * (1 if frame.bands == 1 else 4)
    copies = 1 if segments.end is not None else 3  # the second decoding, and the difference
    stored = 0 if segments.is_sequential else coefficient_bytes(frame)
    scans = len(segments.scans)
    restarts = scans * _RESTARTS_NS if segments.has_restarts else 0
    return Outline(
        frame.width,
        frame.height,
        loading_bytes=copies * loaded + stored + 64 * frame.width * frame.bands,
        loaded_bytes=loaded,
        converting_bytes=0 if frame.bands == 3 else 4 * pixels,
        shrinking=shrinking,
        may_turn=header.metadata > 0,
        nanoseconds=len(data) * 20 + frame.width * frame.height * (3 + scans) + pixels * 10 + restarts,
        is_usual=(
            frame.is_usual
            and scans <= _USUAL_SCANS
            and len(segments.header) <= _USUAL_SEGMENTS
            and header.is_within(_USUAL)
        ),
    )


def coefficient_bytes(frame: Frame) -> int:
    """Return the memory of all coefficients, which the decoder keeps if there is more than one scan."""
    across = max((one for one, _ in frame.sampling), default=1) or 1
    down = max((one for _, one in frame.sampling), default=1) or 1
    blocks = sum(one * other for one, other in frame.sampling)
    units = -(-frame.width // (8 * across)) * -(-frame.height // (8 * down))
    return units * blocks * 64 * _COEFFICIENT_BYTES


def _checked_header(data: bytes, segments: Segments) -> _Header:
    """Count what is before the first scan, and refuse it if there is more than encoders write."""
    if segments.has_too_many_scans:
        raise _unusual(f"more than {MAX_SCANS} scans")
    if segments.has_too_many:
        raise _unusual(f"more than {MAX_SEGMENTS} segments")
    header, place = _Header(), 2
    for kind, start, end in segments.header:
        header.between += max(0, start - 4 - place)
        place = end
        if kind == _APP1:
            header.metadata += 1
            header.exif_pieces += data.startswith(_EXIF, start)
        elif kind == _TABLES:
            header.table_bytes += end - start
        elif kind == _APP13:
            header.resources += data.count(_RESOURCE, start, end)
        elif kind in _FRAMES:
            header.frames += 1
            header.frame_bytes += end - start
    if not header.is_within(_MOST):
        raise _unusual(header.describe())
    return header


def _unusual(what: str) -> ImageRejected:
    return ImageRejected("corrupt", f"The JPEG has {what}, which no encoder writes.")
