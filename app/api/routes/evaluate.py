"""`POST /evaluate`, and the reports that were kept: `GET /evaluations…`."""

import asyncio
import json
from collections.abc import AsyncGenerator, Callable, Coroutine
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response

from app.api.dependencies import AgainstDep, ArchiveDep, LoadedDep, RendererDep, ReportStoreDep, ServiceDep
from app.api.disconnection import unless_disconnected
from app.api.documentation import problems as documented
from app.api.documentation import report_forms, upload
from app.api.middleware import limit_body
from app.api.negotiation import preferred
from app.api.problem_responses import content_of
from app.api.responses import _OFFERS, FORMS, JSONL, VARY, LinesResponse, json_response, server_timing
from app.api.routes.reports import (
    compare_evaluations,
    list_evaluations,
    list_thumbnails,
    read_evaluation,
    read_thumbnail,
)
from app.api.uploads import Spooled
from app.inference.loaded_version import check_explainable
from app.inference.predictor import Progress, Service, Timing
from app.reports.evaluator import make_report
from app.reports.schemas import ArchiveFacts, ReportBody, ReportComparisonBody
from app.reports.storing import keep
from app.settings import Settings
from model_store.evaluation.records import Records
from model_store.evaluation.records_file import dump_records
from model_store.labelled_sets.archive import Archive
from model_store.labelled_sets.labelled_set import LabelledSet

PROGRESS_EVERY_S: Final = 0.5
"""Seconds between two lines of progress, at least."""

Done = tuple[ReportBody, Records, Timing]
Work = Callable[[Progress], Coroutine[None, None, Done]]
"""Evaluates, and calls with the number of files done."""


def make_router(settings: Settings) -> APIRouter:
    """Make the routes, with the settings' limits on their bodies."""
    router = APIRouter(tags=["evaluate"])
    router.add_api_route(
        "/evaluate",
        evaluate,
        methods=["POST"],
        dependencies=[Depends(limit_body(settings.max_archive_bytes))],
        responses={200: report_forms(), **documented(400, 404, 408, 413, 415, 422, 503, 507)},
        response_class=Response,
        openapi_extra=upload(("application/zip",), "file"),
    )
    router.add_api_route("/evaluations", list_evaluations, methods=["GET"], responses=documented(404, 503))
    router.add_api_route(
        "/evaluations/{evaluation_id}",
        read_evaluation,
        methods=["GET"],
        responses={200: report_forms(), **documented(404, 406)},
        response_class=Response,
    )
    router.add_api_route(
        "/evaluations/{evaluation_id}/comparison",
        compare_evaluations,
        methods=["GET"],
        responses={200: {"model": ReportComparisonBody}, **documented(404, 406, 422)},
        response_class=Response,
    )
    router.add_api_route(
        "/evaluations/{evaluation_id}/thumbnails", list_thumbnails, methods=["GET"], responses=documented(404, 406)
    )
    router.add_api_route(
        "/evaluations/{evaluation_id}/thumbnails/{place}",
        read_thumbnail,
        methods=["GET"],
        responses={200: {"content": {"image/jpeg": {}}}, **documented(404, 406, 422)},
        response_class=Response,
    )
    return router


async def evaluate(  # noqa: PLR0913, PLR0917  what FastAPI hands over
    request: Request,
    loaded: LoadedDep,
    against: AgainstDep,
    archive: ArchiveDep,
    service: ServiceDep,
    evaluations: ReportStoreDep,
    renderer: RendererDep,
    *,
    explain: Annotated[bool, Query(description="Add class activation maps to the thumbnails.")] = False,
) -> Response:
    """Evaluate a labelled zip, one folder per label; every file of it is in the report.

    With `against` another version answers the same files, each of which is decoded once, and the two are compared.

    With `explain` the files that have a thumbnail, 132 at most, have a class activation map as well.

    `Accept` chooses the form of the report: JSON, a page, a picture of the matrix, or a table of the files. With
    `application/jsonl` lines tell the progress, and the last one holds the report or a problem.
    """
    settings: Settings = request.app.state.settings
    explainer = check_explainable(loaded) if explain else None
    given = await _open(archive, service, settings, loaded.manifest.labels)

    async def work(on_progress: Progress = lambda _: None) -> Done:
        evaluated, timing = await service.evaluate(loaded, given, on_progress, against=against, explainer=explainer)
        facts = ArchiveFacts(filename=archive.filename, bytes=archive.bytes, sha256=archive.sha256)
        report = make_report(evaluated, loaded.manifest, facts)
        return await service.in_thread(keep, report, evaluated.records, evaluations), evaluated.records, timing

    async def respond() -> Response:
        report, records, timing = await work()
        headers = {**server_timing(timing), **VARY}
        if wanted not in FORMS:
            return json_response(report, headers)
        text = report.model_dump_json(exclude_unset=True)
        rendered = await renderer.render(FORMS[wanted], text, await service.in_thread(dump_records, records))
        return Response(rendered, headers=headers, media_type=wanted)

    wanted = preferred(request, _OFFERS)
    if wanted == JSONL:
        return LinesResponse(_lines(request, work, len(given.images)))
    return await unless_disconnected(request, asyncio.create_task(respond()))


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
        report, _, _ = await working
        yield f'{{"event":"report","report":{report.model_dump_json(exclude_unset=True)}}}\n'
    except Exception as error:  # noqa: BLE001  the status has been sent; this is the place to say it
        yield _line("problem", problem=content_of(request, error))
    finally:
        working.cancel()
        await asyncio.gather(working, return_exceptions=True)


def _line(event: str, **members: object) -> str:
    return json.dumps({"event": event, **members}) + "\n"


async def _open(archive: Spooled, service: Service, settings: Settings, labels: tuple[str, ...]) -> LabelledSet:
    opened = await service.in_thread(Archive, archive.file, settings.set_limits())
    return await service.in_thread(opened.labelled, labels)
