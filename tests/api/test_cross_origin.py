"""Pages of other origins: they may ask the service only if the settings name them."""

import pytest

from tests.api.conftest import Client, Serve
from tests.support.fakes import FakeEngine, grey

SHOP, LOCAL = "https://shop.example", "http://localhost:3000"
PREFLIGHT = {"access-control-request-method": "POST", "access-control-request-headers": "content-type,x-request-id"}


@pytest.mark.parametrize("origin", [SHOP, LOCAL])
async def test_a_named_origin_may_ask_and_read_the_answer(serve: Serve, origin: str) -> None:
    async with serve(cors_origins=f"{SHOP},{LOCAL}") as client:
        before = await client.options("/predict", headers={"origin": origin, **PREFLIGHT})
        assert (before.status_code, before.headers["access-control-allow-origin"]) == (200, origin)
        assert "POST" in before.headers["access-control-allow-methods"]
        assert before.headers["access-control-allow-headers"] == "content-type,x-request-id"
        response = await client.post("/predict", content=grey(204), headers={"origin": origin})
        assert (response.json()["label"], response.headers["access-control-allow-origin"]) == ("light", origin)
        assert "X-Request-ID" in response.headers["access-control-expose-headers"]
        assert "Origin" in response.headers["vary"]


async def test_every_problem_can_be_read_even_one_of_the_middleware(serve: Serve) -> None:
    async with serve(cors_origins=SHOP, max_uploads=1, engine=FakeEngine(fails_on=66)) as client:
        for content, status in ((b"broken", 422), (b"", 400), (grey(66), 500)):
            response = await client.post("/predict", content=content, headers={"origin": SHOP})
            assert (response.status_code, response.headers["access-control-allow-origin"]) == (status, SHOP)
        client.app.state.predictor.predict = None  # an error that nobody thought of
        response = await client.post("/predict", content=grey(1), headers={"origin": SHOP})
        assert (response.status_code, response.headers["access-control-allow-origin"]) == (500, SHOP)
        assert (await client.get("/nowhere", headers={"origin": SHOP})).headers["access-control-allow-origin"] == SHOP


@pytest.mark.parametrize("origin", ["https://evil.example", "https://shop.example.evil", "http://shop.example", "null"])
async def test_another_origin_is_allowed_nothing(serve: Serve, origin: str) -> None:
    async with serve(cors_origins=SHOP) as client:
        before = await client.options("/predict", headers={"origin": origin, **PREFLIGHT})
        after = await client.post("/predict", content=grey(204), headers={"origin": origin})
        assert before.status_code == 400
        assert "access-control-allow-origin" not in [*before.headers, *after.headers]


async def test_a_star_allows_every_origin(serve: Serve) -> None:
    async with serve(cors_origins="*") as client:
        response = await client.get("/models", headers={"origin": "https://any.example"})
        assert response.headers["access-control-allow-origin"] == "*"
        assert "access-control-allow-credentials" not in response.headers


async def test_a_page_may_ask_below_a_root_path(serve: Serve) -> None:
    async with serve(cors_origins=SHOP, root_path="/vision") as client:
        before = await client.options("/vision/predict", headers={"origin": SHOP, **PREFLIGHT})
        assert before.headers["access-control-allow-origin"] == SHOP


async def test_by_default_no_page_of_another_origin_may_ask(client: Client) -> None:
    before = await client.options("/predict", headers={"origin": SHOP, **PREFLIGHT})
    after = await client.get("/models", headers={"origin": SHOP})
    assert before.status_code == 405
    assert "access-control-allow-origin" not in [*before.headers, *after.headers]
