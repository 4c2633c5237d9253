"""`POST /predict` and `POST /predict/batch`."""

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import AsyncExitStack, aclosing
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response

from app.api.deadline import JobTime, deadline, timeout_header
from app.api.dependencies import FilesDep, JobDep, LoadedDep, ModelQuery, PredictorDep, SettingsDep, VersionQuery
from app.api.disconnection import unless_disconnected
from app.api.documentation import problems, upload
from app.api.middleware.request_context import limit_body, limit_body_of
from app.api.negotiation import preferred, wants
from app.api.problem_responses import content_of
from app.api.receiving.uploads import FORM, IMAGE, Upload, image_file, media_type, open_archive, open_files, read_image
from app.api.responses import JSON, JSONL, PNG, VARY, CountedResponse, LinesResponse, json_response, server_timing
from app.errors import JobTooLong
from app.inference.engines.base import Maps
from app.inference.explainer import Explainer
from app.inference.loaded_version import LoadedVersion
from app.inference.predictor import Prediction, Predictor, Timing
from app.predictions.answers import explanation, predicted_fields
from app.predictions.batch import Result, Source, check_top_k, collect, results_of, sources_of
from app.predictions.schemas import BatchBody, PredictionBody
from app.settings import Settings
from model_store.labelled_sets.archives.archive import Archive
from model_store.presentation.activation import overlay, png
from model_store.presentation.thumbnails import data_address

TopK = Annotated[int | None, Query(ge=1, description="Number of labels to return; default: all.")]
Explain = Annotated[bool, Query(description="Add class activation maps; with `Accept: image/png`, as a picture.")]
WithPixels = Annotated[bool, Query(description="Add the pixels that the model saw, as a PNG in a `data:` address.")]


def make_router(settings: Settings) -> APIRouter:
    """Make the routes, with the settings' limits on their bodies."""
    router = APIRouter(tags=["predict"])
    router.add_api_route(
        "/predict",
        predict,
        methods=["POST"],
        responses={
            200: {"model": PredictionBody, "content": {PNG: {}}},
            **problems(400, 404, 408, 413, 415, 422, 503, 504, 507),
        },
        response_class=Response,
        openapi_extra=upload(IMAGE, "file") | {"parameters": [timeout_header()]},
    )
    router.add_api_route(
        "/predict/batch",
        predict_batch,
        methods=["POST"],
        dependencies=[Depends(limit_body(settings.max_batch_bytes))],
        responses={200: {"model": BatchBody}, **problems(400, 404, 408, 413, 415, 422, 503, 504, 507)},
        response_class=Response,
        openapi_extra=upload(("application/zip",), "files", is_list=True),
    )
    return router


async def predict(  # noqa: PLR0913  the parameters of the request
    request: Request,
    model: ModelQuery = None,
    version: VersionQuery = None,
    top_k: TopK = None,
    *,
    explain: Explain = False,
    pixels: WithPixels = False,
) -> Response:
    """Predict one image: a raw body, or the field `file` of a form.

    With `explain` there is a class activation map for each label listed. With `Accept: image/png` as well, the answer
    is a picture of what the model saw: warm for what supports the predicted label, cold for what counts against it.
    """
    state = request.app.state  # each dependency of FastAPI costs an eighth of the prediction of a small image
    limit_body_of(request, state.settings.max_image_bytes)
    async with deadline(request, state.settings), state.registry.use(model, version) as loaded:
        check_top_k(top_k, loaded)
        explainer = loaded.require_explainer() if explain else None
        with state.memory.share("the upload") as share:
            sent = await read_image(request, share)
            work = asyncio.create_task(_predict(state.predictor, loaded, sent, explainer))
            prediction, maps = await unless_disconnected(request, work)
    manifest = loaded.manifest
    fields = predicted_fields(prediction, manifest, top_k)
    headers = server_timing(prediction.timing)
    if maps is not None:
        headers |= VARY
        if preferred(request, (JSON, PNG)) == PNG:
            predicted = manifest.labels.index(fields["label"])
            drawn = await state.files.run(overlay, prediction.decoded.pixels, maps, predicted)
            return CountedResponse(drawn, headers=headers, media_type=PNG)
        listed = [entry.label for entry in fields["predictions"]]
        fields["explanation"] = explanation(maps, fields["label"], listed, manifest.labels)
    if pixels:
        fields["pixels"] = data_address(await state.files.run(png, prediction.decoded.pixels), PNG)
    body = PredictionBody(model=manifest.model, version=manifest.version, filename=sent.filename, **fields)
    return json_response(body, headers)


async def _predict(
    predictor: Predictor, loaded: LoadedVersion, sent: Upload, explainer: Explainer | None
) -> tuple[Prediction, Maps | None]:
    prediction = await predictor.predict(loaded, sent.take)
    return prediction, None if explainer is None else await predictor.explain(explainer, prediction)


async def _sources(
    request: Request, loaded: LoadedDep, job: JobDep, threads: FilesDep, settings: SettingsDep
) -> AsyncIterator[list[Source]]:
    """Open the images of a batch, until the response is sent."""
    del loaded  # an unknown model fails before the upload is read
    async with AsyncExitStack() as stack:
        async with job.limit():
            if media_type(request) == FORM:
                files = await stack.enter_async_context(open_files(request, settings.max_batch_images))
                sources = [Source(file.filename, image_file(file, settings.max_image_bytes)) for file in files]
            else:
                spooled = await stack.enter_async_context(open_archive(request, threads, settings))
                archive = await threads.run(Archive, spooled.file, settings.set_limits())
                sources = await threads.run(sources_of, archive, settings.max_batch_images)
        yield sources


async def predict_batch(  # noqa: PLR0913, PLR0917  the dependencies
    request: Request,
    loaded: LoadedDep,
    job: JobDep,
    predictor: PredictorDep,
    sources: Annotated[list[Source], Depends(_sources)],
    top_k: TopK = None,
) -> Response:
    """Predict many images: the field `files` of a form, repeated, or a zip. One that fails does not stop the others.

    System files in a zip, such as `__MACOSX/`, are left out.
    """
    check_top_k(top_k, loaded)
    if wants(request, JSONL):
        return LinesResponse(_lines(request, job, results_of(loaded, predictor, sources, top_k)))

    async def predict_in_time() -> tuple[BatchBody, Timing]:
        async with job.limit():
            return await collect(loaded, predictor, sources, top_k)

    body, timing = await unless_disconnected(request, asyncio.create_task(predict_in_time()))
    return json_response(body, server_timing(timing))


async def _lines(request: Request, job: JobTime, results: AsyncGenerator[Result, None]) -> AsyncGenerator[str, None]:
    """Yield the results and, if the time of the job is over before the last one, a problem."""
    async with aclosing(results):
        try:
            while True:
                async with job.limit():
                    result, _ = await anext(results)
                yield result.model_dump_json(exclude_unset=True) + "\n"
        except StopAsyncIteration:
            return
        except JobTooLong as error:
            yield json.dumps({"error": content_of(request, error)}) + "\n"
