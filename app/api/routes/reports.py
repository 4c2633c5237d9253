"""The routes of the stored reports: `GET /evaluations…`."""

import asyncio
import functools
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response

from app.api.deadline import JobTime
from app.api.dependencies import (
    ConversionsDep,
    FilesDep,
    OpenReportDep,
    RegistryDep,
    RendererDep,
    ReportShareDep,
    ReportStoreDep,
    SettingsDep,
    SummariesDep,
    report_slot,
)
from app.api.disconnection import unless_disconnected
from app.api.documentation import problems, report_forms
from app.api.negotiation import preferred
from app.api.responses import json_response, rendered_report
from app.api.stored import stream_report
from app.errors import RecordsMissing, ThumbnailNotFound
from app.predictions.answers import rows_of
from app.reports.comparing import compare_reports
from app.reports.forms import FORMS, MEDIA_TYPES
from app.reports.schemas import ReportComparisonBody, ReportsBody, ThumbnailsBody
from app.reports.storing import read_thumbnails, reading_bytes

_KEPT: Final = {"Cache-Control": "private, max-age=31536000, immutable"}
"""Headers of a response that never changes, such as a thumbnail of a report."""

router = APIRouter(tags=["evaluate"], dependencies=[Depends(report_slot)])


@router.get("/evaluations", responses=problems(404, 503))
async def list_evaluations(
    registry: RegistryDep,
    summaries: SummariesDep,
    model: Annotated[str | None, Query(description="Only reports of this model.")] = None,
    limit: Annotated[int, Query(ge=1, le=1000, description="The greatest number of reports to return.")] = 50,
) -> ReportsBody:
    """List the stored reports, newest first."""
    if model is not None:
        registry.check_served(model)
    return ReportsBody(evaluations=await summaries.newest(model=model, limit=limit))


@router.get(
    "/evaluations/{evaluation_id}",
    responses={200: report_forms(), **problems(404, 406, 413, 503, 504)},
    response_class=Response,
)
async def read_evaluation(  # noqa: PLR0913, PLR0917  the dependencies
    request: Request,
    opened: OpenReportDep,
    files: FilesDep,
    renderer: RendererDep,
    conversions: ConversionsDep,
    settings: SettingsDep,
    share: ReportShareDep,
) -> Response:
    """Return one stored report, as it was sent or in the form that `Accept` chooses."""
    form = FORMS[preferred(request, tuple(FORMS))]
    if form == "json" or form == "jsonl":  # noqa: PLR1714  the type checker does not narrow by a set
        return stream_report(request, opened, form, files)
    media_type = MEDIA_TYPES[form]

    async def render() -> bytes:
        with conversions.take():
            async with JobTime(settings.max_job_seconds).limit():
                await share.take(await files.run(reading_bytes, opened.stored))
                report = (await files.run(opened.file.read)).decode()
                records = b"" if form == "png" else await files.run(opened.stored.read_records)
                if records is None:
                    raise RecordsMissing(opened.stored.id, media_type)
                return await renderer.render(form, report, records)

    rendered = await unless_disconnected(request, asyncio.create_task(render()))
    share.give_back()  # the response takes its own
    return rendered_report(rendered, form)


@router.get(
    "/evaluations/{evaluation_id}/comparison",
    responses={200: {"model": ReportComparisonBody}, **problems(404, 406, 413, 422, 503, 504)},
    response_class=Response,
)
async def compare_evaluations(  # noqa: PLR0913, PLR0917  the dependencies
    request: Request,
    evaluation_id: str,
    files: FilesDep,
    reports: ReportStoreDep,
    conversions: ConversionsDep,
    settings: SettingsDep,
    share: ReportShareDep,
    against: Annotated[str, Query(description="Id of the report to compare with.")],
) -> Response:
    """Compare two stored reports over the files that are in both, whichever versions they are of."""

    async def compare() -> Response:
        with conversions.take():
            async with JobTime(settings.max_job_seconds).limit():
                await share.take(await files.run(lambda: reading_bytes(*map(reports.get, (evaluation_id, against)))))
                work = functools.partial(compare_reports, evaluation_id, against, reports)
                return json_response(await files.run_in_background(work))

    return await unless_disconnected(request, asyncio.create_task(compare()))


@router.get("/evaluations/{evaluation_id}/thumbnails", responses=problems(404, 406))
async def list_thumbnails(evaluation_id: str, files: FilesDep, reports: ReportStoreDep) -> ThumbnailsBody:
    """List the image files of a report that have a thumbnail, by their places in its table, and their maps."""
    stored = await files.run(read_thumbnails, reports, evaluation_id)
    maps = {place: rows_of(stored.maps[place]) for place in sorted(stored.maps)}
    return ThumbnailsBody(places=sorted(stored.thumbnails), maps=maps)


@router.get(
    "/evaluations/{evaluation_id}/thumbnails/{place}",
    responses={200: {"content": {"image/jpeg": {}}}, **problems(404, 406, 422)},
    response_class=Response,
)
async def read_thumbnail(evaluation_id: str, place: int, files: FilesDep, reports: ReportStoreDep) -> Response:
    """Return the thumbnail of a file: a small picture of what the model saw."""
    thumbnails = (await files.run(read_thumbnails, reports, evaluation_id)).thumbnails
    if place not in thumbnails:
        raise ThumbnailNotFound(evaluation_id, place)
    return Response(thumbnails[place], headers=_KEPT, media_type="image/jpeg")
