"""`POST /evaluate`, and the reports that were kept: `GET /evaluations`, `GET /evaluations/{id}`."""

import asyncio
import json
from collections.abc import AsyncGenerator, Callable, Coroutine
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response

from app import problems
from app.archive import Archive
from app.dependencies import AgainstDep, ArchiveDep, EvaluationsDep, LoadedDep, RegistryDep, ServiceDep
from app.labelled_set import LabelledSet
from app.middleware import limit_body
from app.reports import keep, list_reports, make_report
from app.routes.documentation import problems as documented
from app.routes.documentation import upload
from app.routes.responses import JSONL, LinesResponse, json_response, server_timing, wants
from app.schemas import ArchiveFacts, EvaluationBody, EvaluationsBody
from app.service import Progress, Service, Timing
from app.settings import Settings
from app.uploads import Spooled, unless_disconnected

PROGRESS_EVERY_S: Final = 0.5
"""Seconds between two lines of progress, at least."""

Work = Callable[[Progress], Coroutine[None, None, tuple[EvaluationBody, Timing]]]
"""Evaluates, and calls with the number of files done."""


def make_router(settings: Settings) -> APIRouter:
    """Make the routes, with the settings' limits on their bodies."""
    router = APIRouter(tags=["evaluate"])
    router.add_api_route(
        "/evaluate",
        evaluate,
        methods=["POST"],
        dependencies=[Depends(limit_body(settings.max_archive_bytes))],
        responses={200: {"model": EvaluationBody}, **documented(400, 404, 408, 413, 415, 422, 503, 507)},
        response_class=Response,
        openapi_extra=upload(("application/zip",), "file"),
    )
    router.add_api_route("/evaluations", list_evaluations, methods=["GET"], responses=documented(404, 503))
    router.add_api_route(
        "/evaluations/{evaluation_id}",
        read_evaluation,
        methods=["GET"],
        responses={200: {"model": EvaluationBody}, **documented(404)},
        response_class=Response,
    )
    return router


async def evaluate(  # noqa: PLR0913, PLR0917  what FastAPI hands over
    request: Request,
    loaded: LoadedDep,
    against: AgainstDep,
    archive: ArchiveDep,
    service: ServiceDep,
    evaluations: EvaluationsDep,
) -> Response:
    """Evaluate a labelled zip, one folder per label; every file of it is in the report.

    With `against` another version answers the same files, each of which is decoded once, and the two are compared.

    With `Accept: application/jsonl` lines tell the progress, and the last one holds the report or a problem.
    """
    settings: Settings = request.app.state.settings
    given = await _open(archive, service, settings, loaded.manifest.labels)

    async def work(on_progress: Progress = lambda _: None) -> tuple[EvaluationBody, Timing]:
        evaluated = await service.evaluate(loaded, given, on_progress, against=against)
        facts = ArchiveFacts(filename=archive.filename, bytes=archive.bytes, sha256=archive.sha256)
        report = make_report(evaluated, loaded.manifest, facts)
        return await service.in_thread(keep, report, evaluations), evaluated.timing

    if wants(request, JSONL):
        return LinesResponse(_lines(request, work, len(given.images)))
    report, timing = await unless_disconnected(request, asyncio.create_task(work()))
    return json_response(report, server_timing(timing))


async def _lines(request: Request, work: Work, total: int) -> AsyncGenerator[str, None]:
    """Tell how far the work is, now and then; in the end, what came of it."""
    done = 0

    def count(so_far: int) -> None:
        nonlocal done
        done = so_far

    working = asyncio.create_task(work(count))
    try:
        told = -1
        while not working.done() or told < done:
            if told < done:
                told = done
                yield _line("progress", done=done, total=total)
            await asyncio.wait([working], timeout=PROGRESS_EVERY_S)
        report, _ = await working
        yield f'{{"event":"report","report":{report.model_dump_json(exclude_unset=True)}}}\n'
    except Exception as error:  # noqa: BLE001  the status has been sent; this is the place to say it
        yield _line("problem", problem=problems.content_of(request, error))
    finally:
        working.cancel()
        await asyncio.gather(working, return_exceptions=True)


def _line(event: str, **members: object) -> str:
    return json.dumps({"event": event, **members}) + "\n"


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
