"""Decoding an image file by the policy of an `InputSpec`: from its header to resized pixels.

Nothing here bounds what a file costs; that is `model_store.images.examination`.
"""

import io
from typing import Final, NamedTuple

import numpy as np
from PIL import Image, UnidentifiedImageError
from PIL.ImageFile import ImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.TiffImagePlugin import TiffImageFile

from model_store.errors import ImageRejected
from model_store.images.formats import png, tiff
from model_store.images.formats.jpeg import Segments
from model_store.images.formats.jpeg_loading import load_jpeg
from model_store.images.formats.png import check_png
from model_store.images.formats.tiff import check_tiff
from model_store.images.input_spec import Format, InputSpec, Pixels
from model_store.images.limits import SHRUNK_FACTOR, over_limit
from model_store.images.memory import is_out_of_memory
from model_store.images.rejections import damaged_header, explain_failure, explain_unopened
from model_store.images.resizing import DRAFT_FACTOR, needed_size, resized
from model_store.images.rgb import TURNED, load_rgb, orientation_of, turned_upright

_BYTES_A_PIXEL: Final = 12
"""Memory that decoding takes at most, for each pixel of the limit."""
_BYTES_A_COEFFICIENT: Final = 2


class Decoded(NamedTuple):
    """One decoded image."""

    pixels: Pixels
    """uint8 `(height, width, 3)`, C-contiguous, owned by the caller."""
    format: Format
    """The format of the bytes, regardless of the file's name."""
    width: int
    """Width that the file declares, in pixels, before any EXIF orientation."""
    height: int
    """Height that the file declares, in pixels, before any EXIF orientation."""
    suspect_maximum: int | None = None
    """The highest sample of 16 bits, if upper bits are probably unused and the file does not say so; else None."""
    is_damaged: bool = False
    """True if a part of the picture is damaged, and its pixels are what the decoder made of it: of a JPEG or PNG."""


class ImageSource(NamedTuple):
    """A file to decode."""

    data: bytes
    format: Format
    segments: Segments | None
    """Those of a JPEG; None of another format."""
    limit: int
    """The most pixels that it may have; of a JPEG that is shrunk, `SHRUNK_FACTOR` times as many."""
    pixels: int
    """Its pixels, as its header was read here; Pillow must not find more."""
    memory_bytes: int
    """Memory that decoding takes at most."""


def decode_source(source: ImageSource, spec: InputSpec) -> Decoded:
    """Decode a file.

    Raises:
        ImageRejected: If the bytes cannot be decoded.
        MemoryError: If there is not enough memory.
    """
    try:
        return _decode(source, spec)
    except ImageRejected:
        raise
    except Exception as error:  # parsers raise any class for hostile bytes
        _release_frames(error)
        if is_out_of_memory(error, source.memory_bytes):
            raise MemoryError(f"Decoding the image takes up to {source.memory_bytes} bytes of memory.") from error
        raise _explained(error, source) from error


def _explained(error: Exception, source: ImageSource) -> ImageRejected:
    """Explain an error of Pillow."""
    if isinstance(error, UnidentifiedImageError):
        return explain_unopened(source.data, (source.format,))
    if isinstance(error, Image.DecompressionBombError | Image.DecompressionBombWarning):
        return damaged_header()  # as it was read here, the picture is within the limit
    return explain_failure(error, source.data)


def _release_frames(error: BaseException | None) -> None:
    """Drop the tracebacks of an error: their frames hold the bytes and the picture."""
    while error is not None:
        error.__traceback__ = None
        error = error.__context__


def _decode(source: ImageSource, spec: InputSpec) -> Decoded:
    data, name, segments, limit, pixels, _ = source
    image = _open(data, name)
    width, height = image.size
    if width * height > (limit * SHRUNK_FACTOR if segments else limit):
        raise over_limit(width, height, limit)
    if width * height > pixels:
        raise damaged_header()
    declared_bits = _check_kind(image, data)
    _shrink_on_load(image, spec)
    if segments:
        _check_memory(image, segments, (width, height), limit)
    is_damaged = load_jpeg(image, data, segments) if segments else _is_damaged(image, data)
    loaded = load_rgb(image, spec.background, reopen=lambda: _reopened(data, name), declared_bits=declared_bits)
    del image  # its memory is needed for turning
    array = np.array(resized(turned_upright(loaded), spec), dtype=np.uint8)
    return Decoded(array, name, width, height, loaded.suspect_maximum, is_damaged)


def _open(data: bytes, name: Format) -> ImageFile:
    """Read only the header, format and size. Only the parser of the format sees the bytes."""
    return Image.open(io.BytesIO(data), formats=(name,))


def _check_kind(image: ImageFile, data: bytes) -> int | None:
    """Check that the samples are read right, and return the number of significant bits that the file declares."""
    if isinstance(image, TiffImageFile):
        check_tiff(image, data)
        return tiff.declared_bits(data)
    if image.format == "PNG":
        check_png(data)
        return png.declared_bits(data)
    return None


def _is_damaged(image: ImageFile, data: bytes) -> bool:
    """Return True if the data of the pixels are not as they were written, if they can be decoded at all."""
    if isinstance(image, TiffImageFile):
        return tiff.lacks_data(image)
    return image.format == "PNG" and png.is_damaged(data)


def _reopened(data: bytes, name: Format) -> ImageFile:
    image = _open(data, name)
    _check_kind(image, data)
    return image


def _shrink_on_load(image: Image.Image, spec: InputSpec) -> None:
    """Configure a JPEG to be shrunk by a whole factor while it is decoded, if the policy allows it."""
    if spec.draft and image.format in {"JPEG", "MPO"}:
        turned = orientation_of(image) in TURNED
        width, height = needed_size(image.size, spec, turned=turned)
        image.draft(None, (width * DRAFT_FACTOR, height * DRAFT_FACTOR))


def _check_memory(image: ImageFile, segments: Segments, size: tuple[int, int], limit: int) -> None:
    """Check that a JPEG, perhaps shrunk, takes no more memory than a picture with as many pixels as the limit.

    With several scans, the decoder keeps all coefficients of the whole picture.
    """
    pixels = image.width * image.height
    if not segments.is_sequential and isinstance(image, JpegImageFile):
        layers = [(across, down) for _, across, down, _ in image.layer]
        whole = max(across for across, _ in layers) * max(down for _, down in layers)
        coefficients = size[0] * size[1] * sum(across * down for across, down in layers) / whole
        pixels = max(pixels, int(coefficients * _BYTES_A_COEFFICIENT / _BYTES_A_PIXEL))
    if pixels > limit:
        raise over_limit(*size, limit)
