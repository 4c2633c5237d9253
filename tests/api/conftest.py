"""A served application with the fake engine, driven in-process by httpx."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from app.main import create_app
from app.memory.budget import MemoryBudget
from app.reports.forms import Form
from app.reports.rendering.process import Renderer
from app.reports.rendering.render import render
from app.settings import Settings
from tests.support.fakes import FakeEngine, FakeFactory, publish


class Client(httpx.AsyncClient):
    """A client with the application it talks to at hand."""

    def __init__(self, app: FastAPI) -> None:
        super().__init__(
            transport=httpx.ASGITransport(app, raise_app_exceptions=False), base_url="http://localhost", timeout=10
        )
        self.app = app


class RendererHere(Renderer):
    """Renders in this process, which spares the start of another one and its imports."""

    async def render(self, form: Form, report: str, records: bytes) -> bytes:
        return await asyncio.to_thread(render, form, report, records)


Serve = Callable[..., AbstractAsyncContextManager[Client]]


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """Return a store with one version of one model."""
    publish(tmp_path / "store")
    return tmp_path / "store"


@pytest.fixture
def serve(store: Path) -> Serve:
    """Return a function that serves the store; keyword arguments are settings."""

    @asynccontextmanager
    async def serving(
        *,
        engine: FakeEngine | None = None,
        make_engine: Any = None,  # noqa: ANN401  of any type
        wait: bool = True,
        renders_here: bool = True,
        memory: MemoryBudget | None = None,
        **settings: Any,  # noqa: ANN401  of any type
    ) -> AsyncIterator[Client]:
        factory = make_engine or FakeFactory(engine)
        app = create_app(Settings(**{"store": store, **settings}), make_engine=factory, memory=memory)
        async with app.router.lifespan_context(app), Client(app) as client:
            if renders_here:
                app.state.renderer = RendererHere(at_once=1)
            if wait:
                await loaded()
            yield client

    return serving


async def loaded() -> None:
    """Wait until the models are loaded, or have failed to be."""
    await asyncio.gather(*(task for task in asyncio.all_tasks() if task.get_name() == "load models"))


@pytest.fixture
async def client(serve: Serve) -> AsyncIterator[Client]:
    """Return a client of the served store with default settings."""
    async with serve() as client:
        yield client
