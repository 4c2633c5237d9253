"""Fingerprints to recognise a picture: a digest of its pixels for equality, a perceptual hash for similarity.

Both are computed on decoded pixels, so the file's container, metadata and name do not matter. Training finds copies by
both, and stores the digests with the model; evaluation searches for the digests, and for `light_grids` beside them.
Nothing here reads files.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from PIL import Image

from model_store.images.light_grids import Grids
from model_store.images.pixels import Pixels

DIGEST_BYTES: Final = 32

Digests = npt.NDArray[np.uint8]
"""SHA-256 digests of `pixel_digest`, `(n, 32)`."""


@dataclass(frozen=True)
class TrainingFingerprints:
    """The fingerprints of the images of a version's train and validation splits."""

    perceptual_hashes: npt.NDArray[np.uint64]
    """`perceptual_hash` of each, `(n,)`."""
    digests: Digests
    grids: Grids
    """Light grids of the images that have one, `(at most n, 50)`."""


def digest_array(digests: Iterable[str]) -> Digests:
    """Convert hexadecimal digests to an array, `(n, 32)`."""
    return np.frombuffer(bytes.fromhex("".join(digests)), np.uint8).reshape(-1, DIGEST_BYTES)


_SIDE: Final = 32
_KEPT: Final = 8


def pixel_digest(pixels: Pixels) -> str:
    """Digest pixels; equal digests mean equal pixels.

    Args:
        pixels: uint8 `(height, width, 3)`.

    Returns:
        SHA-256 of shape and values, in hexadecimal.
    """
    digest = hashlib.sha256(repr(pixels.shape).encode())
    digest.update(np.ascontiguousarray(pixels).data)
    return digest.hexdigest()


def perceptual_hash(pixels: Pixels) -> int:
    """Hash a picture to 64 bits, of which similar pictures differ in few.

    Each bit compares one of the 8x8 lowest frequencies of a 32x32 grey thumbnail's cosine transform with their median,
    which leaves out the constant one. This is "pHash": Zauner 2010, "Implementation and Benchmarking of Perceptual
    Image Hash Functions".

    Args:
        pixels: uint8 `(height, width, 3)`.

    Returns:
        An unsigned integer below 2^64.
    """
    grey = Image.fromarray(pixels).convert("L").resize((_SIDE, _SIDE), Image.Resampling.LANCZOS)
    basis = _cosine_basis()
    low = (basis @ np.asarray(grey, dtype=np.float64) @ basis.T).round(6)  # (8, 8); rounded: zeros are 0 everywhere
    bits = (low > np.median(low.ravel()[1:])).ravel()
    return int.from_bytes(np.packbits(bits).tobytes())


def _cosine_basis() -> npt.NDArray[np.float64]:
    """Return the first 8 rows of the type-II cosine transform of 32 points, `(8, 32)`."""
    frequency = np.arange(_KEPT)[:, None]
    place = np.arange(_SIDE)[None, :]
    return np.cos(np.pi * frequency * (2 * place + 1) / (2 * _SIDE))
