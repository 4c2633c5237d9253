"""The pictures that a version was trained on, by what travels with it: digests of their pixels and grids of light.

Each kind is sorted on its own, so that neither says which belongs to which.
"""

from pathlib import Path

import numpy as np
import numpy.typing as npt

from model_store.errors import VersionCorrupt
from model_store.images.fingerprint import DIGEST_BYTES, TrainingFingerprints
from model_store.images.nearness import GRID_BYTES


def write_fingerprints(path: Path, fingerprints: TrainingFingerprints) -> None:
    """Write the fingerprints of training pictures, sorted."""
    np.savez_compressed(
        path,
        perceptual_hashes=np.sort(fingerprints.perceptual_hashes),
        pixel_digests=_sorted_rows(fingerprints.digests),
        light_grids=_sorted_rows(fingerprints.grids),
    )


def read_fingerprints(path: Path) -> TrainingFingerprints:
    """Read the fingerprints of training pictures; an older version has no grids.

    Raises:
        VersionCorrupt: They cannot be read.
    """
    try:
        with np.load(path, allow_pickle=False) as file:
            grids = file["light_grids"] if "light_grids" in file else np.zeros((0, GRID_BYTES), np.uint8)
            found = TrainingFingerprints(file["perceptual_hashes"], file["pixel_digests"], grids)
    except (OSError, ValueError, KeyError) as error:
        raise VersionCorrupt(path, [f"it cannot be read ({error})"]) from error
    if found.digests.shape[1:] != (DIGEST_BYTES,) or found.grids.shape[1:] != (GRID_BYTES,):
        raise VersionCorrupt(path, ["its arrays are of other shapes than fingerprints have"])
    return found


def _sorted_rows(rows: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    return rows[np.lexsort(rows.T[::-1])]
