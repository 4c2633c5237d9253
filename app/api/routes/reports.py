"""The routes of the stored reports: `GET /evaluations…`."""

import functools
import json
from typing import Annotated, Final

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from app.api.dependencies import FilesDep, RegistryDep, RendererDep, ReportStoreDep
from app.api.documentation import problems, report_forms
from app.api.negotiation import preferred
from app.api.responses import VARY, json_response, rendered_report
from app.errors import RecordsMissing, ThumbnailNotFound
from app.predictions.answers import rows_of
from app.reports.comparing import compare_reports
from app.reports.forms import FORMS, MEDIA_TYPES
from app.reports.schemas import ReportComparisonBody, ReportsBody, ThumbnailsBody
from app.reports.storing import list_reports, read_thumbnails

_KEPT: Final = {"Cache-Control": "private, max-age=31536000, immutable"}
"""Headers of a response that never changes, such as a thumbnail of a report."""

router = APIRouter(tags=["evaluate"])


@router.get("/evaluations", responses=problems(404, 503))
async def list_evaluations(
    registry: RegistryDep,
    files: FilesDep,
    reports: ReportStoreDep,
    model: Annotated[str | None, Query(description="Only reports of this model.")] = None,
    limit: Annotated[int, Query(ge=1, le=1000, description="The greatest number of reports to return.")] = 50,
) -> ReportsBody:
    """List the stored reports, newest first."""
    if model is not None:
        registry.check_served(model)
    return ReportsBody(evaluations=await files.run(list_reports, reports, model=model, limit=limit))


@router.get(
    "/evaluations/{evaluation_id}",
    responses={200: report_forms(), **problems(404, 406)},
    response_class=Response,
)
async def read_evaluation(
    request: Request, evaluation_id: str, files: FilesDep, reports: ReportStoreDep, renderer: RendererDep
) -> Response:
    """Return one stored report, as it was sent or in the form that `Accept` chooses."""
    stored = await files.run(reports.get, evaluation_id)
    report = json.dumps(await files.run(stored.read))
    form = FORMS[preferred(request, tuple(FORMS))]
    media_type = MEDIA_TYPES[form]
    if form == "json":
        return Response(report, headers=VARY, media_type=media_type)
    if form == "jsonl":
        return Response(f'{{"event":"report","report":{report}}}\n', headers=VARY, media_type=media_type)
    records = b"" if form == "png" else await files.run(stored.read_records)
    if records is None:
        raise RecordsMissing(evaluation_id, media_type)
    return rendered_report(await renderer.render(form, report, records), form)


@router.get(
    "/evaluations/{evaluation_id}/comparison",
    responses={200: {"model": ReportComparisonBody}, **problems(404, 406, 422)},
    response_class=Response,
)
async def compare_evaluations(
    evaluation_id: str,
    files: FilesDep,
    reports: ReportStoreDep,
    against: Annotated[str, Query(description="Id of the report to compare with.")],
) -> Response:
    """Compare two stored reports over the files that are in both, whichever versions they are of."""
    compare = functools.partial(compare_reports, evaluation_id, against, reports)
    return json_response(await files.run_in_background(compare))


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
