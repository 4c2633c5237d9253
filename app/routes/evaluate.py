"""`POST /evaluate`, and the reports that were kept: `GET /evaluations…`."""

import asyncio
import functools
import json
from collections.abc import AsyncGenerator, Callable, Coroutine
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response

from app import problems
from app.answers import rows_of
from app.archive import Archive
from app.compared import compare_reports
from app.dependencies import (
    AgainstDep,
    ArchiveDep,
    EvaluationsDep,
    LoadedDep,
    RegistryDep,
    RendererDep,
    ServiceDep,
)
from app.errors import RecordsMissing, ThumbnailNotFound
from app.labelled_set import LabelledSet
from app.middleware import limit_body
from app.priority import call_stepped_back
from app.registry import check_explainable
from app.reports import keep, list_reports, make_report
from app.representations.render import Form
from app.routes.documentation import problems as documented
from app.routes.documentation import report_forms, upload
from app.routes.responses import JSON, JSONL, PNG, VARY, LinesResponse, json_response, preferred, server_timing
from app.schemas import ArchiveFacts, EvaluationBody, EvaluationsBody, ReportComparisonBody, ThumbnailsBody
from app.service import Progress, Service, Timing
from app.settings import Settings
from app.uploads import Spooled, unless_disconnected
from model_store.errors import VersionCorrupt
from model_store.evaluations import Evaluations
from model_store.records import Records
from model_store.records_file import Looks, dump_records, load_looks

PROGRESS_EVERY_S: Final = 0.5
"""Seconds between two lines of progress, at least."""

FORMS: Final[dict[str, Form]] = {"text/html": "html", PNG: "png", "text/csv": "csv"}
"""Media types of the forms that are rendered."""
_OFFERS: Final = (JSON, JSONL, *FORMS)

Done = tuple[EvaluationBody, Records, Timing]
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
    evaluations: EvaluationsDep,
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


async def read_evaluation(
    request: Request,
    evaluation_id: str,
    service: ServiceDep,
    evaluations: EvaluationsDep,
    renderer: RendererDep,
) -> Response:
    """Return one stored report, as it was sent or in the form that `Accept` chooses."""
    stored = await service.in_thread(evaluations.get, evaluation_id)
    report = json.dumps(await service.in_thread(stored.read))
    wanted = preferred(request, _OFFERS)
    if wanted == JSON:
        return Response(report, headers=VARY, media_type=JSON)
    if wanted == JSONL:
        return Response(f'{{"event":"report","report":{report}}}\n', headers=VARY, media_type=JSONL)
    records = b"" if wanted == PNG else await service.in_thread(stored.read_records)
    if records is None:
        raise RecordsMissing(evaluation_id, wanted)
    return Response(await renderer.render(FORMS[wanted], report, records), headers=VARY, media_type=wanted)


async def compare_evaluations(
    evaluation_id: str,
    service: ServiceDep,
    evaluations: EvaluationsDep,
    against: Annotated[str, Query(description="Id of the report to compare with.")],
) -> Response:
    """Compare two stored reports over the files that are in both, whichever versions they are of."""
    compare = functools.partial(compare_reports, evaluation_id, against, evaluations)
    return json_response(await service.in_thread(call_stepped_back, compare))


async def list_thumbnails(evaluation_id: str, service: ServiceDep, evaluations: EvaluationsDep) -> ThumbnailsBody:
    """List the image files of a report that have a thumbnail, by their places in its table, and their maps."""
    looks = await _looks(evaluation_id, service, evaluations)
    maps = {place: rows_of(looks.maps[place]) for place in sorted(looks.maps)}
    return ThumbnailsBody(places=sorted(looks.thumbnails), maps=maps)


async def read_thumbnail(evaluation_id: str, place: int, service: ServiceDep, evaluations: EvaluationsDep) -> Response:
    """Return a small picture of what the model saw of a file."""
    thumbnails = (await _looks(evaluation_id, service, evaluations)).thumbnails
    if place not in thumbnails:
        raise ThumbnailNotFound(evaluation_id, place)
    headers = {"Cache-Control": "private, max-age=31536000, immutable"}  # a report never changes
    return Response(thumbnails[place], headers=headers, media_type="image/jpeg")


async def _looks(evaluation_id: str, service: Service, evaluations: Evaluations) -> Looks:
    def read() -> Looks:
        stored = evaluations.get(evaluation_id)
        records = stored.read_records()
        if records is None:
            raise RecordsMissing(evaluation_id, "a thumbnail")
        try:
            return load_looks(records)
        except ValueError as error:
            raise VersionCorrupt(stored.path, [f"its records cannot be read ({error})"]) from error

    return await service.in_thread(read)


async def _open(archive: Spooled, service: Service, settings: Settings, labels: tuple[str, ...]) -> LabelledSet:
    opened = await service.in_thread(Archive, archive.file, settings.archive_limits())
    return await service.in_thread(opened.labelled, labels)
