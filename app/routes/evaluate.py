"""`POST /evaluate`, and the reports that were kept: `GET /evaluations`, `GET /evaluations/{id}`."""

import asyncio
import json
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response

from app.archive import Archive
from app.dependencies import ArchiveDep, EvaluationsDep, LoadedDep, RegistryDep, ServiceDep
from app.labelled_set import LabelledSet
from app.middleware import limit_body
from app.reports import keep, list_reports, make_report
from app.routes.documentation import problems, upload
from app.routes.responses import json_response, server_timing
from app.schemas import ArchiveFacts, EvaluationBody, EvaluationsBody
from app.service import Service
from app.settings import Settings
from app.uploads import Spooled, unless_disconnected


def make_router(settings: Settings) -> APIRouter:
    """Make the routes, with the settings' limits on their bodies."""
    router = APIRouter(tags=["evaluate"])
    router.add_api_route(
        "/evaluate",
        evaluate,
        methods=["POST"],
        dependencies=[Depends(limit_body(settings.max_archive_bytes))],
        responses={200: {"model": EvaluationBody}, **problems(400, 404, 408, 413, 415, 422, 503, 507)},
        response_class=Response,
        openapi_extra=upload(("application/zip",), "file"),
    )
    router.add_api_route("/evaluations", list_evaluations, methods=["GET"], responses=problems(404, 503))
    router.add_api_route(
        "/evaluations/{evaluation_id}",
        read_evaluation,
        methods=["GET"],
        responses={200: {"model": EvaluationBody}, **problems(404)},
        response_class=Response,
    )
    return router


async def evaluate(
    request: Request, loaded: LoadedDep, archive: ArchiveDep, service: ServiceDep, evaluations: EvaluationsDep
) -> Response:
    """Evaluate a labelled zip, one folder per label; every file of it is in the report."""
    settings: Settings = request.app.state.settings
    given = await _open(archive, service, settings, loaded.manifest.labels)
    work = asyncio.create_task(service.evaluate(loaded, given))
    evaluation, timing = await unless_disconnected(request, work)
    facts = ArchiveFacts(filename=archive.filename, bytes=archive.bytes, sha256=archive.sha256)
    report = await service.in_thread(keep, make_report(evaluation, loaded.manifest, facts), evaluations)
    return json_response(report, server_timing(timing))


async def list_evaluations(
    registry: RegistryDep,
    service: ServiceDep,
    evaluations: EvaluationsDep,
    model: Annotated[str | None, Query(description="Only reports of this model.")] = None,
    limit: Annotated[int, Query(ge=1, le=1000, description="Most reports to return.")] = 50,
) -> EvaluationsBody:
    """List the stored reports, newest first."""
    if model is not None:
        registry.check_served(model)
    return EvaluationsBody(evaluations=await service.in_thread(list_reports, evaluations, model=model, limit=limit))


async def read_evaluation(evaluation_id: str, service: ServiceDep, evaluations: EvaluationsDep) -> Response:
    """Return one stored report as it was sent."""
    stored = await service.in_thread(evaluations.get, evaluation_id)
    report = await service.in_thread(stored.read)
    return Response(json.dumps(report), media_type="application/json")


async def _open(archive: Spooled, service: Service, settings: Settings, labels: tuple[str, ...]) -> LabelledSet:
    opened = await service.in_thread(Archive, archive.file, settings.archive_limits())
    return await service.in_thread(opened.labelled, labels)
