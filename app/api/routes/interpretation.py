"""`POST /interpretation`: says what a labelled zip is recognised as, from pieces of it, before it is evaluated."""

import asyncio
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response

from app.api.deadline import JobTime
from app.api.dependencies import FilesDep, InterpretationsDep, LayoutQuery, ManifestDep, SettingsDep
from app.api.disconnection import unless_disconnected
from app.api.documentation import problems
from app.api.middleware.request_context import limit_body
from app.api.receiving.uploads import FORM, open_pieces
from app.api.responses import json_response
from app.errors import BodyTooLarge
from app.reports.recognising import describe_reading
from app.reports.schemas import InterpretationBody
from app.settings import Settings
from model_store.labelled_sets.archives.partial_archive import read_partial_archive

SizeQuery = Annotated[int | None, Query(gt=0, description="Bytes of the whole zip; default: up to the last piece.")]

_PIECES: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "content": {
            FORM: {
                "schema": {
                    "type": "object",
                    "description": "Pieces of the zip; the name of each field is the place of its first byte.",
                    "additionalProperties": {"type": "string", "format": "binary"},
                }
            }
        },
    }
}


def make_router(settings: Settings) -> APIRouter:
    """Make the route, with the settings' limit on its body."""
    router = APIRouter(tags=["evaluate"])
    router.add_api_route(
        "/interpretation",
        interpret,
        methods=["POST"],
        dependencies=[Depends(limit_body(settings.max_archive_bytes))],
        responses={200: {"model": InterpretationBody}, **problems(400, 404, 408, 413, 415, 422, 503, 504, 507)},
        response_class=Response,
        openapi_extra=_PIECES,
    )
    return router


async def interpret(  # noqa: PLR0913, PLR0917  the dependencies
    request: Request,
    manifest: ManifestDep,
    interpretations: InterpretationsDep,
    files: FilesDep,
    settings: SettingsDep,
    size: SizeQuery = None,
    layout: LayoutQuery = None,
) -> Response:
    """Say what a labelled zip is recognised as, without evaluating it. Pieces of the zip are enough.

    `wanted` lists the bytes that are missing to say it, such as those of a `labels.csv`. Send all pieces again with
    these, until nothing is wanted. The answer is then the `interpretation` that the report will have, or the problem
    for which `POST /evaluate` would refuse the zip.
    """
    if size is not None and size > settings.max_archive_bytes:
        raise BodyTooLarge(settings.max_archive_bytes)  # as soon as the zip is sent to be evaluated
    with interpretations.take():
        async with JobTime(settings.max_job_seconds).limit(), open_pieces(request, size) as (pieces, whole):
            limits, labels = settings.set_limits(), manifest.labels
            reading = files.run_to_its_end(read_partial_archive, pieces, whole, limits, labels, layout)
            read = await unless_disconnected(request, asyncio.create_task(reading))
            return json_response(await files.run(describe_reading, read, manifest))
