"""The dependencies of the routes, one annotated name each.

`main` builds the objects and keeps them in the application's state. All dependencies are coroutines: FastAPI runs a
plain function in a thread, which costs more than the function itself.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack
from pathlib import PurePosixPath
from typing import Annotated

from fastapi import Depends, Query, Request

from app.api.deadline import JobTime
from app.api.receiving.uploads import CORRECTIONS, Spooled, Upload, open_archive
from app.api.stored import OpenReport
from app.concurrency import FileThreads, Slots
from app.inference.explainer import Explainer
from app.inference.loaded_version import LoadedVersion
from app.inference.predictor import Predictor
from app.lifecycle.registry import Registry
from app.memory.budget import Share
from app.observability.metrics import ServiceMetrics
from app.reports.evaluator import Evaluator, GivenSet, evaluation_bytes
from app.reports.rendering.process import Renderer
from app.reports.schemas import ArchiveFacts
from app.reports.summaries import Summaries
from app.settings import Settings
from model_store.labelled_sets.archives.archive import Archive
from model_store.labelled_sets.corrections.applying import CorrectedSet, correct_set, names_in
from model_store.labelled_sets.corrections.reading import read_corrections
from model_store.labelled_sets.labelled_set import LabelledSet
from model_store.labelled_sets.layout import LayoutChoice
from model_store.manifest import Manifest
from model_store.storage.reports import ReportStore


async def _settings(request: Request) -> Settings:
    settings: Settings = request.app.state.settings
    return settings


async def _registry(request: Request) -> Registry:
    registry: Registry = request.app.state.registry
    return registry


async def _predictor(request: Request) -> Predictor:
    predictor: Predictor = request.app.state.predictor
    return predictor


async def _evaluator(request: Request) -> Evaluator:
    evaluator: Evaluator = request.app.state.evaluator
    return evaluator


async def _files(request: Request) -> FileThreads:
    files: FileThreads = request.app.state.files
    return files


async def _job(request: Request) -> AsyncIterator[JobTime]:
    state = request.app.state
    with state.jobs.take():
        yield JobTime(state.settings.max_job_seconds)


async def _interpretations(request: Request) -> Slots:
    interpretations: Slots = request.app.state.interpretations
    return interpretations


async def _conversions(request: Request) -> Slots:
    conversions: Slots = request.app.state.conversions
    return conversions


async def _summaries(request: Request) -> Summaries:
    summaries: Summaries = request.app.state.summaries
    return summaries


async def _report_share(request: Request) -> AsyncIterator[Share]:
    with request.app.state.memory.share("reading the report") as share:
        yield share


async def _reports(request: Request) -> ReportStore:
    reports: ReportStore = request.app.state.reports
    return reports


async def _metrics(request: Request) -> ServiceMetrics:
    metrics: ServiceMetrics = request.app.state.metrics
    return metrics


async def _renderer(request: Request) -> Renderer:
    renderer: Renderer = request.app.state.renderer
    return renderer


SettingsDep = Annotated[Settings, Depends(_settings)]
RegistryDep = Annotated[Registry, Depends(_registry)]
PredictorDep = Annotated[Predictor, Depends(_predictor)]
EvaluatorDep = Annotated[Evaluator, Depends(_evaluator)]
FilesDep = Annotated[FileThreads, Depends(_files)]
InterpretationsDep = Annotated[Slots, Depends(_interpretations)]
ConversionsDep = Annotated[Slots, Depends(_conversions)]
SummariesDep = Annotated[Summaries, Depends(_summaries)]
ReportStoreDep = Annotated[ReportStore, Depends(_reports)]
RendererDep = Annotated[Renderer, Depends(_renderer)]
MetricsDep = Annotated[ServiceMetrics, Depends(_metrics)]

JobDep = Annotated[JobTime, Depends(_job)]
"""The time of a batch or an evaluation, which holds a slot among the jobs until the response is sent."""
ReportShareDep = Annotated[Share, Depends(_report_share)]
"""A share of the memory for reading stored reports; what it has is given back when the response is sent."""


async def report_slot(request: Request) -> AsyncIterator[None]:
    """Hold a slot among the requests that read stored reports until the response is sent."""
    with request.app.state.report_reads.take():
        yield


async def _open_report(evaluation_id: str, files: FilesDep, reports: ReportStoreDep) -> AsyncIterator[OpenReport]:
    opened = await files.run(lambda: OpenReport.of(reports.get(evaluation_id)))
    try:
        yield opened
    finally:
        opened.file.close()


OpenReportDep = Annotated[OpenReport, Depends(_open_report)]
"""The stored report of the path, open until the response is sent."""


ModelQuery = Annotated[str | None, Query(description="Model; default: the first in the settings, or the only one.")]
VersionQuery = Annotated[int | None, Query(gt=0, description="Version; default: the one that serves.")]


async def _version(
    registry: RegistryDep, model: ModelQuery = None, version: VersionQuery = None
) -> AsyncIterator[LoadedVersion]:
    async with registry.use(model, version) as loaded:
        yield loaded


async def _manifest(
    registry: RegistryDep, files: FilesDep, model: ModelQuery = None, version: VersionQuery = None
) -> Manifest:
    return await files.run(registry.manifest, model, version)


ManifestDep = Annotated[Manifest, Depends(_manifest)]
"""The manifest of the requested version, which need not be in memory."""


LoadedDep = Annotated[LoadedVersion, Depends(_version)]
"""The requested version; it stays in memory until the response is sent."""


async def _against(
    registry: RegistryDep,
    version: LoadedDep,
    against: Annotated[int | None, Query(gt=0, description="Version of the same model to compare with.")] = None,
) -> AsyncIterator[LoadedVersion | None]:
    if against is None:
        yield None
        return
    async with registry.use(version.manifest.model, against) as other:
        version.check_comparable(other)
        yield other


AgainstDep = Annotated[LoadedVersion | None, Depends(_against)]
"""The version to compare with, if any; it stays in memory until the response is sent."""


async def _explainer(
    version: LoadedDep,
    *,
    explain: Annotated[bool, Query(description="Add class activation maps to the thumbnails.")] = False,
) -> Explainer | None:
    return version.require_explainer() if explain else None


ExplainerDep = Annotated[Explainer | None, Depends(_explainer)]
"""The explainer for the thumbnails of an evaluation, if explanations were requested."""


LayoutQuery = Annotated[
    LayoutChoice | None, Query(description="What the first folders are, if they could be parts of the set or labels.")
]


async def _labelled_set(  # noqa: PLR0913, PLR0917  the dependencies
    request: Request,
    version: LoadedDep,
    against: AgainstDep,
    explainer: ExplainerDep,
    job: JobDep,
    layout: LayoutQuery = None,
) -> AsyncIterator[GivenSet]:
    del explainer  # an impossible parameter is an error before the upload is read

    def open_set() -> GivenSet:
        labels = version.manifest.labels
        labelled_set = Archive(upload.file, state.settings.set_limits()).labelled(labels, layout)
        corrected = None if upload.corrections is None else _correct(labelled_set, upload, upload.corrections, labels)
        return GivenSet(labelled_set, facts, corrected)

    state = request.app.state
    async with AsyncExitStack() as stack:
        async with job.limit():
            upload = await stack.enter_async_context(open_archive(request, state.files, state.settings))
            facts = ArchiveFacts(filename=upload.filename, bytes=upload.bytes, sha256=upload.sha256)
            given = await state.files.run_to_its_end(open_set)
            share = stack.enter_context(state.memory.share("evaluating the set"))
            await share.take(await state.files.run(evaluation_bytes, given.labelled_set, version, against))
        yield given


def _correct(labelled_set: LabelledSet, upload: Spooled, corrections: Upload, labels: Sequence[str]) -> CorrectedSet:
    """Apply the corrections that were sent with a set."""
    names = names_in(labelled_set, labels)
    read = read_corrections(corrections.filename or CORRECTIONS, corrections.take(), names)
    return correct_set(labelled_set, read, labels, above=PurePosixPath(upload.filename or "").stem)


LabelledSetDep = Annotated[GivenSet, Depends(_labelled_set)]
"""The labelled set that was sent, opened on disk until the response is sent."""
