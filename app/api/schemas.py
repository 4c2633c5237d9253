"""The bodies of the routes about models and health."""

from typing import Self

from pydantic import BaseModel, ConfigDict

from model_store.manifest import Manifest


class _Body(BaseModel):
    model_config = ConfigDict(frozen=True)


class ModelBody(_Body):
    """A model that is served, described by the version that serves."""

    model: str
    serving: int
    versions: list[int]
    loaded: list[int]
    labels: list[str]
    positive: str | None
    aliases: dict[str, int]
    """Alias → version."""

    @classmethod
    def of(cls, manifest: Manifest, versions: list[int], loaded: list[int], aliases: dict[str, int]) -> Self:
        """Describe a model by the manifest of the version that serves."""
        return cls(
            model=manifest.model,
            serving=manifest.version,
            versions=versions,
            loaded=loaded,
            labels=list(manifest.labels),
            positive=manifest.positive,
            aliases=aliases,
        )


class ModelsBody(_Body):
    """Every model that is served."""

    models: list[ModelBody]


class HealthBody(_Body):
    """The health of the service; `status` is `live` or `ready`."""

    status: str
    models: dict[str, int]
    """Model → the version that answers by default."""
