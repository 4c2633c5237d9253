"""`X-Request-Timeout-Ms` and the service's own limits: what nobody waits for, or takes too long, is dropped."""

import asyncio
import json
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from app.lifecycle.registry import Registry
from tests.api.conftest import Serve
from tests.support.fakes import FakeEngine, grey, zip_of
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


async def stalled() -> AsyncIterator[bytes]:
    while True:
        yield b"PK"
        await asyncio.sleep(0.05)


@pytest.mark.parametrize("path", ["/evaluate", "/predict/batch"])
async def test_a_job_beyond_its_time_ends_and_its_place_is_free(serve: Serve, path: str) -> None:
    body = zip_of({f"dark/{number}.png": grey(number) for number in range(100)})
    headers = {"content-type": "application/zip"}
    engine = FakeEngine(delay_s=0.2)
    async with serve(engine=engine, max_job_seconds=1, max_evaluations=1, decode_threads=1) as client:
        problem = assert_problem(await client.post(path, content=body, headers=headers), "job-too-long")
        assert "FULLCOUNT_MAX_JOB_SECONDS" in problem["hint"]
        lines = await client.post(path, content=body, headers={**headers, "accept": "application/jsonl"})
        last = json.loads(lines.text.splitlines()[-1])
        assert (last.get("problem") or last["error"])["type"] == "/problems/job-too-long"
        assert_problem(await client.post(path, content=stalled(), headers=headers), "job-too-long")  # its upload counts
        assert client.app.state.jobs.taken == 0


@pytest.mark.parametrize("form", ["text/html", "comparison"])
async def test_work_on_stored_reports_ends_and_its_place_is_free(
    serve: Serve, form: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    body = zip_of({"dark/1.png": grey(1), "light/1.png": grey(250)})
    async with serve() as client:
        report = (await client.post("/evaluate", content=body, headers={"content-type": "application/zip"})).json()
    async with serve(max_job_seconds=1, max_evaluations=1, renders_here=False) as client:
        url = f"/evaluations/{report['id']}" + (f"/comparison?against={report['id']}" if form == "comparison" else "")
        if form == "comparison":
            monkeypatch.setattr("app.api.routes.reports.compare_reports", lambda *_: time.sleep(1.5))
        else:
            endless = tmp_path / "endless"
            endless.write_text("#!/bin/sh\nexec sleep 60\n")
            endless.chmod(0o755)
            monkeypatch.setattr(sys, "executable", str(endless))
        both = await asyncio.gather(*(client.get(url, headers={"accept": form}) for _ in range(2)))
        refused, ended = sorted(both, key=lambda response: response.status_code)
        assert_problem(refused, "overloaded")
        assert_problem(ended, "job-too-long")
        assert client.app.state.conversions.taken == client.app.state.memory.taken == 0
