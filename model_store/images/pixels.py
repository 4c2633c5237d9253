"""From the bytes of an image file to uint8 pixels: the only decode and the only resize in the project.

Training, evaluation and serving call `decode` with the `InputSpec` of the model's manifest, so one file gives one
array everywhere. What the file says about itself is sniffed, never taken from its name. Nothing here knows labels,
models or HTTP.

The policy, in the order it is applied: size limit; JPEG shrink-on-load (`draft`) to no less than twice the target;
16-bit grey scaled to 8 bits; transparency laid over the background; RGB; EXIF orientation; crop or squash; resize.
Embedded colour profiles are not applied. Of an animation the first frame counts.
"""

import io
import struct
import warnings
from typing import Annotated, Final, Literal, NamedTuple, get_args

import numpy as np
import numpy.typing as npt
from PIL import Image, UnidentifiedImageError
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from model_store.errors import ImageRejected
from model_store.images.jpeg import MAX_SCANS, has_too_many_scans
from model_store.images.rgb import ORIENTATION, TURNED, load_rgb
from model_store.images.signatures import SIGNATURE_BYTES, signature_format

Format = Literal["JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "AVIF"]
Pixels = npt.NDArray[np.uint8]

FORMATS: Final[tuple[Format, ...]] = get_args(Format)
DEFAULT_FORMATS: Final[tuple[Format, ...]] = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF")

REASONS: Final[dict[str, str]] = {
    "empty": "The file has no bytes.",
    "not-an-image": "The bytes are no image format that Fullcount reads.",
    "format-not-allowed": "The bytes are an image, but the model does not accept its format.",
    "truncated": "The image ends before its last pixel.",
    "corrupt": "The image's data contradict themselves.",
    "unsupported-mode": "The pixels are of a kind with no agreed way to 8-bit RGB, such as floating point.",
    "too-many-pixels": "The image has more pixels than the limit.",
    "too-large": "The file has more bytes than the limit for one image.",
}
"""Every reason for which an image can be rejected, with its meaning."""

DEFAULT_MAX_IMAGE_BYTES: Final = 32 * 2**20
"""Most bytes of one file, in training and, unless it is set otherwise, in the service."""
DEFAULT_MAX_IMAGE_PIXELS: Final = 50_000_000
MAX_IMAGE_PIXELS: Final = 89_478_485
"""The highest limit that may be set: Pillow's own warning level, above which `decode` always rejects."""

DRAFT_FACTOR: Final = 2
"""`draft` decodes to no less than this many times the target. On photographs of 12 megapixels shrunk to 224 or 300 the
mean difference from a full decode is 0.1 to 0.3 grey levels, 99.9% of the values are within 2, and none is off by more
than 4."""

# What Pillow warns of in a client's file decides nothing and floods the log, and `warnings` keeps each text for ever.
warnings.filterwarnings("ignore", category=UserWarning, module=r"PIL\.")
# Pillow only warns between its limit and twice its limit, and then decodes. There is one limit here, and it rejects.
warnings.filterwarnings("error", category=Image.DecompressionBombWarning)


def _sorted_formats(formats: tuple[Format, ...]) -> tuple[Format, ...]:
    return tuple(one for one in FORMATS if one in formats)


class InputSpec(BaseModel):
    """What a model's pixels are and how they are made: stored in its manifest, the same for training and serving."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    height: Annotated[int, Field(gt=0, le=4096)]
    """Height in pixels."""
    width: Annotated[int, Field(gt=0, le=4096)]
    """Width in pixels."""
    resize: Literal["squash", "crop"] = "squash"
    """`squash` keeps the whole picture, not its aspect ratio; `crop` keeps the ratio and the largest centred part."""
    interpolation: Literal["nearest", "box", "bilinear", "bicubic", "lanczos"] = "bilinear"
    """Pillow's filter, with antialiasing."""
    background: tuple[Annotated[int, Field(ge=0, le=255)], ...] = Field(
        default=(255, 255, 255), min_length=3, max_length=3
    )
    """RGB colour under transparent pixels."""
    draft: bool = True
    """Whether large JPEGs are shrunk by whole factors while they are decoded."""
    formats: Annotated[tuple[Format, ...], Field(min_length=1), AfterValidator(_sorted_formats)] = DEFAULT_FORMATS
    """The image formats accepted."""


class Decoded(NamedTuple):
    """One decoded image."""

    pixels: Pixels
    """uint8 `(height, width, 3)`, C-contiguous, owned by the caller."""
    format: Format
    """What the bytes are, whatever the file is called."""
    width: int
    """Width that the file declares, in pixels; where EXIF turns the picture, before that."""
    height: int
    """Height that the file declares, in pixels."""


def decode(data: bytes, spec: InputSpec, *, max_image_pixels: int = DEFAULT_MAX_IMAGE_PIXELS) -> Decoded:
    """Decode the bytes of one image file into the pixels that a model takes.

    Args:
        data: The whole file.
        spec: The model's input.
        max_image_pixels: Width times height that the file may declare, at most `MAX_IMAGE_PIXELS`.

    Returns:
        The pixels, with the format and the size of the file.

    Raises:
        ImageRejected: The bytes do not become pixels; its `reason` is one of `REASONS`.
    """
    if not data:
        raise ImageRejected("empty", "The file is empty.")
    image = _open(data, spec.formats)
    width, height = image.size
    name = _format_of(image)
    if width * height > min(max_image_pixels, MAX_IMAGE_PIXELS):
        raise _too_many_pixels(f"{width}x{height} pixels are more than the limit of {max_image_pixels}.")
    if name == "JPEG" and has_too_many_scans(data):
        raise ImageRejected("corrupt", f"The JPEG has more than {MAX_SCANS} scans, which no encoder writes.")
    try:
        _shrink_on_load(image, spec)
        rgb = load_rgb(image, spec.background)
        pixels = np.array(_resized(rgb, spec), dtype=np.uint8)
    except (ImageRejected, MemoryError):  # the latter is this machine's fault, not the file's
        raise
    except Image.DecompressionBombError as error:
        raise _too_many_pixels(f"{error}") from error
    except Exception as error:  # a parser fed with hostile bytes raises anything; see _rejection
        raise _rejection(error, data) from error
    return Decoded(pixels, name, width, height)


def _open(data: bytes, formats: tuple[Format, ...]) -> Image.Image:
    """Read the header: format and size, no pixels yet. No parser of another format sees the bytes."""
    try:
        return Image.open(io.BytesIO(data), formats=formats)
    except UnidentifiedImageError as error:
        raise _unidentified(data, formats) from error
    except MemoryError:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise _too_many_pixels(f"{error}") from error
    except Exception as error:  # as in decode
        raise _rejection(error, data) from error


def _unidentified(data: bytes, formats: tuple[Format, ...]) -> ImageRejected:
    """Say what the bytes are, going by their signature, that none of the accepted formats took."""
    name = signature_format(data[:SIGNATURE_BYTES])
    if name is None:
        return ImageRejected("not-an-image", "The bytes are not an image in a format that Fullcount reads.")
    if name not in formats:
        detail = f"{name} is not among the accepted formats: {', '.join(formats)}."
        return ImageRejected("format-not-allowed", detail)
    if _is_cut_webp(data):
        return _truncated()
    return ImageRejected("corrupt", "The bytes begin as an image does, but its header is damaged.")


def _format_of(image: Image.Image) -> Format:
    """Pillow's name for the format; MPO is a JPEG with further pictures behind it, of which the first counts."""
    name = "JPEG" if image.format == "MPO" else image.format
    return next(one for one in FORMATS if one == name)


def _shrink_on_load(image: Image.Image, spec: InputSpec) -> None:
    """Set a JPEG to be shrunk by a whole factor while it is decoded, where the policy allows it."""
    if spec.draft and image.format in {"JPEG", "MPO"}:
        turned = image.getexif().get(ORIENTATION) in TURNED
        width, height = _needed_size(image.size, spec, turned=turned)
        image.draft(None, (width * DRAFT_FACTOR, height * DRAFT_FACTOR))


def _needed_size(size: tuple[int, int], spec: InputSpec, *, turned: bool) -> tuple[int, int]:
    """Size to which the stored picture may shrink so that the part that is kept still covers the target."""
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
    """The largest centred box with the target's aspect ratio, in fractions of pixels, one pixel wide and high at least.

    The side that is kept whole is 0 to `size` exactly: Pillow refuses a box that rounding put outside the picture.
    """
    width, height = size
    if width * target[1] > height * target[0]:
        kept = max(1.0, height * target[0] / target[1])
        left = (width - kept) / 2
        return left, 0.0, min(float(width), left + kept), float(height)
    kept = max(1.0, width * target[1] / target[0])
    top = (height - kept) / 2
    return 0.0, top, float(width), min(float(height), top + kept)


def _too_many_pixels(detail: str) -> ImageRejected:
    return ImageRejected("too-many-pixels", detail)


def _truncated() -> ImageRejected:
    return ImageRejected("truncated", "The image ends before its last pixel; it was cut short.")


def _is_cut_webp(data: bytes) -> bool:
    """Tell whether a WebP says that it is longer than it is, which Pillow does not say."""
    return data[:4] == b"RIFF" and data[8:12] == b"WEBP" and int.from_bytes(data[4:8], "little") + 8 > len(data)


def _rejection(error: Exception, data: bytes) -> ImageRejected:
    """Pillow says what is wrong with a file in a dozen classes and in words; two reasons come out of them."""
    words = str(error).lower()
    if isinstance(error, EOFError | struct.error) or "truncated" in words or _is_cut_webp(data):
        return _truncated()
    if isinstance(error, ValueError) and "conversion" in words:
        return ImageRejected("unsupported-mode", f"The pixels cannot be converted to RGB: {error}.")
    return ImageRejected("corrupt", "The image's data are damaged and cannot be decoded.")
