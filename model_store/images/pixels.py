"""Decoding the bytes of an image file to uint8 pixels: the only decoder and the only resize in the project.

Training, evaluation and serving call `decode` with the `InputSpec` of the model's manifest, so one file gives the same
array everywhere. The format is detected from the bytes, never from the file's name. Nothing here knows labels, models
or HTTP.

The policy applies these steps in order: size limit; JPEG shrink-on-load (`draft`) to no less than twice the target;
16-bit grey scaled to 8 bits; transparency laid over the background; RGB; EXIF orientation; crop or squash; resize.
Embedded colour profiles are not applied. Only the first frame of an animation is used.
"""

import io
import warnings
from typing import Annotated, Final, Literal, NamedTuple, get_args

import numpy as np
import numpy.typing as npt
from PIL import Image, UnidentifiedImageError
from PIL.ImageFile import ImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.TiffImagePlugin import TiffImageFile
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from model_store.errors import ImageRejected
from model_store.images import png, tiff
from model_store.images.jpeg import MAX_SCANS, Segments, read_segments
from model_store.images.jpeg_loading import load_jpeg
from model_store.images.png import check_png
from model_store.images.rejections import UNKNOWN, explain_failure, explain_unopened
from model_store.images.rgb import ORIENTATION, TURNED, load_rgb
from model_store.images.tiff import check_tiff

