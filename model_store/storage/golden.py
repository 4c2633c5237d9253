"""Golden samples: a few decoded images with the probabilities that training computed for them.

Every engine replays them before it serves. They hold the numbers of the Keras model, never those of an engine.
"""

import zipfile
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from model_store.errors import VersionCorrupt
from model_store.images.pixels import Pixels

GOLDEN_NAME: Final = "golden.npz"
MAX_GOLDEN: Final = 16


class Golden(NamedTuple):
    """Samples and their answers."""

    pixels: Pixels
    """uint8 `(k, height, width, 3)`, 1 ≤ k ≤ `MAX_GOLDEN`."""
    probabilities: npt.NDArray[np.float32]
    """float32 `(k, labels)`."""


def save_golden(directory: Path, golden: Golden) -> None:
    """Write the samples into a version directory."""
    pixels, probabilities = golden
    if not 1 <= len(pixels) <= MAX_GOLDEN or len(pixels) != len(probabilities):
        raise ValueError(
            f"1 to {MAX_GOLDEN} golden samples with as many answers, not {len(pixels)} and {len(probabilities)}"
        )
    np.savez_compressed(directory / GOLDEN_NAME, pixels=pixels, probabilities=probabilities.astype(np.float32))


def load_golden(directory: Path) -> Golden:
    """Read the samples of a version directory.

    Raises:
        VersionCorrupt: There are none, or their arrays are not what they should be.
    """
    try:
        with zipfile.ZipFile(directory / GOLDEN_NAME) as arrays:
            golden = Golden(_array(arrays, "pixels"), _array(arrays, "probabilities"))
    except Exception as error:  # zipfile, zlib and NumPy raise a dozen classes for damaged bytes
        raise VersionCorrupt(directory, [f"{GOLDEN_NAME} cannot be read ({error})"]) from error
    pixels, probabilities = golden
    fits = (
        pixels.dtype == np.uint8 and pixels.ndim == 4 and probabilities.dtype == np.float32 and probabilities.ndim == 2
    )
    if not fits or not 1 <= len(pixels) == len(probabilities) <= MAX_GOLDEN:
        held = f"{pixels.dtype} {pixels.shape} and {probabilities.dtype} {probabilities.shape}"
        raise VersionCorrupt(directory, [f"{GOLDEN_NAME} holds arrays {held}"])
    return golden


def _array(archive: zipfile.ZipFile, name: str) -> npt.NDArray[Any]:
    """Read one array of an `.npz`; unlike `numpy.load`, nothing but an `.npz` is accepted, and never a pickle."""
    with archive.open(f"{name}.npy") as file:
        array: npt.NDArray[Any] = np.lib.format.read_array(file, allow_pickle=False)
    return array
