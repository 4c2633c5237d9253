"""The real server under hostile bodies, vanishing clients and SIGTERM: nobody else suffers, nothing hangs."""

import asyncio
import contextlib
import random
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from tests.e2e.conftest import Cells, Server, start_server, stop_server
from tests.support.fakes import grey, zip_of

ROUTES = {"/predict": "image/png", "/predict/batch": "application/zip", "/evaluate": "application/zip"}


def mutate(data: bytes, generator: random.Random) -> bytes:
    """Return bytes that were once sensible: cut, flipped, repeated, or never sensible at all."""
    kind = generator.randrange(4)
    if kind == 0:
        return generator.randbytes(generator.randrange(2000))
    changed = bytearray(data)
    if kind == 1:
        return bytes(changed[: generator.randrange(len(changed))])
    for _ in range(generator.randrange(1, 20)):
        changed[generator.randrange(len(changed))] = generator.randrange(256)
    return bytes(changed) * (2 if kind == 3 else 1)


@pytest.mark.parametrize("bodies", [200, pytest.param(1000, marks=pytest.mark.thorough)])
@pytest.mark.parametrize("route", ROUTES)
def test_hundreds_of_hostile_bodies_get_a_result_or_a_problem(route: str, bodies: int, server: Server) -> None:
    generator = random.Random(route)
    image = grey(90, size=(64, 64))
    seed = image if route == "/predict" else zip_of({f"set/label{i % 2}/{i}.png": grey(i * 20) for i in range(4)})
    before = server.resident_bytes()
    with server.client() as client:
        for _ in range(bodies):
            body = mutate(seed, generator)
            response = client.post(route, content=body, headers={"Content-Type": ROUTES[route]})
            assert response.status_code < 500 or response.status_code == 503, (response.text, body.hex())
            assert response.status_code == 200 or "detail" in response.json()
        assert client.post("/predict", content=image, headers={"Content-Type": "image/png"}).status_code == 200
    assert server.resident_bytes() - before < 100 * 2**20


async def test_half_of_200_clients_vanish_and_the_others_are_answered(server: Server, cells: Cells) -> None:
    images = list(cells.held_out.values())[:100]

    async def ask(client: httpx.AsyncClient, number: int) -> httpx.Response | None:
        request = client.post("/predict", content=images[number % 100], headers={"Content-Type": "image/png"})
        if number % 2:
            return await request
        with contextlib.suppress(TimeoutError, httpx.TransportError):  # gone half-way
            await asyncio.wait_for(request, timeout=0.01 * (number % 40))
        return None

    limits = httpx.Limits(max_connections=200)
    async with httpx.AsyncClient(base_url=server.url, timeout=120, limits=limits) as client:
        alone = [
            (await client.post("/predict", content=image, headers={"Content-Type": "image/png"})).json()
            for image in images
        ]
        answers = await asyncio.gather(*(ask(client, number) for number in range(200)))
    for number, answer in enumerate(answers):
        if number % 2:
            assert answer is not None
            assert answer.status_code == 200, answer.text
            assert answer.json()["label"] == alone[number % 100]["label"]
            assert answer.json()["probability"] == pytest.approx(alone[number % 100]["probability"], abs=1e-5)


async def test_sigterm_under_load_loses_no_accepted_request(store: Path, cells: Cells, tmp_path: Path) -> None:
    server = start_server(store, tmp_path / "server.log")
    images = list(cells.held_out.values())[:60]
    is_told_to_end = asyncio.Event()

    async def halves(image: bytes) -> AsyncIterator[bytes]:
        yield image[: len(image) // 2]
        await is_told_to_end.wait()
        yield image[len(image) // 2 :]

    async def ask(image: bytes) -> int:
        async with httpx.AsyncClient(base_url=server.url, timeout=120) as client:
            response = await client.post("/predict", content=halves(image), headers={"Content-Type": "image/png"})
            return response.status_code

    requests = [asyncio.create_task(ask(image)) for image in images]
    async with httpx.AsyncClient(base_url=server.url) as client:
        while "fullcount_requests_in_progress 61.0" not in (await client.get("/metrics")).text:
            await asyncio.sleep(0.01)
    server.process.send_signal(signal.SIGTERM)
    while "Shutting down" not in server.log.read_text():
        await asyncio.sleep(0.01)
    is_told_to_end.set()
    assert await asyncio.gather(*requests) == [200] * len(images)
    assert stop_server(server) == 0
