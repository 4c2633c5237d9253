"""How large a file and a picture may be, in bytes and pixels, and the words for what is larger."""

import logging
import warnings
from typing import Final

from PIL import Image

from model_store.errors import ImageRejected

DEFAULT_MAX_IMAGE_BYTES: Final = 32 * 2**20
"""Largest size of one file, in training and, by default, in the service."""
DEFAULT_MAX_IMAGE_PIXELS: Final = 50_000_000
MAX_IMAGE_PIXELS: Final = 1_000_000_000
"""Highest limit that may be set."""
SHRUNK_FACTOR: Final = 4
"""A JPEG that is shrunk while it is decoded may have this many times the pixels of the limit. Shrunk by 2 or more, it
never takes more memory than a picture within the limit, and at most this many times as long."""

# Pillow's warnings about a client's file have no effect and flood the log, and `warnings` keeps each text forever.
warnings.filterwarnings("ignore", category=UserWarning, module=r"PIL\.")
# Pillow has a limit of its own, and only warns between it and twice it. It must not be lower than the one here.
Image.MAX_IMAGE_PIXELS = MAX_IMAGE_PIXELS * SHRUNK_FACTOR
warnings.filterwarnings("error", category=Image.DecompressionBombWarning)
# Of a TIFF that it cannot read, Pillow writes errors to the log before it raises them.
logging.getLogger("PIL.TiffImagePlugin").setLevel(logging.CRITICAL)


def over_limit(width: int, height: int, limit: int) -> ImageRejected:
    """Make the error for a picture with more pixels than a limit allows."""
    return ImageRejected(
        "too-many-pixels",
        f"The image has {width}x{height} pixels, {width * height / 1e6:.1f} million, more than the limit of {limit} "
        "allows (FULLCOUNT_MAX_IMAGE_PIXELS). Raise it if there is memory, or send a smaller picture.",
    )
