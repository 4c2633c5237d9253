"""Class activation maps of one version, loaded at the first request and computed one image at a time.

Without a request they cost neither time nor memory.
"""

import asyncio
import logging
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from app.errors import InferenceFailed, Overloaded
from app.inference.engines.base import ComputeMaps, Engine, Maps
from app.inference.engines.proof import check_maps
from model_store.images.pixels import Pixels
from model_store.manifest import Signature
from model_store.storage.golden import load_golden
from model_store.storage.private_copy import private_copy
from model_store.store import StoredVersion

log = logging.getLogger(__name__)


class Explainer:
    """Computes the maps of a version.

    Args:
        stored: The version in the store.
        signature: The manifest's `activation_maps`.
        engine: The loaded version.
        spool: The directory for temporary files.
        max_waiting: Maximum number of waiting images; a further one is refused.
    """

    def __init__(
        self, stored: StoredVersion, signature: Signature, engine: Engine, *, spool: Path, max_waiting: int
    ) -> None:
        self._stored = stored
        self._spool = spool
        self._signature = signature
        self._engine = engine
        self._max_waiting = max_waiting
        self._waiting = 0
        self._thread = ThreadPoolExecutor(1, "explainer")
        self._compute: ComputeMaps | None = None

    async def explain(self, pixels: Pixels) -> Maps:
        """Compute the maps of one image.

        Args:
            pixels: uint8 `(height, width, 3)`.

        Returns:
            float32 `(rows, columns, labels)`.

        Raises:
            Overloaded: If as many images as allowed are already waiting.
            InferenceFailed: If the maps cannot be computed; the log has the cause.
        """
        if self._waiting >= self._max_waiting:
            raise Overloaded("images waiting", self._max_waiting)
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, self._explain, pixels)
        finally:
            self._waiting -= 1

    def explain_blocking(self, pixels: Pixels) -> Maps:
        """Compute the maps of one image from a thread; it waits instead of being refused.

        Args:
            pixels: uint8 `(height, width, 3)`.

        Returns:
            float32 `(rows, columns, labels)`.

        Raises:
            InferenceFailed: If the maps cannot be computed; the log has the cause.
        """
        return self._thread.submit(self._explain, pixels).result()

    def close(self) -> None:
        """Release the memory; call it only when no image is waiting."""
        self._thread.shutdown(wait=False)
        self._compute = None

    def _explain(self, pixels: Pixels) -> Maps:
        try:
            if self._compute is None:
                self._compute = self._load()
            maps: Maps = self._compute(pixels[np.newaxis])[0]
        except Exception as error:
            log.exception("class activation maps of %s cannot be computed", self._stored.directory.name)
            raise InferenceFailed from error
        return maps

    def _load(self) -> ComputeMaps:
        """Load the function that computes maps, and check it with the golden samples.

        The files are read again, from a copy that is verified by the manifest of the version in memory.
        """
        with private_copy(self._stored, within=self._spool) as copy:
            compute = self._engine.load_maps(copy.directory, self._signature)
            check_maps(compute, load_golden(copy.directory))
        return compute
