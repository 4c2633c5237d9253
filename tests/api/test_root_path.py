"""The service below a path of a proxy, which strips the path from what it forwards or does not."""

import re
from collections.abc import AsyncIterator

import pytest

from tests.api.conftest import Client, Serve
from tests.support.fakes import grey

STRIPPED, LEFT = "", "/lab/vision"
ROOT_PATH = "/lab/vision"


@pytest.fixture
async def below(serve: Serve) -> AsyncIterator[Client]:
    """Return a client of a service that knows its root path."""
    async with serve(root_path=ROOT_PATH, allowed_hosts="inner") as client:
        yield client


@pytest.mark.parametrize("prefix", [STRIPPED, LEFT])
async def test_routes_are_found_whether_the_proxy_strips_the_path_or_not(below: Client, prefix: str) -> None:
    assert (await below.post(f"{prefix}/predict", content=grey(204))).json()["label"] == "light"
    assert (await below.get(f"{prefix}/models")).json()["models"][0]["model"] == "shades"
    assert (await below.get(f"{prefix}/health/ready")).status_code == 200
    assert 'route="/predict",status="200"' in (await below.get(f"{prefix}/metrics")).text
    assert (await below.get(f"{prefix}/nowhere")).json()["detail"] == "The path '/lab/vision/nowhere' does not exist."


@pytest.mark.parametrize("prefix", [STRIPPED, LEFT])
async def test_the_documentation_asks_below_the_path(below: Client, prefix: str) -> None:
    page = await below.get(f"{prefix}/docs")
    assert set(re.findall(r'href="([^"#]+)"', page.text)) == {"data:,", "openapi.json", "./"}
    assert (await below.get(f"{prefix}/redoc")).headers["location"] == "docs"
    assert (await below.get(f"{prefix}/openapi.json")).json()["servers"] == [{"url": ROOT_PATH}]


@pytest.mark.parametrize("prefix", [STRIPPED, LEFT])
@pytest.mark.parametrize(
    ("method", "asked", "place"),
    [
        ("POST", "/predict/", "/predict"),
        ("POST", "/predict/batch/?top_k=1", "/predict/batch?top_k=1"),
        ("GET", "/models/", "/models"),
        ("GET", "/health/ready/", "/health/ready"),
        ("GET", "/docs/", "/docs"),
    ],
)
async def test_a_redirect_stays_below_the_path_and_on_the_proxys_host(
    below: Client, prefix: str, method: str, asked: str, place: str
) -> None:
    response = await below.request(method, f"{prefix}{asked}", headers={"host": "inner:8000"})
    assert (response.status_code, response.headers["location"]) == (307, f"{ROOT_PATH}{place}")


async def test_the_path_without_a_slash_leads_to_the_page(below: Client) -> None:
    response = await below.get(LEFT)
    assert (response.status_code, response.headers["location"]) == (307, f"{ROOT_PATH}/")


@pytest.mark.parametrize("address", ["/", f"{LEFT}/"])
async def test_the_pages_addresses_are_relative_to_the_path(below: Client, address: str) -> None:
    response = await below.get(address)
    assert re.findall(r'<base href="([^"]*)">', response.text) == [f"{ROOT_PATH}/"]
    assert response.text.index("<base") < response.text.index('href="web/')
    assert "base-uri 'self'" in response.headers["content-security-policy"]
    for file in re.findall(r'(?:href|src)="(web/[^"]+)"', response.text):
        for prefix in (STRIPPED, LEFT):
            assert (await below.get(f"{prefix}/{file}")).status_code == 200
    known = await below.get(address, headers={"if-none-match": response.headers["etag"]})
    assert known.status_code == 304


async def test_a_path_that_only_begins_alike_is_not_below(below: Client) -> None:
    problem = (await below.get("/lab/visions/models")).json()
    assert problem["detail"] == "The path '/lab/vision/lab/visions/models' does not exist."


async def test_a_foreign_host_in_the_path_is_never_redirected_to(below: Client) -> None:
    for path in ("//evil.example/", "//evil.example/predict/"):
        response = await below.get(path)
        assert response.headers.get("location", ROOT_PATH).startswith(ROOT_PATH)


async def test_without_a_root_path_nothing_changes(client: Client) -> None:
    assert "servers" not in (await client.get("/openapi.json")).json()
    assert "<base" not in (await client.get("/")).text
    assert (await client.get("/vision/models")).status_code == 404
