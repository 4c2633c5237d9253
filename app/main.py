"""The application. Its objects are all built and wired here, and nowhere else."""

import asyncio
import contextlib
import logging
import os
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from importlib.metadata import version

from fastapi import FastAPI
from prometheus_client import Gauge
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from app.api.middleware.browser_headers import BrowserHeaders
from app.api.middleware.origins import ANY, Origins, is_loopback
from app.api.middleware.request_context import EXPOSED_HEADERS, RequestContext
from app.api.middleware.root_path import RootPath
from app.api.problem_responses import install
from app.api.routes import evaluate, health, interpretation, models, page, predict, reports
from app.concurrency import FileThreads, Slots
from app.inference.engines.loading import EngineFactory, load_engine
from app.inference.predictor import Predictor
from app.lifecycle.registry import Registry
from app.memory.budget import MemoryBudget
from app.memory.limit import is_in_memory, memory_limit
from app.memory.watch import LEAST_BYTES, MemoryWatch
from app.observability.metrics import ServiceMetrics
from app.reports.evaluator import Evaluator
from app.reports.rendering.process import Renderer
from app.reports.storing import prepare_reports
from app.reports.summaries import Summaries
from app.settings import Settings, cores
from model_store.errors import FullcountError
from model_store.storage.reports import ReportStore
from model_store.store import ModelStore

_CLOSING_S = 1.0
"""Seconds for unloading the engines, after the grace period of the requests."""

_LOOK_EVERY_S = 1.0

log = logging.getLogger(__name__)


