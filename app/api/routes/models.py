"""`GET /models…`: the models that are served, their versions, and a version's training report."""

import logging
from collections.abc import Mapping
from typing import Final

from fastapi import APIRouter, Request
from starlette.responses import Response

from app.api.dependencies import FilesDep, RegistryDep, ReportShareDep
from app.api.documentation import problems
from app.api.negotiation import is_known
from app.api.responses import REPORT_PAGE
from app.api.schemas import ModelBody, ModelsBody
from app.errors import TrainingReportMissing
from app.lifecycle.registry import Registry
from model_store.errors import VersionCorrupt
from model_store.manifest import Manifest
from model_store.storage.training_report import TRAINING_REPORT, read_training_report

log = logging.getLogger(__name__)

_REPORT_HEADERS: Final[Mapping[str, str]] = {
    "Cache-Control": "private, no-cache",  # validated by its ETag each time: another store may have taken its place
    **REPORT_PAGE,
}

router = APIRouter(tags=["models"])


@router.get("/models", responses=problems(503))
async def list_models(registry: RegistryDep, files: FilesDep) -> ModelsBody:
    """List the models that are served."""
    registry.check_ready()
    return ModelsBody(models=[await files.run(_describe, registry, model) for model in registry.served()])


@router.get("/models/{model}", responses=problems(404, 503))
async def read_model(model: str, registry: RegistryDep, files: FilesDep) -> ModelBody:
    """Describe one model."""
    return await files.run(_describe, registry, registry.check_served(model))


@router.get("/models/{model}/versions/{version}", responses=problems(404, 503))
async def read_version(model: str, version: int, registry: RegistryDep, files: FilesDep) -> Manifest:
    """Return the manifest of one version."""
    stored = await files.run(registry.store.open, registry.check_served(model), version, verify=False)
    return stored.manifest


@router.get(
    "/models/{model}/versions/{version}/report",
    responses={200: {"content": {"text/html": {"schema": {"type": "string"}}}}, **problems(404, 413, 503)},
    response_class=Response,
)
async def read_report(  # noqa: PLR0913, PLR0917  the dependencies
    request: Request, model: str, version: int, registry: RegistryDep, files: FilesDep, share: ReportShareDep
) -> Response:
    """Return a version's training report, which is a page; the version need not be in memory."""
    stored = await files.run(registry.store.open, registry.check_served(model), version, verify=False)
    listed = stored.manifest.files.get(TRAINING_REPORT)
    if listed is None:
        raise TrainingReportMissing(model, version)
    headers = {**_REPORT_HEADERS, "ETag": f'"{listed.sha256[:32]}"'}
    if is_known(request, headers["ETag"]):
        return Response(status_code=304, headers=headers)
    await share.take(listed.bytes)
    return Response(await files.run(read_training_report, stored), headers=headers, media_type="text/html")


def _describe(registry: Registry, model: str) -> ModelBody:
    in_memory = registry.loaded()
    serving = in_memory[model, registry.served()[model]]  # even if its directory was removed meanwhile
    loaded = sorted(version for name, version in in_memory if name == model)
    versions = registry.store.versions(model) if registry.store.has(model) else []
    return ModelBody.of(serving.manifest, versions, loaded, _aliases(registry, model))


def _aliases(registry: Registry, model: str) -> dict[str, int]:
    """Return the aliases of a model; a damaged file of aliases is logged and taken as empty."""
    try:
        return registry.store.aliases(model)
    except VersionCorrupt as error:
        log.warning("the aliases of %s cannot be read: %s", model, error)
        return {}