Format = Literal["JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "AVIF"]
Pixels = npt.NDArray[np.uint8]

FORMATS: Final[tuple[Format, ...]] = get_args(Format)
DEFAULT_FORMATS: Final[tuple[Format, ...]] = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF")

REASONS: Final[dict[str, str]] = {
    "empty": "The file has no bytes.",
    "not-an-image": UNKNOWN,
    "format-not-allowed": "The bytes are an image, but the model does not accept its format.",
    "truncated": "The image ends before its last pixel.",
    "corrupt": "The image's data are inconsistent.",
    "unsupported-mode": "The samples are stored in a way that is not read, or have no standard conversion to RGB.",
    "too-many-pixels": "The image has more pixels than the limit.",
    "too-large": "The file has more bytes than the limit for one image.",
}
"""Every reason for which an image can be rejected, with its meaning."""

DEFAULT_MAX_IMAGE_BYTES: Final = 32 * 2**20
"""Largest size of one file, in training and, by default, in the service."""
DEFAULT_MAX_IMAGE_PIXELS: Final = 50_000_000
MAX_IMAGE_PIXELS: Final = 1_000_000_000
"""Highest limit that may be set. It takes about 12 GB of memory."""
SHRUNK_FACTOR: Final = 4
"""A JPEG that is shrunk while it is decoded may have this many times the pixels of the limit. Shrunk by 2 or more, it
never takes more memory than a picture within the limit, and at most this many times as long."""
_BYTES_A_PIXEL: Final = 12
"""Memory that decoding takes at most, for each pixel of the limit."""
_BYTES_A_COEFFICIENT: Final = 2

DRAFT_FACTOR: Final = 2
"""`draft` decodes to no less than this many times the target. On photographs of 12 megapixels shrunk to 224 or 300
pixels, the mean difference from a full decode is 0.1 to 0.3 grey levels. Of the values, 99.9% are within 2 and all are
within 4."""

# Pillow's warnings about a client's file have no effect and flood the log, and `warnings` keeps each text forever.
warnings.filterwarnings("ignore", category=UserWarning, module=r"PIL\.")
# Pillow has a limit of its own, and only warns between it and twice it. It must not be lower than the one here.
Image.MAX_IMAGE_PIXELS = MAX_IMAGE_PIXELS * SHRUNK_FACTOR
warnings.filterwarnings("error", category=Image.DecompressionBombWarning)


def _sorted_formats(formats: tuple[Format, ...]) -> tuple[Format, ...]:
    return tuple(name for name in FORMATS if name in formats)


class InputSpec(BaseModel):
    """The policy that decodes an image to a model's pixels: stored in its manifest, shared by training and serving."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    height: Annotated[int, Field(gt=0, le=4096)]
    """Height in pixels."""
    width: Annotated[int, Field(gt=0, le=4096)]
    """Width in pixels."""
    resize: Literal["squash", "crop"] = "squash"
    """`squash` keeps the whole picture, but not its aspect ratio; `crop` keeps the ratio, but only a centred part."""
    interpolation: Literal["nearest", "box", "bilinear", "bicubic", "lanczos"] = "bilinear"
    """Pillow's resampling filter, with antialiasing."""
    background: tuple[Annotated[int, Field(ge=0, le=255)], ...] = Field(
        default=(255, 255, 255), min_length=3, max_length=3
    )
    """RGB colour under transparent pixels."""
    draft: bool = True
    """Shrink large JPEGs by whole factors while they are decoded."""
    formats: Annotated[tuple[Format, ...], Field(min_length=1), AfterValidator(_sorted_formats)] = DEFAULT_FORMATS
    """The accepted image formats."""


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


def decode(data: bytes, spec: InputSpec, *, max_image_pixels: int = DEFAULT_MAX_IMAGE_PIXELS) -> Decoded:
    """Decode the bytes of one image file to a model's input pixels.

    Args:
        data: The bytes of the whole file.
        spec: The model's input.
        max_image_pixels: Largest width times height that the file may declare, at most `MAX_IMAGE_PIXELS`; of a JPEG
            that is shrunk while it is decoded, `SHRUNK_FACTOR` times as many.

    Returns:
        The pixels, with the format and the declared size of the file.

    Raises:
        ImageRejected: If the bytes cannot be decoded; its `reason` is one of `REASONS`.
    """
    if not data:
        raise ImageRejected("empty", "The file is empty.")
    try:
        return _decode(data, spec, max_image_pixels)
    except ImageRejected as rejected:
        if rejected.reason not in {"corrupt", "truncated"}:
            raise
        for plain in png.without_text(data):
            try:
                return _decode(plain, spec, max_image_pixels)
            except ImageRejected as without_text:
                rejected = without_text
        raise rejected from None


def _decode(data: bytes, spec: InputSpec, max_image_pixels: int) -> Decoded:
    image = _open(data, spec.formats)
    width, height = image.size
    name = _format_of(image)
    limit = min(max_image_pixels, MAX_IMAGE_PIXELS)
    if width * height > (limit * SHRUNK_FACTOR if name == "JPEG" else limit):
        raise _over_limit(width, height, limit)
    segments = read_segments(data) if name == "JPEG" else None
    if segments and segments.has_too_many_scans:
        raise ImageRejected("corrupt", f"The JPEG has more than {MAX_SCANS} scans, which no encoder writes.")
    try:
        declared_bits = _check_kind(image, data)
        _shrink_on_load(image, spec)
        if segments:
            _check_memory(image, segments, (width, height), limit)
        is_damaged = load_jpeg(image, data, segments) if segments else _is_damaged(image, data)
        loaded = load_rgb(
            image, spec.background, reopen=lambda: _reopened(data, spec.formats), declared_bits=declared_bits
        )
        pixels = np.array(_resized(loaded.rgb, spec), dtype=np.uint8)
    except (ImageRejected, MemoryError):  # the latter is this machine's fault, not the file's
        raise
    except Image.DecompressionBombError as error:
        raise _too_many_pixels(f"{error}") from error
    except Exception as error:  # parsers raise any class for hostile bytes
        raise explain_failure(error, data) from error
    return Decoded(pixels, name, width, height, loaded.suspect_maximum, is_damaged)


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


def _reopened(data: bytes, formats: tuple[Format, ...]) -> ImageFile:
    image = _open(data, formats)
    _check_kind(image, data)
    return image


def _open(data: bytes, formats: tuple[Format, ...]) -> ImageFile:
    """Read only the header, format and size. Only the parsers of the accepted formats see the bytes."""
    try:
        return Image.open(io.BytesIO(data), formats=formats)
    except UnidentifiedImageError as error:
        raise explain_unopened(data, formats) from error
    except MemoryError:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise _too_many_pixels(f"{error}") from error
    except Exception as error:  # as in decode
        raise explain_failure(error, data) from error


def _format_of(image: Image.Image) -> Format:
    """Return the image's format; an MPO is a JPEG followed by further pictures, of which only the first is used."""
    name = "JPEG" if image.format == "MPO" else image.format
    return next(known for known in FORMATS if known == name)


def _shrink_on_load(image: Image.Image, spec: InputSpec) -> None:
    """Configure a JPEG to be shrunk by a whole factor while it is decoded, if the policy allows it."""
    if spec.draft and image.format in {"JPEG", "MPO"}:
        turned = image.getexif().get(ORIENTATION) in TURNED
        width, height = _needed_size(image.size, spec, turned=turned)
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
        raise _over_limit(*size, limit)


def _needed_size(size: tuple[int, int], spec: InputSpec, *, turned: bool) -> tuple[int, int]:
    """Return the smallest size of the stored picture whose kept part still covers the target."""
    width, height = (spec.height, spec.width) if turned else (spec.width, spec.height)
    if spec.resize == "crop":  # the shorter side decides; the longer one keeps the ratio
        scale = max(width / size[0], height / size[1])
        return max(1, int(size[0] * scale)), max(1, int(size[1] * scale))
    return width, height


def _resized(image: Image.Image, spec: InputSpec) -> Image.Image:
    target = (spec.width, spec.height)
    box = _crop_box(image.size, target) if spec.resize == "crop" else None
    return image.resize(target, Image.Resampling[spec.interpolation.upper()], box=box)


def _crop_box(size: tuple[int, int], target: tuple[int, int]) -> tuple[float, float, float, float]:
    """Return the largest centred box with the target's aspect ratio, in fractions of pixels.

    It is at least one pixel wide and high. The side that is kept whole is exactly 0 to `size`: Pillow refuses a box
    that rounding moved outside the picture.
    """
    width, height = size
    if width * target[1] > height * target[0]:
        kept = max(1.0, height * target[0] / target[1])
        left = (width - kept) / 2
        return left, 0.0, min(float(width), left + kept), float(height)
    kept = max(1.0, width * target[1] / target[0])
    top = (height - kept) / 2
    return 0.0, top, float(width), min(float(height), top + kept)


def _over_limit(width: int, height: int, limit: int) -> ImageRejected:
    return _too_many_pixels(
        f"The image has {width}x{height} pixels, {width * height / 1e6:.1f} million, more than the limit of {limit} "
        "allows (FULLCOUNT_MAX_IMAGE_PIXELS). Raise it if there is memory, or send a smaller picture."
    )


def _too_many_pixels(detail: str) -> ImageRejected:
    return ImageRejected("too-many-pixels", detail)
