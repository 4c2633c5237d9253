"""What a browser may do with each response: take it for what it says it is, and show it in no other site's page."""

import httpx
import pytest

from app.main import create_app
from app.settings import Settings
from tests.api.conftest import Client, Serve
from tests.support.fakes import grey, zip_of

STRICTEST = "default-src 'none'; frame-ancestors 'none'"
PLACES = {"model": "shades", "version": "1", "name": "not-found", "evaluation_id": "none", "place": "0"}
SET = zip_of({"dark/1.png": grey(1), "light/2.png": grey(204)})
PAGES = {"/", "/docs"}


UNDOCUMENTED = [
    *(("GET", path) for path in ("/", "/web/frame/page.js", "/web/none.js", "/docs", "/redoc", "/openapi.json")),
    *(("GET", path) for path in ("/nowhere", "/models/", "/health/ready/")),
    *(("HEAD", "/"), ("HEAD", "/docs"), ("DELETE", "/predict"), ("OPTIONS", "/models")),
]


def every_address() -> list[tuple[str, str]]:
    """Return the methods and paths of every route in the document, and of what is not in it."""
    document = create_app(Settings()).openapi()["paths"]
    return [(method.upper(), path) for path, item in document.items() for method in item] + UNDOCUMENTED


ADDRESSES = every_address()


def assert_safe(response: httpx.Response) -> str:
    """Check the headers, and return the policy."""
    head = response.headers
    assert head.get_list("x-content-type-options") == ["nosniff"]
    assert head.get_list("cross-origin-resource-policy") == ["same-origin"]
    assert head.get_list("referrer-policy") == ["no-referrer"]
    (policy,) = head.get_list("content-security-policy")
    assert policy.startswith(("default-src 'none'", "sandbox; default-src 'none'"))
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy.replace("style-src 'unsafe-inline'", "")
    return str(policy)


@pytest.mark.parametrize(("method", "path"), ADDRESSES, ids=[f"{m} {p}" for m, p in ADDRESSES])
async def test_every_response_may_be_read_and_nothing_else(client: Client, method: str, path: str) -> None:
    response = await client.request(method, path.format(**PLACES))
    policy = assert_safe(response)
    if path not in PAGES and not path.startswith("/web/"):
        assert policy == STRICTEST


@pytest.mark.parametrize("form", ["application/json", "application/jsonl", "text/html", "image/png", "text/csv"])
async def test_reports_are_safe_in_every_form(client: Client, form: str) -> None:
    made = await client.post("/evaluate", content=SET, headers={"accept": form, "content-type": "application/zip"})
    stored = (await client.get("/evaluations")).json()["evaluations"][0]["id"]
    read = await client.get(f"/evaluations/{stored}", headers={"accept": form})
    for response in (made, read):
        assert response.status_code == 200
        assert response.headers["content-type"].partition(";")[0] == form
        policy = assert_safe(response)
        assert policy.startswith("sandbox;" if form == "text/html" else STRICTEST)
    assert_safe(await client.get(f"/evaluations/{stored}/thumbnails/0"))


async def test_what_the_middleware_refuses_is_safe_as_well(serve: Serve) -> None:
    preflight = {"Origin": "https://lab.example", "Access-Control-Request-Method": "POST"}
    async with serve(allowed_hosts="lab.example", cors_origins="https://lab.example") as client:
        assert_safe(await client.options("/predict", headers={**preflight, "Host": "localhost"}))
        assert_safe(await client.options("/predict", headers={**preflight, "Origin": "https://evil.example"}))
        foreign_host = await client.get("/models", headers={"Host": "evil.example"})
        foreign_page = await client.post("/predict", content=grey(1), headers={"Origin": "https://evil.example"})
    assert (foreign_host.status_code, foreign_page.status_code) == (421, 403)
    assert_safe(foreign_host)
    assert_safe(foreign_page)
