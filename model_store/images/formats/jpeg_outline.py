"""What decoding a JPEG takes, by its segments; and the refusal of what no encoder writes. Decodes nothing.

Pillow reads the segments before the first scan in Python. It goes through bytes between segments one at a time, joins
the pieces of Exif again and again, and copies what is left of a segment of tables for each table in it.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from model_store.errors import ImageRejected
from model_store.images.formats.jpeg import MAX_SCANS, MAX_SEGMENTS, Frame, Segments
from model_store.images.formats.outline import EXIF_BYTES, UNREADABLE, Outline

_TABLES, _APP1, _APP2, _APP13 = 0xDB, 0xE1, 0xE2, 0xED
"""Second bytes of the markers of quantization tables, Exif and XMP, several pictures, and Photoshop's resources."""
_FRAMES: Final = frozenset({*range(0xC0, 0xD0), 0xDE}) - {0xC4, 0xC8, 0xCC}
"""Those of the markers that Pillow takes for frame headers."""
_KEPT: Final = frozenset({*range(0xE0, 0xF0), 0xFE})
"""Those of the markers of segments that Pillow keeps."""
_KEPT_COPIES: Final = 3
"""Copies of them: the segments, the pieces of a colour profile, and the whole."""
_FED_COPIES: Final = 2
"""Copies of what the decoder leaves to be fed again: all of a scan, if it gives up or has all its rows."""
_METADATA: Final = "bytes of metadata"
_EXIF: Final = "bytes of Exif"
_KEPT_BYTES: Final = "bytes of kept segments"

_COEFFICIENT_BYTES: Final = 2
_METADATA_NS: Final = 300
"""Processor time for a byte of metadata: EXIF may be a list of fractions."""
_RESTARTS_NS: Final = 3_000_000
"""Processor time of feeding a scan restart interval by restart interval."""


_MOST: Final = {
    "bytes between segments": 2**18,
    "pieces of Exif": 64,
    "bytes of quantization tables": 2**16,
    "frame headers": 1,
    "bytes of frame headers": 1024,
    "resources of Photoshop": 20_000,
}
"""What may be before the first scan: more than any encoder writes."""
_USUAL: Final = {
    "segments": 200,
    "bytes between segments": 4096,
    "pieces of Exif": 1,
    "bytes of quantization tables": 2048,
    "resources of Photoshop": 500,
}
_USUAL_SCANS: Final = 24


def outline(data: bytes, segments: Segments, shrinking: int) -> Outline:
    """Tell what decoding a JPEG takes.

    Args:
        data: The bytes of the file.
        segments: Its segments.
        shrinking: The factor by which it is shrunk while it is decoded.

    Raises:
        ImageRejected: If it has more of anything than encoders write.
    """
    counts = _counts(data, segments)
    _check(counts, segments)
    frame = segments.frame
    kept = counts[_KEPT_BYTES] * _KEPT_COPIES + counts[_EXIF] * EXIF_BYTES
    if frame is None:
        return replace(UNREADABLE, loading_bytes=kept)
    pixels = -(-frame.width // shrinking) * -(-frame.height // shrinking)
    loaded = pixels * (1 if frame.bands == 1 else 4)
    scans, coefficients = len(segments.scans), _coefficients(frame)
    stored = 0 if segments.is_sequential else coefficients * _COEFFICIENT_BYTES  # then the decoder keeps them all
    passes = 1 if segments.end is not None else 2  # without an end it is decoded twice, and compared
    decoding_ns = int(len(data) * 6 + coefficients * (0.8 + 0.7 * scans) + pixels * 9)
    fed = len(data) * _FED_COPIES
    restarts_ns = scans * _RESTARTS_NS if segments.has_restarts else 0
    return Outline(
        frame.width,
        frame.height,
        loading_bytes=(2 * passes - 1) * loaded + stored + 64 * frame.width * frame.bands + kept + fed,
        loaded_bytes=loaded + kept,
        converting_bytes=0 if frame.bands == 3 else 4 * pixels,
        shrinking=shrinking,
        may_turn=counts[_METADATA] > 0,
        nanoseconds=passes * (decoding_ns + restarts_ns) + counts[_METADATA] * _METADATA_NS,
        is_usual=frame.is_usual
        and scans <= _USUAL_SCANS
        and all(counts[what] <= most for what, most in _USUAL.items()),
    )


def _coefficients(frame: Frame) -> int:
    """Return the number of coefficients, in whole blocks of all bands."""
    across = max((one for one, _ in frame.sampling), default=1) or 1
    down = max((one for _, one in frame.sampling), default=1) or 1
    blocks = sum(one * other for one, other in frame.sampling)
    return -(-frame.width // (8 * across)) * -(-frame.height // (8 * down)) * blocks * 64


def _counts(data: bytes, segments: Segments) -> Counter[str]:
    """Count what is before the first scan."""
    counts = Counter({"segments": len(segments.header)})
    place = 2
    for kind, start, end in segments.header:
        if start - 4 > place:
            counts["bytes between segments"] += start - 4 - place
        place = end
        if kind in _KEPT:
            counts[_KEPT_BYTES] += end - start
        if kind == _APP1:
            is_exif = data.startswith(b"Exif\0\0", start)
            counts[_METADATA] += end - start
            counts["pieces of Exif"] += is_exif
            counts[_EXIF] += (end - start) * is_exif
        elif kind == _APP2:
            counts[_METADATA] += (end - start) * data.startswith(b"MPF\0", start)
        elif kind == _TABLES:
            counts["bytes of quantization tables"] += end - start
        elif kind == _APP13:
            counts["resources of Photoshop"] += data.count(b"8BIM", start, end)
        elif kind in _FRAMES:
            counts["frame headers"] += 1
            counts["bytes of frame headers"] += end - start
    if not segments.scans:
        counts["bytes between segments"] += max(0, len(data) - place)
    return counts


def _is_within(counts: Counter[str], most: Mapping[str, int]) -> bool:
    return all(counts[what] <= number for what, number in most.items())


def _check(counts: Counter[str], segments: Segments) -> None:
    """Refuse what no encoder writes."""
    if segments.has_too_many_scans:
        raise _unusual(f"more than {MAX_SCANS} scans")
    if segments.has_too_many:
        raise _unusual(f"more than {MAX_SEGMENTS} segments")
    for what, most in _MOST.items():
        if counts[what] > most:
            raise _unusual(f"{counts[what]} {what}")


def _unusual(what: str) -> ImageRejected:
    return ImageRejected("corrupt", f"The JPEG has {what}, which no encoder writes.")
