"""`X-Request-Timeout-Ms` and the service's own limit: what nobody waits for any more is dropped."""

import asyncio

import pytest

from app.lifecycle.registry import Registry
from tests.api.conftest import Serve
from tests.support.fakes import FakeEngine, grey
from tests.support.problem_shape import assert_problem


@pytest.mark.parametrize(("allowed", "given"), [(0, "50"), (50, None), (60_000, "50"), (50, "60000")])
async def test_the_lesser_time_counts_and_the_work_is_dropped(serve: Serve, allowed: int, given: str | None) -> None:
    engine = FakeEngine()
    headers = {} if given is None else {"X-Request-Timeout-Ms": given}
    async with serve(engine=engine, predict_timeout_ms=allowed) as client:
        engine.gate.clear()
        engine.begun.clear()
        occupied = asyncio.create_task(
            client.post("/predict", content=grey(1), headers={"X-Request-Timeout-Ms": "30000"} if not allowed else {})
        )
        await asyncio.to_thread(engine.begun.wait)
        answer = await client.post("/predict", content=grey(2), headers=headers)
        problem = assert_problem(answer, "deadline-exceeded")
        assert "within 50 ms" in problem["detail"]
        registry: Registry = client.app.state.registry
        assert registry.waiting() == 0
        batches = len(engine.batches)
        engine.gate.set()
        await occupied
        assert (await client.post("/predict", content=grey(3))).status_code == 200
    assert len(engine.batches) == batches + 2  # the first and the last, nothing between


async def test_an_answer_in_time_is_an_answer(serve: Serve) -> None:
    async with serve(predict_timeout_ms=60_000) as client:
        answer = await client.post("/predict", content=grey(2), headers={"X-Request-Timeout-Ms": "30000"})
    assert answer.status_code == 200


@pytest.mark.parametrize("nonsense", ["0", "-1", "1.5", "soon", "", "86400001", "٣", "9" * 400])
async def test_what_is_no_time_is_refused(serve: Serve, nonsense: str) -> None:
    async with serve() as client:
        answer = await client.post("/predict", content=grey(2), headers={b"X-Request-Timeout-Ms": nonsense.encode()})
    assert_problem(answer, "invalid-parameter")


async def test_the_header_is_in_the_description_of_the_api(serve: Serve) -> None:
    async with serve() as client:
        paths = (await client.get("/openapi.json")).json()["paths"]
    names = [one["name"] for one in paths["/predict"]["post"]["parameters"]]
    assert sorted(names) == ["X-Request-Timeout-Ms", "explain", "model", "pixels", "top_k", "version"]
