"""Decoding the bytes of an image file to uint8 pixels: the only decoder and the only resize in the project.

Training, evaluation and serving call `decode` with the `InputSpec` of the model's manifest, so one file gives the same
array everywhere. The format is detected from the bytes, never from the file's name. Nothing here knows labels, models
or HTTP.

The policy applies these steps in order: size limit; JPEG shrink-on-load (`draft`) to no less than twice the target;
16-bit grey scaled to 8 bits; transparency laid over the background; RGB; EXIF orientation; crop or squash; resize.
Embedded colour profiles are not applied. Only the first frame of an animation is used.
"""

from model_store.images.decoding import Decoded
from model_store.images.examination import examine
from model_store.images.input_spec import DEFAULT_FORMATS, FORMATS, Format, InputSpec, Pixels
from model_store.images.limits import (
    DEFAULT_MAX_IMAGE_BYTES,
    DEFAULT_MAX_IMAGE_PIXELS,
    MAX_IMAGE_PIXELS,
    SHRUNK_FACTOR,
)
from model_store.images.rejections import REASONS

__all__ = [
    "DEFAULT_FORMATS",
    "DEFAULT_MAX_IMAGE_BYTES",
    "DEFAULT_MAX_IMAGE_PIXELS",
    "FORMATS",
    "MAX_IMAGE_PIXELS",
    "REASONS",
    "SHRUNK_FACTOR",
    "Decoded",
    "Format",
    "InputSpec",
    "Pixels",
    "decode",
]


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
    return examine(data, spec, max_image_pixels=max_image_pixels).decode()
