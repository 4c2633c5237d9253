"""What requests hold in memory is taken from one budget: waited for, refused in words, and given back whatever happens.

The budget has 128 MiB. One share may have 96 of them; the rest is kept for those of at most 8.
"""

import asyncio
import io
import random
from collections.abc import AsyncGenerator, AsyncIterator, Callable

import pytest

from app.memory.budget import MemoryBudget
from tests.api.conftest import Client, Serve
from tests.support.fakes import FakeEngine, grey, zip_of
from tests.support.problem_shape import assert_problem

MIB = 2**20
PICTURE = grey(204)
LARGE = grey(204, size=(1800, 1800), compress_level=0)
ZIP = {"content-type": "application/zip"}
NEVER = {"content-length": str(97 * MIB)}


@pytest.fixture
def budget() -> MemoryBudget:
    return MemoryBudget(128 * MIB)


@pytest.fixture
async def client(serve: Serve, budget: MemoryBudget) -> AsyncIterator[Client]:
    async with serve(memory=budget, max_image_bytes=200 * MIB) as client:
        yield client
    assert (budget.taken, budget.waiting) == (0, 0)


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not condition():  # noqa: ASYNC110  nothing signals the change
            await asyncio.sleep(0.001)


async def unread() -> AsyncGenerator[bytes, None]:
    raise AssertionError
    yield b""


async def endless() -> AsyncGenerator[bytes, None]:
    while True:
        yield bytes(MIB)


async def test_a_body_that_never_has_room_is_refused_unread_by_the_name_of_the_setting(client: Client) -> None:
    response = await client.post("/predict", content=unread(), headers=NEVER)
    assert_problem(response, "too-much-memory")
    assert response.json()["detail"] == "The upload takes 97 MiB, more than the 96 MiB there are."
    assert "FULLCOUNT_MEMORY_MIB" in response.json()["hint"]


async def test_a_body_of_unknown_length_is_refused_when_it_is_too_long(client: Client) -> None:
    assert_problem(await client.post("/predict", content=endless()), "too-much-memory")


@pytest.mark.parametrize("piece", [100_000, 3 * MIB])
async def test_a_body_in_pieces_is_put_together_whether_or_not_it_declares_its_length(
    client: Client, piece: int
) -> None:
    async def pieces() -> AsyncGenerator[bytes, None]:
        for start in range(0, len(LARGE), piece):
            yield LARGE[start : start + piece]

    whole = (await client.post("/predict", content=LARGE)).json()
    assert whole["image"]["width"] == 1800
    assert (await client.post("/predict", content=pieces())).json() == whole
    declared = {"content-length": str(len(LARGE))}
    assert (await client.post("/predict", content=pieces(), headers=declared)).json() == whole


async def test_a_large_body_waits_for_room_and_a_small_one_does_not(client: Client, budget: MemoryBudget) -> None:
    with budget.share("others") as others:
        assert others.take_if_free(90 * MIB)
        large = asyncio.create_task(client.post("/predict", content=LARGE))
        await until(lambda: budget.waiting == 1)
        assert (await client.post("/predict", content=PICTURE)).status_code == 200
        assert not large.done()
        others.give_back()
        assert (await large).status_code == 200


async def test_who_goes_while_waiting_leaves_nothing_behind(client: Client, budget: MemoryBudget) -> None:
    with budget.share("others") as others:
        assert others.take_if_free(90 * MIB)
        large = asyncio.create_task(client.post("/predict", content=LARGE))
        await until(lambda: budget.waiting == 1)
        large.cancel()
        await until(lambda: budget.waiting == 0)
        assert budget.taken == 90 * MIB


async def test_if_many_wait_already_a_further_one_gets_503_at_once(client: Client, budget: MemoryBudget) -> None:
    with budget.share("others") as others:
        assert others.take_if_free(90 * MIB)
        waiting = [asyncio.create_task(client.post("/predict", content=LARGE)) for _ in range(64)]
        await until(lambda: budget.waiting == 64)
        response = await client.post("/predict", content=LARGE)
        assert_problem(response, "overloaded")
        assert int(response.headers["retry-after"]) > 0
        for one in waiting:
            one.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)


async def test_a_body_that_declares_its_length_takes_it_when_the_first_mebibyte_has_come(
    client: Client, budget: MemoryBudget
) -> None:
    goes_on = asyncio.Event()

    async def halting() -> AsyncGenerator[bytes, None]:
        yield LARGE[:MIB]
        assert budget.taken == MIB
        yield LARGE[MIB : MIB + 1]
        assert budget.taken == len(LARGE)
        goes_on.set()
        yield LARGE[MIB + 1 :]

    response = await client.post("/predict", content=halting(), headers={"content-length": str(len(LARGE))})
    assert (response.status_code, goes_on.is_set()) == (200, True)


