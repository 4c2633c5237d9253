"""What routes ask for, as one annotated name each; `main` built it and put it into the application's state.

All are coroutines: FastAPI runs a plain function in a thread, which costs more than all it does.
"""

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import Depends, Query, Request

from app.api.uploads import Spooled, open_archive
from app.inference.loaded_version import LoadedVersion, check_comparable
from app.inference.predictor import Service
from app.lifecycle.registry import Registry
from app.observability.metrics import ServiceMetrics
from app.reports.rendering.process import Renderer
from app.settings import Settings
from model_store.storage.reports import ReportStore


async def _settings(request: Request) -> Settings:
    settings: Settings = request.app.state.settings
    return settings


async def _registry(request: Request) -> Registry:
    registry: Registry = request.app.state.registry
    return registry


async def _service(request: Request) -> Service:
    service: Service = request.app.state.service
    return service


async def _evaluations(request: Request) -> ReportStore:
    evaluations: ReportStore = request.app.state.evaluations
    return evaluations


async def _metrics(request: Request) -> ServiceMetrics:
    metrics: ServiceMetrics = request.app.state.metrics
    return metrics


async def _renderer(request: Request) -> Renderer:
    renderer: Renderer = request.app.state.renderer
    return renderer


SettingsDep = Annotated[Settings, Depends(_settings)]
RegistryDep = Annotated[Registry, Depends(_registry)]
ServiceDep = Annotated[Service, Depends(_service)]
ReportStoreDep = Annotated[ReportStore, Depends(_evaluations)]
RendererDep = Annotated[Renderer, Depends(_renderer)]
MetricsDep = Annotated[ServiceMetrics, Depends(_metrics)]


ModelQuery = Annotated[str | None, Query(description="Model; default: the one that is served first.")]
VersionQuery = Annotated[int | None, Query(gt=0, description="Version; default: the one that serves.")]


async def _loaded(
    registry: RegistryDep, model: ModelQuery = None, version: VersionQuery = None
) -> AsyncIterator[LoadedVersion]:
    async with registry.use(model, version) as loaded:
        yield loaded


LoadedDep = Annotated[LoadedVersion, Depends(_loaded)]
"""The version asked for; it stays in memory until the response is sent."""


async def _against(
    registry: RegistryDep,
    loaded: LoadedDep,
    against: Annotated[int | None, Query(gt=0, description="Version of the same model to compare with.")] = None,
) -> AsyncIterator[LoadedVersion | None]:
    if against is None:
        yield None
        return
    async with registry.use(loaded.manifest.model, against) as other:
        check_comparable(loaded, other)
        yield other


AgainstDep = Annotated[LoadedVersion | None, Depends(_against)]
"""The version to compare with, if any; it stays in memory until the response is sent."""


async def _archive(
    request: Request, loaded: LoadedDep, service: ServiceDep, settings: SettingsDep
) -> AsyncIterator[Spooled]:
    del loaded  # an unknown model is said before the archive is taken
    with service.job():
        async with open_archive(request, service, settings) as spooled:
            yield spooled


ArchiveDep = Annotated[Spooled, Depends(_archive)]
"""The archive sent, on disk, with a place among the evaluations under way, until the response is sent."""
