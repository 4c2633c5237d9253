"""The reason for which bytes cannot be decoded: first what the file is, and only then that it is damaged.

A sound file of another kind, or with samples that are not read, has its own sentence with the advice for it.
"""

import struct
from collections.abc import Sequence
from typing import Final

from model_store.errors import ImageRejected
from model_store.images.foreign import CONVERT, describe_foreign
from model_store.images.formats.bmp_kinds import explain_bmp
from model_store.images.formats.jpeg import read_segments
from model_store.images.formats.tiff import explain_tiff
from model_store.images.signatures import SIGNATURE_BYTES, signature_format

UNKNOWN: Final = "The bytes are not an image in a format that Fullcount reads."
REASONS: Final[dict[str, str]] = {
    "empty": "The file has no bytes.",
    "not-an-image": UNKNOWN,
    "format-not-allowed": "The bytes are an image, but the model does not accept its format.",
    "truncated": "The image ends before its last pixel.",
    "corrupt": "The image's data are inconsistent.",
    "unsupported-mode": "The samples are stored in a way that is not read, or have no standard conversion to RGB.",
    "too-many-pixels": "The image has more pixels than the limit.",
    "too-costly": "Decoding takes more time or memory than one image may have.",
    "too-large": "The file has more bytes than the limit for one image.",
}
"""Every reason for which an image can be rejected, with its meaning."""

_HEADER: Final = "The bytes begin like an image, but its header is damaged."
_METADATA: Final = frozenset({*range(0xE0, 0xF0), 0xFE})
"""Second bytes of the markers of metadata and comments in a JPEG."""


def explain_unopened(data: bytes, formats: Sequence[str]) -> ImageRejected:
    """Explain why no parser of the accepted formats recognised the bytes.

    Args:
        data: The bytes of the file.
        formats: The accepted formats.
    """
    name = signature_format(data[:SIGNATURE_BYTES])
    if name is None:
        return ImageRejected("not-an-image", describe_foreign(data) or UNKNOWN)
    if name not in formats:
        return ImageRejected("format-not-allowed", _not_accepted(name, formats))
    if _is_cut_webp(data):
        return truncated()
    explained = {"TIFF": _tiff, "JPEG": _jpeg, "BMP": explain_bmp}.get(name)
    return (explained(data) if explained else None) or damaged_header()


def explain_failure(error: Exception, data: bytes) -> ImageRejected:
    """Explain an error of Pillow, which uses many classes and free text."""
    words = str(error).lower()
    is_short_chunk = words.endswith(" chunk")  # of a PNG: it says nothing of the file's end
    is_cut = isinstance(error, EOFError | struct.error) or ("truncated" in words and not is_short_chunk)
    if is_cut or _is_cut_webp(data):
        return truncated()
    if isinstance(error, ValueError) and "conversion" in words:
        return ImageRejected("unsupported-mode", f"The pixels cannot be converted to RGB: {error}.")
    explained = {"BMP": explain_bmp, "JPEG": _jpeg}.get(signature_format(data[:SIGNATURE_BYTES]) or "")
    damaged = ImageRejected("corrupt", "The image's data are damaged and cannot be decoded.")
    return (explained(data) if explained else None) or damaged


def damaged_header() -> ImageRejected:
    """Make the error for a header that cannot be read, or not in one way."""
    return ImageRejected("corrupt", _HEADER)


def truncated() -> ImageRejected:
    """Make the error for an image that was cut."""
    return ImageRejected("truncated", "The image ends before its last pixel; it was cut short.")


def _not_accepted(name: str, formats: Sequence[str]) -> str:
    extra = f"Set FULLCOUNT_EXTRA_FORMATS={name} to let the service accept it, or convert it to JPEG or PNG."
    advice = extra if name == "AVIF" else CONVERT
    return f"{name} is not among the accepted formats: {', '.join(formats)}. {advice}"


def _tiff(data: bytes) -> ImageRejected | None:
    return explain_tiff(data, is_opened=False)


def _jpeg(data: bytes) -> ImageRejected | None:
    frame, header = (segments := read_segments(data)).frame, segments.header
    if header and frame is None and all(one.kind in _METADATA and one.end <= len(data) for one in header):
        return ImageRejected("corrupt", "The JPEG has metadata, but no picture.")
    if frame is None or frame.is_usual:
        return None
    detail = f"The file is {frame.describe()}, which is not read. Save it as a baseline JPEG of 8 bits, or as PNG."
    return ImageRejected("unsupported-mode", detail)


def _is_cut_webp(data: bytes) -> bool:
    """Return True if a WebP declares more bytes than it has, which Pillow does not report."""
    return data[:4] == b"RIFF" and data[8:12] == b"WEBP" and int.from_bytes(data[4:8], "little") + 8 > len(data)
