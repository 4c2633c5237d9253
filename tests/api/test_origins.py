"""Another site's page reads nothing by a name bound to this address, and changes nothing."""

import pytest

from app.api.middleware.origins import is_own_host
from tests.api.conftest import Serve
from tests.support.fakes import grey
from tests.support.problem_shape import assert_problem

ANYWHERE = "0.0.0.0"  # noqa: S104  nothing listens
ELSEWHERE = "http://evil.example"
OWN_HOSTS = [
    "localhost",
    "localhost:8000",
    "vision.localhost",
    "127.0.0.1:8000",
    "10.0.0.7",
    "[::1]:8000",
    "LOCALHOST.",
    "fullcount:8000",
]
FOREIGN_HOSTS = [
    "evil.example",
    "evil.example:8000",
    "localhost.evil.example",
    "[::1",
    "a@localhost@b",
    "localhost/evil.example",
]


@pytest.mark.parametrize("host", OWN_HOSTS)
async def test_this_machine_answers_for_its_own_names_and_addresses(serve: Serve, host: str) -> None:
    async with serve() as client:
        assert (await client.get("/evaluations", headers={"host": host})).status_code == 200


@pytest.mark.parametrize("host", FOREIGN_HOSTS)
@pytest.mark.parametrize("path", ["/evaluations", "/", "/models/", "/openapi.json", "/nowhere"])
async def test_a_foreign_name_for_this_address_reads_nothing(serve: Serve, host: str, path: str) -> None:
    async with serve() as client:
        response = await client.get(path, headers={"host": host})
    assert_problem(response, "foreign-host")
    assert host in response.json()["detail"]
    assert "FULLCOUNT_ALLOWED_HOSTS" in response.json()["hint"]
    assert "location" not in response.headers


async def test_the_hint_names_a_foreign_host_as_the_setting_takes_it(serve: Serve) -> None:
    async with serve() as client:
        hint = (await client.get("/models", headers={"host": "vision.example:8000"})).json()["hint"]
        name = hint.removeprefix("If ").partition(" ")[0]
    async with serve(allowed_hosts=name) as client:
        assert (await client.get("/models", headers={"host": "vision.example:8000"})).status_code == 200


async def test_a_service_that_others_can_connect_to_answers_for_every_name(serve: Serve) -> None:
    async with serve(host=ANYWHERE) as client:
        assert (await client.get("/models", headers={"host": "vision.example"})).status_code == 200


async def test_below_the_path_of_a_proxy_the_proxy_chooses_the_name(serve: Serve) -> None:
    async with serve(root_path="/vision") as client:
        assert (await client.get("/models", headers={"host": "vision.example"})).status_code == 200


async def test_names_are_allowed_by_the_settings(serve: Serve) -> None:
    async with serve(host=ANYWHERE, allowed_hosts="Vision.example, *.example.org") as client:
        for host, status in {
            "vision.example": 200,
            "VISION.example:443": 200,
            "a.b.example.org": 200,
            "10.1.2.3": 200,  # as a probe asks
            "example.org": 421,
            "evil-example.org": 421,
            "x.vision.example": 421,
        }.items():
            assert (await client.get("/models", headers={"host": host})).status_code == status, host


def test_a_request_without_a_host_is_answered() -> None:
    assert is_own_host("", ())  # HTTP/1.0, which no browser speaks


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": ELSEWHERE},
        {"origin": "null"},
        {"origin": "http://["},
        {"origin": "http://localhost:9999"},
        {"sec-fetch-site": "cross-site"},
        {"origin": ELSEWHERE, "sec-fetch-site": "cross-site"},
        {"origin": "http://localhost", "sec-fetch-site": "cross-site"},
        {"origin": "http://other.localhost", "sec-fetch-site": "same-site"},
    ],
)
async def test_a_page_of_another_site_changes_nothing(serve: Serve, headers: dict[str, str]) -> None:
    async with serve() as client:
        for path in ("/evaluate", "/predict", "/predict/batch", "/nowhere"):
            response = await client.post(path, content=grey(204), headers=headers)
            assert_problem(response, "foreign-page")
        assert all(name in response.json()["hint"] for name in ("FULLCOUNT_CORS_ORIGINS", "X-Forwarded-Host"))
        assert (await client.get("/models", headers=headers)).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"origin": "http://localhost", "sec-fetch-site": "same-origin"},
        {"origin": "https://vision.example", "sec-fetch-site": "same-origin"},  # a proxy changes the host
        {"origin": "https://vision.example", "x-forwarded-host": "vision.example"},  # and plain HTTP has no other sign
        {"origin": "http://vision.example", "x-forwarded-host": "vision.example:80"},  # as nginx may write it
        {"origin": "http://localhost"},
        {"sec-fetch-site": "none"},
    ],
)
async def test_the_services_own_page_and_other_programs_may_ask(serve: Serve, headers: dict[str, str]) -> None:
    async with serve() as client:
        assert (await client.post("/predict", content=grey(204), headers=headers)).json()["label"] == "light"


@pytest.mark.parametrize("allowed", ["https://shop.example", "*"])
async def test_pages_that_the_settings_name_may_ask(serve: Serve, allowed: str) -> None:
    async with serve(cors_origins=allowed) as client:
        headers = {"origin": "https://shop.example", "sec-fetch-site": "cross-site"}
        assert (await client.post("/predict", content=grey(204), headers=headers)).status_code == 200


@pytest.mark.parametrize("host", ["evil.example/.localhost", "a@b.example.org", "e vil.localhost", "[::1.localhost"])
def test_a_malformed_name_is_nobodys(host: str) -> None:
    assert not is_own_host(host, ("*.example.org",))
