"""Many clients at once, and clients that go."""

import asyncio
import threading
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from tests.api.conftest import Client, Serve
from tests.support.fakes import FakeEngine, grey, zip_of

ZIP = {"content-type": "application/zip"}
LEVELS = range(200)
PICTURES = {f"{level}.png": grey(level) for level in LEVELS}


def level_of(response: httpx.Response) -> int:
    probabilities: dict[str, float] = {one["label"]: one["probability"] for one in response.json()["predictions"]}
    return round(255 * probabilities["light"])


@pytest.fixture
async def busy(serve: Serve) -> AsyncIterator[tuple[Client, FakeEngine]]:
    """Serve with an engine that takes a millisecond a batch."""
    engine = FakeEngine(delay_s=0.001)
    async with serve(engine=engine, decode_threads=2) as client:
        yield client, engine


async def test_every_one_of_two_hundred_clients_gets_its_own_answer(busy: tuple[Client, FakeEngine]) -> None:
    client, engine = busy
    responses = await asyncio.gather(*(client.post("/predict", content=data) for data in PICTURES.values()))
    assert [level_of(response) for response in responses] == list(LEVELS)
    assert max(engine.batches) > 1


async def test_when_half_of_two_hundred_clients_go_the_other_half_are_answered_right(
    busy: tuple[Client, FakeEngine],
) -> None:
    client, _ = busy
    requests = [asyncio.create_task(client.post("/predict", content=data)) for data in PICTURES.values()]
    await asyncio.wait(requests, return_when=asyncio.FIRST_COMPLETED)
    for request in requests[1::2]:
        request.cancel()
    kept = await asyncio.gather(*requests[::2])
    assert [level_of(response) for response in kept] == list(LEVELS)[::2]
    await asyncio.gather(*requests, return_exceptions=True)
    (loaded,) = client.app.state.registry.loaded().values()
    assert loaded.batcher.waiting() == 0
    assert client.app.state.predictor._pipeline._undecoded == 0


async def test_single_images_are_answered_while_a_batch_is_under_way(busy: tuple[Client, FakeEngine]) -> None:
    client, engine = busy
    batch = asyncio.create_task(client.post("/predict/batch", content=zip_of(PICTURES), headers=ZIP))
    await asyncio.to_thread(engine.begun.wait)
    single = await client.post("/predict", content=grey(77))
    assert level_of(single) == 77
    assert not batch.done()
    assert (await batch).json()["succeeded"] == 200


async def test_evaluations_batches_and_single_images_together_are_all_right(busy: tuple[Client, FakeEngine]) -> None:
    client, _ = busy
    labelled = zip_of({f"{'dark' if level < 128 else 'light'}/{level}.png": grey(level) for level in LEVELS})
    evaluated, batch, *singles = await asyncio.gather(
        client.post("/evaluate", content=labelled, headers=ZIP),
        client.post("/predict/batch", content=zip_of(PICTURES), headers=ZIP),
        *(client.post("/predict", content=grey(level)) for level in range(50)),
    )
    assert evaluated.json()["confusion_matrix"]["counts"] == [[128, 0, 0], [0, 72, 0]]
    assert batch.json()["succeeded"] == 200
    assert [level_of(response) for response in singles] == list(range(50))


@pytest.mark.parametrize("accept", ["application/json", "application/jsonl"])
@pytest.mark.parametrize("path", ["/evaluate", "/predict/batch"])
async def test_a_client_that_goes_leaves_no_work_no_place_and_no_file_behind(
    serve: Serve, path: str, accept: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    headers = {**ZIP, "accept": accept}
    engine = FakeEngine()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    async with serve(engine=engine, max_evaluations=1) as client:
        engine.gate.clear()
        before = asyncio.all_tasks()
        data = zip_of({f"dark/{name}": picture for name, picture in PICTURES.items()})
        request = asyncio.create_task(client.post(path, content=data, headers=headers))
        await asyncio.to_thread(engine.begun.wait)
        request.cancel()
        await asyncio.gather(request, return_exceptions=True)
        assert asyncio.all_tasks() == before
        engine.gate.set()
        assert (await client.post(path, content=data, headers=headers)).status_code == 200
    assert not await asyncio.to_thread(lambda: list(tmp_path.glob("tmp*")))


async def test_after_the_end_no_task_and_no_thread_is_left(serve: Serve) -> None:
    before = asyncio.all_tasks()
    async with serve() as client:
        await asyncio.gather(*(client.post("/predict", content=grey(level)) for level in range(20)))
        await client.post("/evaluate", content=zip_of({"dark/1.png": grey(1)}), headers=ZIP)
    assert asyncio.all_tasks() == before
    ours = [one for one in threading.enumerate() if one.name.startswith(("engine", "loader", "decode", "file"))]
    for one in ours:
        await asyncio.to_thread(one.join, 5)
    assert not [one for one in ours if one.is_alive()]