def create_app(
    settings: Settings,
    *,
    make_engine: EngineFactory = load_engine,
    on_load_failure: Callable[[], None] = lambda: None,
    memory: MemoryBudget | None = None,
) -> FastAPI:
    """Build the application; its lifespan loads the models.

    Args:
        settings: All settings; the environment is not read here.
        make_engine: Makes an engine from a stored version.
        on_load_failure: Called if a model cannot be loaded, after the reason was logged.
        memory: The budget of requests; default: what the process leaves of its limit once the models are loaded.
    """
    app = FastAPI(
        title="Fullcount",
        version=version("fullcount"),
        description="Image classification and its evaluation; every file is counted.",
        lifespan=_lifespan,
        docs_url=None,  # `page` has one that asks no other host
        redoc_url=None,
    )
    metrics = ServiceMetrics()
    app.state.settings = settings
    app.state.metrics = metrics
    app.state.make_engine = make_engine
    app.state.on_load_failure = on_load_failure
    app.state.memory = memory or MemoryBudget(LEAST_BYTES)
    app.state.watch = None if memory else MemoryWatch(app.state.memory, memory_limit(settings.memory_mib))
    app.state.reports = ReportStore(settings.store, settings.evaluations_dir)
    is_published = bool(settings.root_path) or not is_loopback(settings.host)  # if by a proxy, it chooses the name
    hosts = settings.allowed_hosts or ((ANY,) if is_published else ())
    app.add_middleware(Origins, hosts=hosts, pages=settings.cors_origins)
    app.add_middleware(
        RequestContext, metrics=metrics, body_timeout_s=settings.body_timeout_s, max_uploads=settings.max_uploads
    )
    if settings.root_path:
        app.add_middleware(RootPath, root_path=settings.root_path)
    if settings.cors_origins:  # outside the others, so that a page can read every problem
        app.add_middleware(
            CORSMiddleware,
            allow_origins=settings.cors_origins,
            allow_methods=("GET", "HEAD", "POST"),
            allow_headers=("*",),
            expose_headers=EXPOSED_HEADERS,
        )
    app.add_middleware(BrowserHeaders)  # last, so it is the outermost
    install(app)
    app.add_exception_handler(ClientDisconnect, _record_disconnected)
    made = [room.make_router(settings) for room in (predict, evaluate, interpretation)]
    for router in (*made, reports.router, models.router, health.router, page.router):
        app.include_router(router)
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Load the models while the server already answers `/health/live`, and unload them at the end."""
    settings: Settings = app.state.settings
    app.state.predictor = Predictor(settings, app.state.metrics, app.state.memory)
    app.state.spools_in_memory = is_in_memory(settings.spool_directory())
    app.state.files = FileThreads(settings.max_evaluations + 4)
    app.state.jobs = Slots("batches and evaluations in progress", settings.max_evaluations)
    app.state.interpretations = Slots("interpretations in progress", settings.max_evaluations)
    app.state.conversions = Slots("comparisons and renderings of reports in progress", settings.max_evaluations)
    app.state.report_reads = Slots("requests for stored reports in progress", settings.max_report_reads)
    app.state.summaries = Summaries(app.state.reports, app.state.files, app.state.memory)
    app.state.evaluator = Evaluator(
        app.state.predictor,
        app.state.files,
        app.state.reports,
        max_in_flight=settings.max_in_flight,
    )
    app.state.renderer = Renderer(at_once=max(1, cores() // 2))
    app.state.registry = Registry(ModelStore(settings.store), settings, app.state.make_engine, app.state.metrics)
    loading = asyncio.create_task(_load(app), name="load models")
    others = [
        asyncio.create_task(app.state.metrics.watch_loop(_levels(app)), name="watch the event loop"),
        asyncio.create_task(_watch_memory(app, loading), name="watch the memory"),
    ]
    if settings.fd is not None:  # one of several workers: until it is ready, the others answer, or connections wait
        others.append(asyncio.create_task(_end_with_the_parent(), name="watch the parent"))
        await asyncio.wait([loading])
    try:
        yield
    finally:
        for task in (loading, *others):
            task.cancel()
        await asyncio.gather(loading, *others, return_exceptions=True)
        await app.state.predictor.close()
        app.state.files.close()
        app.state.renderer.close()
        with contextlib.suppress(TimeoutError):  # the engine may still work for requests that were cancelled
            await asyncio.wait_for(app.state.registry.close(), _CLOSING_S)


def _levels(app: FastAPI) -> dict[Gauge, Callable[[], int]]:
    """Return what is observed from time to time, with the gauge that shows it."""
    metrics: ServiceMetrics = app.state.metrics
    memory: MemoryBudget = app.state.memory
    return {
        metrics.waiting: app.state.registry.waiting,
        metrics.memory_total: lambda: memory.total,
        metrics.memory_taken: lambda: memory.taken,
        metrics.memory_waiting: lambda: memory.waiting,
    }


async def _watch_memory(app: FastAPI, loading: "asyncio.Task[None]") -> None:
    await asyncio.wait([loading])
    if app.state.watch is not None:
        await app.state.watch.run(app.state.files)


async def _end_with_the_parent() -> None:
    """Stop as on SIGTERM when the process that started this one has ended."""
    parent = os.getppid()
    while os.getppid() == parent:  # noqa: ASYNC110  nothing signals the change
        await asyncio.sleep(_LOOK_EVERY_S)
    signal.raise_signal(signal.SIGTERM)


async def _load(app: FastAPI) -> None:
    registry: Registry = app.state.registry
    try:
        await registry.start()
    except FullcountError as error:  # an operator can fix it and needs no traceback
        log.error("the models cannot be loaded: %s %s", error, error.hint or "")  # noqa: TRY400
        app.state.on_load_failure()
        return
    except Exception:
        log.exception("the models cannot be loaded")
        app.state.on_load_failure()
        return
    if app.state.watch is not None:
        app.state.watch.begin()
    await app.state.files.run(prepare_reports, app.state.reports, list(registry.served()))


async def _record_disconnected(request: Request, error: Exception) -> Response:
    """Record a client that disconnected. The response is never sent; its status only labels the metric."""
    del request, error
    return Response(status_code=499)
