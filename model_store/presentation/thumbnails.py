"""Thumbnails for pages."""

import io
from base64 import b64encode
from typing import Final

from PIL import Image

from model_store.images.pixels import Pixels

SIDE: Final = 168
"""Longest side in pixels: shown at half this size, it is sharp on a high-density screen."""
QUALITY: Final = 78


def thumbnail(pixels: Pixels) -> bytes:
    """Encode an image, uint8 `(height, width, 3)`, as a small JPEG file."""
    picture = Image.fromarray(pixels)
    picture.thumbnail((SIDE, SIDE), Image.Resampling.LANCZOS)
    file = io.BytesIO()
    picture.save(file, "JPEG", quality=QUALITY, optimize=True)
    return file.getvalue()


def embedded(jpeg: bytes) -> str:
    """Return a JPEG file as a `data:` URL."""
    return data_address(jpeg, "image/jpeg")


def data_address(file: bytes, media_type: str) -> str:
    """Return a file as a `data:` URL."""
    return f"data:{media_type};base64,{b64encode(file).decode('ascii')}"
