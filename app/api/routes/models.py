"""`GET /models…`: what is stored and what serves."""

from fastapi import APIRouter

from app.api.dependencies import RegistryDep, ServiceDep
from app.api.documentation import problems
from app.api.schemas import ModelBody, ModelsBody
from app.lifecycle.registry import Registry
from model_store.manifest import Manifest

router = APIRouter(tags=["models"])


@router.get("/models", responses=problems(503))
async def list_models(registry: RegistryDep, service: ServiceDep) -> ModelsBody:
    """List the models that are served."""
    registry.check_ready()
    return ModelsBody(models=[await service.in_thread(_describe, registry, model) for model in registry.served()])


@router.get("/models/{model}", responses=problems(404, 503))
async def read_model(model: str, registry: RegistryDep, service: ServiceDep) -> ModelBody:
    """Describe one model."""
    registry.check_ready()
    return await service.in_thread(_describe, registry, registry.check_served(model))


@router.get("/models/{model}/versions/{version}", responses=problems(404, 503))
async def read_version(model: str, version: int, registry: RegistryDep, service: ServiceDep) -> Manifest:
    """Return the manifest of one version."""
    registry.check_ready()
    stored = await service.in_thread(registry.store.open, registry.check_served(model), version, verify=False)
    return stored.manifest


def _describe(registry: Registry, model: str) -> ModelBody:
    in_memory = registry.loaded()
    serving = in_memory[model, registry.served()[model]]  # whatever became of its directory meanwhile
    loaded = sorted(version for name, version in in_memory if name == model)
    versions = registry.store.versions(model) if registry.store.has(model) else []
    return ModelBody.of(serving.manifest, versions, loaded)
