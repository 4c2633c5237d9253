"""`/health/…`, `/metrics` and the pages about problems."""

import asyncio
import logging
from pathlib import Path

import pytest

from app.main import create_app
from app.problems import all_types
from app.settings import Settings
from tests.api.conftest import Client, Serve, loaded
from tests.support.fakes import FakeFactory, grey
from tests.support.problem_shape import assert_problem

POSTS = ("/predict", "/predict/batch", "/evaluate")
READS = ("/health/ready", "/models", "/models/shades", "/models/shades/versions/1", "/evaluations?model=shades")


async def test_while_models_load_the_process_is_live_and_not_ready(serve: Serve) -> None:
    factory = FakeFactory()
    factory.gate.clear()
    async with serve(make_engine=factory, wait=False) as client:
        assert (await client.get("/health/live")).json()["status"] == "live"
        for path in READS:
            assert_problem(await client.get(path), "not-ready", detail="The models are being loaded.")
        for path in POSTS:
            assert_problem(await client.post(path, content=grey(1)), "not-ready")
        factory.gate.set()
        await loaded()
        assert (await client.get("/health/ready")).json() == {"status": "ready", "models": {"shades": 1}}


async def test_a_model_that_cannot_be_loaded_is_told_to_the_server_and_to_who_asks(
    store: Path, caplog: pytest.LogCaptureFixture
) -> None:
    told = asyncio.Event()
    factory = FakeFactory()
    factory.fails_for = {1}
    app = create_app(Settings(store=store), make_engine=factory, on_load_failure=told.set)
    async with app.router.lifespan_context(app), Client(app) as client:
        await asyncio.wait_for(told.wait(), 5)
        problem = assert_problem(await client.get("/health/ready"), "not-ready")
        assert problem["detail"] == "The models could not be loaded; the log says why."
        assert (await client.get("/health/live")).status_code == 200
    assert "the models cannot be loaded: the fake engine does not load" in caplog.text


async def test_a_store_that_is_not_there_is_logged_as_a_sentence(
    serve: Serve, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with serve(store=tmp_path / "nowhere") as client:
        assert_problem(await client.get("/health/ready"), "not-ready")
    assert "cannot be read (No such file or directory)" in caplog.text
    assert "Traceback" not in caplog.text


async def test_requests_images_and_versions_are_counted(client: Client) -> None:
    await client.post("/predict", content=grey(1))
    await client.post("/predict", content=b"hello")
    response = await client.get("/metrics")
    assert response.headers["content-type"].startswith("text/plain; version=0.0.4")
    for line in (
        'fullcount_requests_total{method="POST",route="/predict",status="200"} 1.0',
        'fullcount_requests_total{method="POST",route="/predict",status="422"} 1.0',
        'fullcount_images_total{outcome="scored"} 1.0',
        'fullcount_images_total{outcome="not-an-image"} 1.0',
        'fullcount_loaded_version{device="cpu",engine="fake",model="shades",version="1"} 1.0',
        'fullcount_batch_size_bucket{le="1.0"} 1.0',
        "fullcount_requests_in_progress 1.0",
    ):
        assert line in response.text


@pytest.mark.parametrize("name", all_types())
async def test_every_type_of_problem_has_a_page(client: Client, name: str) -> None:
    response = await client.get(f"/problems/{name}")
    assert response.status_code == 200
    assert response.json()["type"] == f"/problems/{name}"


async def test_a_request_leaves_one_line_in_the_log_with_its_id(
    client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "app.access")
    await client.get("/health/live", headers={"x-request-id": "trace-7"})
    (line,) = [record.getMessage() for record in caplog.records if record.name == "app.access"]
    assert line.startswith("GET /health/live 200 ")
    assert line.endswith(" ms trace-7")
