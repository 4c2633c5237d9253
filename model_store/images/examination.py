"""Examining a file before it is decoded: refusing what no encoder writes, and telling what decoding takes.

It reads headers only, in time that is linear in the bytes and bounded, and hands nothing to a decoder. So a service
can take the memory from a budget first, and send what may be costly to a process that can be killed.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from model_store.errors import ImageRejected
from model_store.images.decoding import Decoded, ImageSource, decode_source
from model_store.images.formats import avif, bmp, gif, jpeg_outline, png, png_outline, tiff_outline, webp
from model_store.images.formats.jpeg import Segments, read_segments
from model_store.images.formats.outline import Outline
from model_store.images.input_spec import FORMATS, Format, InputSpec
from model_store.images.limits import DEFAULT_MAX_IMAGE_PIXELS, MAX_IMAGE_PIXELS, SHRUNK_FACTOR, over_limit
from model_store.images.rejections import explain_unopened
from model_store.images.resizing import resizing_bytes, shrinking_factor
from model_store.images.signatures import SIGNATURE_BYTES, opened_format

_OUTLINES: Final[dict[Format, Callable[[bytes], Outline]]] = {
    "PNG": png_outline.outline,
    "WEBP": webp.outline,
    "GIF": gif.outline,
    "BMP": bmp.outline,
    "TIFF": tiff_outline.outline,
    "AVIF": avif.outline,
}
_LIGHT_FORMATS: Final = frozenset({"JPEG", "PNG", "WEBP"})
_LIGHT_BYTES: Final = 64 * 2**20
_LIGHT_NANOSECONDS: Final = 100_000_000
FIXED_BYTES: Final = 2**22
"""Memory that any decoding takes beside that of its pixels."""
_REFUSING_COPIES: Final = 2
"""Copies of a file whose header is not whole: Pillow reads what it takes for metadata before it gives up."""
_RESIZING_NS: Final = 1
"""Processor time of resizing, for each byte that it takes."""


@dataclass(frozen=True, slots=True)
class Examined:
    """A file that was examined: it may be decoded, at a known price."""

    memory_bytes: int
    """Memory that decoding takes at most, beyond the file's own bytes."""
    is_light: bool
    """True if decoding takes at most about 100 ms of processor time and 64 MiB, whatever else the file holds."""
    _source: ImageSource
    _spec: InputSpec

    @property
    def pixels(self) -> int:
        """Width times height that the file declares."""
        return self._source.pixels

    def decode(self) -> Decoded:
        """Decode the file.

        Raises:
            ImageRejected: If the bytes cannot be decoded; its `reason` is one of `REASONS`.
            MemoryError: If there is not enough memory.
        """
        try:
            return decode_source(self._source, self._spec)
        except ImageRejected as rejected:
            if rejected.reason not in {"corrupt", "truncated"}:
                raise
            for plain in png.without_spare(self._source.data):
                try:
                    return decode_source(self._source._replace(data=plain), self._spec)
                except ImageRejected as without_spare:
                    rejected = without_spare
            raise rejected from None


def examine(data: bytes, spec: InputSpec, *, max_image_pixels: int = DEFAULT_MAX_IMAGE_PIXELS) -> Examined:
    """Examine the bytes of one image file.

    Args:
        data: The bytes of the whole file.
        spec: The model's input.
        max_image_pixels: Largest width times height that the file may declare, at most `MAX_IMAGE_PIXELS`; of a JPEG
            that is shrunk while it is decoded, `SHRUNK_FACTOR` times as many.

    Returns:
        What decoding it takes.

    Raises:
        ImageRejected: If the bytes are not an image of an accepted format, have too many pixels, or are what no
            encoder writes and what would be costly to decode.
    """
    if not data:
        raise ImageRejected("empty", "The file is empty.")
    name = _format_of(data[:SIGNATURE_BYTES])
    if name is None or name not in spec.formats:
        raise explain_unopened(data, spec.formats)
    segments = read_segments(data) if name == "JPEG" else None
    outline = _jpeg(data, segments, spec) if segments else _OUTLINES[name](data)
    limit = min(max_image_pixels, MAX_IMAGE_PIXELS)
    pixels = outline.width * outline.height
    if pixels > (limit * SHRUNK_FACTOR if segments else limit):
        raise over_limit(outline.width, outline.height, limit)
    resizing = _resizing_bytes(outline, spec)
    refusing = 0 if pixels else len(data) * _REFUSING_COPIES
    memory = FIXED_BYTES + resizing + outline.peak_bytes + refusing
    nanoseconds = outline.nanoseconds + resizing * _RESIZING_NS
    is_cheap = memory <= _LIGHT_BYTES and nanoseconds <= _LIGHT_NANOSECONDS
    is_light = name in _LIGHT_FORMATS and outline.is_usual and is_cheap
    return Examined(memory, is_light, ImageSource(data, name, segments, limit, pixels, memory), spec)


def _jpeg(data: bytes, segments: Segments, spec: InputSpec) -> Outline:
    frame = segments.frame
    shrinking = shrinking_factor((frame.width, frame.height), spec) if frame else 1
    return jpeg_outline.outline(data, segments, shrinking)


def _resizing_bytes(outline: Outline, spec: InputSpec) -> int:
    """Return the memory that resizing takes, however the picture may have to be turned."""
    width, height = outline.loaded_size
    sizes = [(width, height), (height, width)] if outline.may_turn else [(width, height)]
    return max(resizing_bytes(size, spec) for size in sizes)


def _format_of(head: bytes) -> Format | None:
    name = opened_format(head)
    return next((known for known in FORMATS if known == name), None)
