"""The fingerprints of a version's training images: perceptual hashes, digests of their pixels and light grids.

Each array is sorted on its own, so that its order does not reveal which entries belong to one image.
"""

from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from model_store.errors import VersionCorrupt
from model_store.images.fingerprint import DIGEST_BYTES, TrainingFingerprints
from model_store.images.light_grids import GRID_BYTES
from model_store.storage.arrays import read_arrays

_HELD: Final = [("uint64", ()), ("uint8", (DIGEST_BYTES,)), ("uint8", (GRID_BYTES,))]
"""Dtype of each array, and its shape but for the number of images."""


def write_fingerprints(path: Path, fingerprints: TrainingFingerprints) -> None:
    """Write the fingerprints of training images, sorted."""
    np.savez_compressed(
        path,
        perceptual_hashes=np.sort(fingerprints.perceptual_hashes),
        pixel_digests=_sorted_rows(fingerprints.digests),
        light_grids=_sorted_rows(fingerprints.grids),
    )


def read_fingerprints(path: Path) -> TrainingFingerprints:
    """Read the fingerprints of training images; older versions have no light grids.

    Raises:
        VersionCorrupt: If the file cannot be read or its arrays have other shapes.
    """
    try:
        arrays = read_arrays(path)
        grids = arrays.get("light_grids", np.zeros((0, GRID_BYTES), np.uint8))
        fingerprints = TrainingFingerprints(arrays["perceptual_hashes"], arrays["pixel_digests"], grids)
    except (ValueError, KeyError) as error:
        raise VersionCorrupt(path, [f"it cannot be read ({error})"]) from error
    held: list[npt.NDArray[Any]] = [fingerprints.perceptual_hashes, fingerprints.digests, fingerprints.grids]
    if [(array.dtype.name, array.shape[1:]) for array in held] != _HELD:
        raise VersionCorrupt(path, [f"its arrays are {', '.join(f'{array.dtype} {array.shape}' for array in held)}"])
    return fingerprints


def _sorted_rows(rows: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    return rows[np.lexsort(rows.T[::-1])]
