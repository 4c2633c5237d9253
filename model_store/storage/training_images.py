"""The fingerprints of a version's training images: perceptual hashes, digests of their pixels and light grids.

Each array is sorted on its own, so that its order does not reveal which entries belong to one image.
"""

from pathlib import Path

import numpy as np
import numpy.typing as npt

from model_store.errors import VersionCorrupt
from model_store.images.fingerprint import DIGEST_BYTES, TrainingFingerprints
from model_store.images.light_grids import GRID_BYTES


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
        with np.load(path, allow_pickle=False) as file:
            grids = file["light_grids"] if "light_grids" in file else np.zeros((0, GRID_BYTES), np.uint8)
            fingerprints = TrainingFingerprints(file["perceptual_hashes"], file["pixel_digests"], grids)
    except (OSError, ValueError, KeyError) as error:
        raise VersionCorrupt(path, [f"it cannot be read ({error})"]) from error
    digests, grids = fingerprints.digests, fingerprints.grids
    if digests.shape[1:] != (DIGEST_BYTES,) or grids.shape[1:] != (GRID_BYTES,):
        raise VersionCorrupt(path, [f"its arrays have the shapes {digests.shape} and {grids.shape}"])
    return fingerprints


def _sorted_rows(rows: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    return rows[np.lexsort(rows.T[::-1])]
