"""Loaded version."""

from dataclasses import dataclass

from app.errors import ParameterInvalid
from app.inference.batcher import Batcher
from app.inference.engines.base import Engine
from app.inference.explainer import Explainer
from model_store.images.fingerprint import TrainingFingerprints
from model_store.images.pixels import InputSpec
from model_store.manifest import Manifest


@dataclass(eq=False)
class LoadedVersion:
    """A version that answers."""

    manifest: Manifest
    input: InputSpec
    engine: Engine
    batcher: Batcher
    trained: TrainingFingerprints | None
    """What it was trained on, if it knows."""
    explainer: Explainer | None
    """Computes class activation maps, if the version has some."""


def check_explainable(loaded: LoadedVersion) -> Explainer:
    """Return what computes a version's class activation maps.

    Raises:
        ParameterInvalid: It has none.
    """
    if loaded.explainer is None:
        manifest = loaded.manifest
        reason = f"version {manifest.version} of {manifest.model} holds no class activation maps; train it again"
        raise ParameterInvalid("explain", "true", reason)
    return loaded.explainer


def check_comparable(loaded: LoadedVersion, against: LoadedVersion) -> None:
    """Raise unless two versions can be compared on the same files.

    Raises:
        ParameterInvalid: Their labels are not the same.
    """
    labels, others = set(loaded.manifest.labels), set(against.manifest.labels)
    if labels != others:
        different = ", ".join(sorted(labels ^ others))
        reason = f"version {loaded.manifest.version} has other labels; not in both: {different}"
        raise ParameterInvalid("against", against.manifest.version, reason)
