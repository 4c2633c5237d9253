"""The bytes between the service and a decoding process: a line of JSON, and the file or the pixels after it.

Nothing is unpickled: whoever breaks a decoder could otherwise run code in the service.
"""

import json
from dataclasses import asdict, dataclass
from typing import Any, Self

import numpy as np

from model_store.errors import ImageRejected
from model_store.images.pixels import Decoded


@dataclass(frozen=True)
class DecodingTask:
    """What a process needs to decode one image, besides its bytes."""

    length: int
    """The bytes of the file, which follows the line."""
    spec: str
    """The model's input, as JSON."""
    max_image_pixels: int
    processor_s: float
    """The most processor time that decoding may take, in seconds."""
    memory_bytes: int
    """The most memory that decoding may take, beside the process itself and the file."""

    def line(self) -> bytes:
        """Return the line that stands before the file."""
        return json.dumps(asdict(self)).encode() + b"\n"

    @classmethod
    def of(cls, line: bytes) -> Self:
        """Read a line."""
        return cls(**json.loads(line))


def describe(decoded: Decoded) -> bytes:
    """Return the line for a decoded image; its pixels follow."""
    return _line(decoded._asdict() | {"pixels": decoded.pixels.shape})


def describe_failure(error: Exception) -> bytes:
    """Return the line for an image that was not decoded."""
    if isinstance(error, ImageRejected):
        return _line({"reason": error.reason, "detail": error.detail})
    return _line({"is_memory": True} if isinstance(error, MemoryError) else {"error": repr(error)[:1000]})


def pixel_bytes(described: dict[str, Any]) -> int:
    """Return the number of bytes that follow a line."""
    height, width, bands = described.get("pixels", (0, 0, 0))
    return int(height) * int(width) * int(bands)


def decoded_of(described: dict[str, Any], pixels: bytes) -> Decoded:
    """Put a decoded image together again."""
    shape = described.pop("pixels")
    return Decoded(pixels=np.frombuffer(pixels, np.uint8).reshape(shape).copy(), **described)


def _line(fields: dict[str, Any]) -> bytes:
    return json.dumps(fields).encode() + b"\n"
