"""Golden samples: a few decoded images with the probabilities that training computed for them.

Every engine replays them before it serves. They hold the probabilities of the Keras model, never those of an engine.
"""

from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from model_store.errors import VersionCorrupt
from model_store.images.pixels import Pixels
from model_store.storage.arrays import MAX_ARRAYS_BYTES, read_arrays

GOLDEN_NAME: Final = "golden.npz"
MAX_GOLDEN: Final = 16


class Golden(NamedTuple):
    """Golden samples and their probabilities."""

    pixels: Pixels
    """uint8 `(k, height, width, 3)`, 1 ≤ k ≤ `MAX_GOLDEN`."""
    probabilities: npt.NDArray[np.float32]
    """float32 `(k, labels)`."""


def save_golden(directory: Path, golden: Golden) -> None:
    """Write the samples into a version directory.

    Raises:
        ValueError: If there are not 1 to `MAX_GOLDEN` samples, or not as many rows of probabilities, or they have more
            bytes than are read again.
    """
    pixels, probabilities = golden
    if not 1 <= len(pixels) <= MAX_GOLDEN or len(pixels) != len(probabilities):
        raise ValueError(
            f"there are {len(pixels)} golden samples and {len(probabilities)} rows of probabilities; "
            f"there must be as many of each, 1 to {MAX_GOLDEN}"
        )
    if pixels.nbytes > MAX_ARRAYS_BYTES // 2:
        raise ValueError(f"the golden samples have {pixels.nbytes} bytes, more than {MAX_ARRAYS_BYTES // 2}")
    np.savez_compressed(directory / GOLDEN_NAME, pixels=pixels, probabilities=probabilities.astype(np.float32))


def load_golden(directory: Path) -> Golden:
    """Read the samples of a version directory.

    Raises:
        VersionCorrupt: If the file is missing or damaged, or if its arrays have other shapes or dtypes.
    """
    try:
        arrays = read_arrays(directory / GOLDEN_NAME)
        golden = Golden(arrays["pixels"], arrays["probabilities"])
    except (ValueError, KeyError) as error:
        raise VersionCorrupt(directory, [f"{GOLDEN_NAME} cannot be read ({error})"]) from error
    pixels, probabilities = golden
    fits = (
        pixels.dtype == np.uint8 and pixels.ndim == 4 and probabilities.dtype == np.float32 and probabilities.ndim == 2
    )
    if not fits or not 1 <= len(pixels) == len(probabilities) <= MAX_GOLDEN:
        arrays_held = f"{pixels.dtype} {pixels.shape} and {probabilities.dtype} {probabilities.shape}"
        raise VersionCorrupt(directory, [f"{GOLDEN_NAME} holds arrays {arrays_held}"])
    return golden
