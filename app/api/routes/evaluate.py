"""`POST /evaluate`: chooses the form of the report and sends it, with the progress if requested."""

import asyncio
import functools
import json
from collections.abc import AsyncGenerator, Callable, Coroutine
from typing import Final

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from app.api.deadline import JobTime
from app.api.dependencies import (
    AgainstDep,
    EvaluatorDep,
    ExplainerDep,
    FilesDep,
    JobDep,
    LabelledSetDep,
    LoadedDep,
    RendererDep,
)
from app.api.disconnection import unless_disconnected
from app.api.documentation import problems, report_forms, upload
from app.api.middleware.request_context import limit_body
from app.api.negotiation import preferred
from app.api.problem_responses import content_of
from app.api.receiving.uploads import CORRECTIONS
from app.api.responses import VARY, LinesResponse, json_response, rendered_report, server_timing
from app.reports.evaluator import Report
from app.reports.forms import FORMS
from app.settings import Settings
from model_store.evaluation.records_file import dump_records

PROGRESS_EVERY_S: Final = 0.5
"""The shortest time between two lines of progress, in seconds."""


def make_router(settings: Settings) -> APIRouter:
    """Make the route, with the settings' limit on its body."""
    router = APIRouter(tags=["evaluate"])
    router.add_api_route(
        "/evaluate",
        evaluate,
        methods=["POST"],
        dependencies=[Depends(limit_body(settings.max_archive_bytes))],
        responses={200: report_forms(), **problems(400, 404, 408, 413, 415, 422, 503, 504, 507)},
        response_class=Response,
        openapi_extra=upload(("application/zip",), "file", others=(CORRECTIONS,)),
    )
    return router


async def evaluate(  # noqa: PLR0913, PLR0917  the dependencies
    request: Request,
    version: LoadedDep,
    against: AgainstDep,
    explainer: ExplainerDep,
    job: JobDep,
    given: LabelledSetDep,
    evaluator: EvaluatorDep,
    renderer: RendererDep,
    files: FilesDep,
) -> Response:
    """Evaluate a labelled zip: one folder per label, or a `labels.csv`. Every file of it is in the report.

    With `against`, another version predicts the same files, and the two are compared.

    With a file of corrections in the field `corrections` of a form, the labels that it corrects are others, and the
    report says what that changed.

    With `explain`, each file that has a thumbnail gets a class activation map as well.

    `Accept` chooses the form of the report: JSON, a page, a picture of the matrix, or a table of the files. With
    `application/jsonl`, lines report the progress, and the last one holds the report or a problem.
    """
    evaluating = functools.partial(evaluator.evaluate, version, given, against=against, explainer=explainer)
    form = FORMS[preferred(request, tuple(FORMS))]
    if form == "jsonl":
        return LinesResponse(_lines(request, job, evaluating, len(given.labelled_set.images)))

    async def respond() -> Response:
        async with job.limit():
            return await make()

    async def make() -> Response:
        report = await evaluating()
        headers = {**server_timing(report.timing), **VARY}
        if form == "json":
            return json_response(report.body, headers)
        text = report.body.model_dump_json(exclude_unset=True)
        rendered = await renderer.render(form, text, await files.run(dump_records, report.records))
        return rendered_report(rendered, form, headers)

    return await unless_disconnected(request, asyncio.create_task(respond()))


async def _lines(
    request: Request, job: JobTime, evaluating: Callable[..., Coroutine[None, None, Report]], total: int
) -> AsyncGenerator[str, None]:
    """Yield the progress from time to time and, at the end, the report or a problem."""
    done = 0

    def count(so_far: int) -> None:
        nonlocal done
        done = so_far

    async def evaluate_in_time() -> Report:
        async with job.limit():
            return await evaluating(on_progress=count)

    work = asyncio.create_task(evaluate_in_time())
    try:
        reported = -1
        while not work.done() or reported < done:
            if reported < done:
                reported = done
                yield _line("progress", done=done, total=total)
            await asyncio.wait([work], timeout=PROGRESS_EVERY_S)
        yield f'{{"event":"report","report":{(await work).body.model_dump_json(exclude_unset=True)}}}\n'
    except Exception as error:  # noqa: BLE001  the status has been sent, so a line reports it
        yield _line("problem", problem=content_of(request, error))
    finally:
        work.cancel()
        await asyncio.gather(work, return_exceptions=True)


def _line(event: str, **members: object) -> str:
    return json.dumps({"event": event, **members}) + "\n"
