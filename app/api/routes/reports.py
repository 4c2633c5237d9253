"""Reports."""

import functools
import json
from typing import Annotated

from fastapi import Query, Request
from starlette.responses import Response

from app.api.dependencies import RegistryDep, RendererDep, ReportStoreDep, ServiceDep
from app.api.negotiation import preferred
from app.api.responses import _OFFERS, FORMS, JSON, JSONL, PNG, VARY, json_response
from app.concurrency import call_at_low_priority
from app.errors import RecordsMissing, ThumbnailNotFound
from app.inference.predictor import Service
from app.predictions.answers import rows_of
from app.reports.comparing import compare_reports
from app.reports.schemas import ReportsBody, ThumbnailsBody
from app.reports.storing import list_reports
from model_store.errors import VersionCorrupt
from model_store.evaluation.records_file import Thumbnails, load_thumbnails
from model_store.storage.reports import ReportStore


async def list_evaluations(
    registry: RegistryDep,
    service: ServiceDep,
    evaluations: ReportStoreDep,
    model: Annotated[str | None, Query(description="Only reports of this model.")] = None,
    limit: Annotated[int, Query(ge=1, le=1000, description="Most reports to return.")] = 50,
) -> ReportsBody:
    """List the stored reports, newest first."""
    if model is not None:
        registry.check_served(model)
    return ReportsBody(evaluations=await service.in_thread(list_reports, evaluations, model=model, limit=limit))


async def read_evaluation(
    request: Request,
    evaluation_id: str,
    service: ServiceDep,
    evaluations: ReportStoreDep,
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
    evaluations: ReportStoreDep,
    against: Annotated[str, Query(description="Id of the report to compare with.")],
) -> Response:
    """Compare two stored reports over the files that are in both, whichever versions they are of."""
    compare = functools.partial(compare_reports, evaluation_id, against, evaluations)
    return json_response(await service.in_thread(call_at_low_priority, compare))


async def list_thumbnails(evaluation_id: str, service: ServiceDep, evaluations: ReportStoreDep) -> ThumbnailsBody:
    """List the image files of a report that have a thumbnail, by their places in its table, and their maps."""
    looks = await _looks(evaluation_id, service, evaluations)
    maps = {place: rows_of(looks.maps[place]) for place in sorted(looks.maps)}
    return ThumbnailsBody(places=sorted(looks.thumbnails), maps=maps)


async def read_thumbnail(evaluation_id: str, place: int, service: ServiceDep, evaluations: ReportStoreDep) -> Response:
    """Return a small picture of what the model saw of a file."""
    thumbnails = (await _looks(evaluation_id, service, evaluations)).thumbnails
    if place not in thumbnails:
        raise ThumbnailNotFound(evaluation_id, place)
    headers = {"Cache-Control": "private, max-age=31536000, immutable"}  # a report never changes
    return Response(thumbnails[place], headers=headers, media_type="image/jpeg")


async def _looks(evaluation_id: str, service: Service, evaluations: ReportStore) -> Thumbnails:
    def read() -> Thumbnails:
        stored = evaluations.get(evaluation_id)
        records = stored.read_records()
        if records is None:
            raise RecordsMissing(evaluation_id, "a thumbnail")
        try:
            return load_thumbnails(records)
        except ValueError as error:
            raise VersionCorrupt(stored.path, [f"its records cannot be read ({error})"]) from error

    return await service.in_thread(read)
