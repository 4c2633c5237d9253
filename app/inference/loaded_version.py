"""A version in memory: its manifest, its engine, its batcher and its explainer."""

from dataclasses import dataclass
from typing import Self

from app.errors import ParameterInvalid
from app.inference.batcher import Batcher
from app.inference.engines.base import Engine
from app.inference.explainer import Explainer
from model_store.images.fingerprint import TrainingFingerprints
from model_store.images.pixels import InputSpec
from model_store.manifest import Manifest


@dataclass(eq=False)
class LoadedVersion:
    """A version in memory, ready to predict."""

    manifest: Manifest
    input: InputSpec
    engine: Engine
    batcher: Batcher
    trained: TrainingFingerprints | None
    """Fingerprints of the images it was trained on, or None if the version does not record them."""
    explainer: Explainer | None
    """Computes class activation maps; None if the version has none."""

    def require_explainer(self) -> Explainer:
        """Return the explainer.

        Raises:
            ParameterInvalid: If the version has no class activation maps.
        """
        if self.explainer is None:
            manifest = self.manifest
            reason = f"version {manifest.version} of {manifest.model} holds no class activation maps; train it again"
            raise ParameterInvalid("explain", "true", reason)
        return self.explainer

    def check_comparable(self, other: Self) -> None:
        """Check that another version can be compared with this one on the same files.

        Raises:
            ParameterInvalid: If their labels are not the same.
        """
        labels, others = set(self.manifest.labels), set(other.manifest.labels)
        if labels != others:
            different = ", ".join(sorted(labels ^ others))
            reason = f"version {self.manifest.version} has other labels; not in both: {different}"
            raise ParameterInvalid("against", other.manifest.version, reason)
