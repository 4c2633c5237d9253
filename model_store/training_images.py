"""The pictures that a version was trained on, by what travels with it: digests of their pixels and grids of light.

Each kind is sorted on its own, so that neither says which belongs to which.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from model_store.errors import VersionCorrupt
from model_store.nearness import GRID_BYTES, Grids

DIGEST_BYTES: Final = 32

Digests = npt.NDArray[np.uint8]
"""SHA-256 of `fingerprint.pixel_digest`, `(n, 32)`."""


@dataclass(frozen=True)
class TrainingFingerprints:
    """What a version knows of the pictures of its train and validation splits."""

    perceptual_hashes: npt.NDArray[np.uint64]
    """`fingerprint.perceptual_hash`, `(n,)`."""
    digests: Digests
    grids: Grids
    """Of those that have one, `(at most n, 50)`."""


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


def digest_array(digests: Iterable[str]) -> Digests:
    """Return hexadecimal digests as an array, `(n, 32)`."""
    return np.frombuffer(bytes.fromhex("".join(digests)), np.uint8).reshape(-1, DIGEST_BYTES)


def _sorted_rows(rows: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    return rows[np.lexsort(rows.T[::-1])]