@pytest.mark.parametrize(
    "sent",
    [
        {"content": PICTURE[:60]},
        {"content": b""},
        {"content": LARGE, "headers": {"content-type": "text/html"}},
        {"files": {"other": LARGE}},
        {"files": {"file": grey(204, size=(300, 300), compress_level=0)[:200_000]}},
        {"files": {"file": LARGE}, "params": {"top_k": 9}},
    ],
)
async def test_a_request_that_fails_gives_its_memory_back(
    client: Client, budget: MemoryBudget, sent: dict[str, object]
) -> None:
    assert (await client.post("/predict", **sent)).is_client_error  # type: ignore[arg-type]
    assert budget.taken == 0


def form_of(*sizes: int) -> list[tuple[str, io.BytesIO]]:
    return [("files", io.BytesIO(PICTURE + bytes(size))) for size in sizes]  # sent in pieces


async def held_by_a_batch(serve: Serve, budget: MemoryBudget, *, is_tmpfs: bool = False, **sent: object) -> int:
    """Return what a batch holds while its first picture is computed."""
    engine = FakeEngine()
    async with serve(engine=engine, memory=budget, max_in_flight=1) as client:
        client.app.state.spools_in_memory = is_tmpfs
        engine.gate.clear()
        request = asyncio.create_task(client.post("/predict/batch", **sent))  # type: ignore[arg-type]
        assert await asyncio.to_thread(engine.begun.wait, 10)
        held = budget.taken
        request.cancel()
        engine.gate.set()
        await asyncio.gather(request, return_exceptions=True)
    assert budget.taken == 0
    return held


def zipped(size: int) -> bytes:
    return zip_of({"1.png": PICTURE, "2.bin": random.Random(size).randbytes(size)})


async def test_files_on_disk_take_no_memory(serve: Serve, budget: MemoryBudget) -> None:
    assert await held_by_a_batch(serve, budget, files=form_of(0, 60 * MIB)) < MIB
    assert await held_by_a_batch(serve, budget, content=zipped(10 * MIB), headers=ZIP) < MIB


async def test_many_small_files_of_a_form_stay_in_memory_and_count(serve: Serve, budget: MemoryBudget) -> None:
    held = await held_by_a_batch(serve, budget, files=form_of(*[60 * 1024] * 200))
    assert 200 * 60 * 1024 < held < 200 * 61 * 1024 + MIB


async def test_if_the_directory_for_uploads_is_in_memory_its_files_count(serve: Serve, budget: MemoryBudget) -> None:
    assert 10 * MIB <= await held_by_a_batch(serve, budget, is_tmpfs=True, files=form_of(0, 10 * MIB)) < 11 * MIB
    archive = zipped(10 * MIB)
    held = await held_by_a_batch(serve, budget, is_tmpfs=True, content=archive, headers=ZIP)
    assert len(archive) <= held < len(archive) + MIB


@pytest.mark.parametrize("kind", ["application/zip", "multipart/form-data; boundary=x"])
async def test_what_never_fits_into_such_a_directory_is_refused_unread(client: Client, kind: str) -> None:
    client.app.state.spools_in_memory = True
    response = await client.post("/predict/batch", content=unread(), headers=NEVER | {"content-type": kind})
    assert_problem(response, "too-much-memory")


async def test_a_file_of_corrections_counts(client: Client, budget: MemoryBudget) -> None:
    corrections = b"path,label\n" + b"light/1.png,dark\n" * 500_000
    files = {"file": zip_of({"light/1.png": PICTURE}), "corrections": corrections}
    request = asyncio.create_task(client.post("/evaluate", files=files))
    await until(lambda: len(corrections) <= budget.taken < len(corrections) + MIB)
    assert (await request).status_code in {200, 422}


async def test_the_metrics_show_the_budget(client: Client, budget: MemoryBudget) -> None:
    with budget.share("others") as others:
        assert others.take_if_free(90 * MIB)
        await asyncio.sleep(0.1)
        text = (await client.get("/metrics")).text
    shown = dict(line.split() for line in text.splitlines() if line.startswith("fullcount_memory_"))
    assert {name: float(value) for name, value in shown.items()} == {
        "fullcount_memory_total_bytes": 128 * MIB,
        "fullcount_memory_taken_bytes": 90 * MIB,
        "fullcount_memory_waiting_requests": 0,
    }
