"""The page for people as it is sent: its files, their headers, and what it may do in a browser."""

import fnmatch
import re
import threading
import tomllib
from pathlib import Path

import pytest

from app.assets import MEDIA_TYPES, assets
from app.engines.base import Engine
from app.settings import Settings
from model_store.store import StoredVersion
from tests.api.conftest import Client, Serve
from tests.api.problem_shape import assert_problem
from tests.fakes import FakeEngine

ROOT = Path(__file__).parents[2]
WEB = ROOT / "app" / "web"
ADDRESSES = {"/": "index.html"} | {f"/web/{path.name}": path.name for path in sorted(WEB.iterdir())}
MOST_BYTES = 100_000


def read(name: str) -> str:
    return (WEB / name).read_text(encoding="utf-8")


def named_at_once(name: str) -> set[str]:
    """Return the files without which a file cannot be shown."""
    return set(re.findall(r'"(?:web|\.)/([\w-]+\.\w+)"(?!\))', read(name)))


SCRIPTS = sorted(path.name for path in WEB.glob("*.js"))


@pytest.mark.parametrize("address", ADDRESSES)
async def test_every_file_is_served_as_what_it_is_and_may_do_nothing_else(client: Client, address: str) -> None:
    response = await client.get(address)
    file = WEB / ADDRESSES[address]
    assert (response.status_code, response.content) == (200, file.read_bytes())
    assert response.headers["content-type"].partition(";")[0] == MEDIA_TYPES[file.suffix]
    assert response.headers["x-content-type-options"] == "nosniff"
    assert response.headers["cache-control"] == "no-cache"
    policy = dict(part.split(" ", 1) for part in response.headers["content-security-policy"].split("; "))
    assert policy == {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        "img-src": "'self' blob: data:",
        "connect-src": "'self'",
        "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": "'none'",
    }


async def test_a_file_that_the_client_has_is_not_sent_again(client: Client) -> None:
    etag = (await client.get("/")).headers["etag"]
    for known in (etag, f"W/{etag}", f'"other", {etag}', "*"):
        response = await client.get("/", headers={"if-none-match": known})
        assert (response.status_code, response.content, response.headers["etag"]) == (304, b"", etag)
    assert (await client.get("/", headers={"if-none-match": '"other"'})).status_code == 200


async def test_the_head_of_a_file_is_that_of_the_file(client: Client) -> None:
    for address in ("/", "/web/page.js"):
        head, get = await client.head(address), await client.get(address)
        assert head.status_code == 200
        assert head.headers["etag"] == get.headers["etag"]


@pytest.mark.parametrize("name", ["none.js", "%2e%2e", "%2e%2e%2fmain.py", "page.js%00", "__init__.py"])
async def test_nothing_but_its_files_can_be_had(client: Client, name: str) -> None:
    assert_problem(await client.get(f"/web/{name}"), "not-found")


async def test_the_page_is_there_while_models_are_being_loaded(serve: Serve) -> None:
    gate = threading.Event()

    def make(stored: StoredVersion, settings: Settings) -> Engine:
        del stored, settings
        gate.wait(10)
        return FakeEngine()

    async with serve(make_engine=make, wait=False) as client:
        assert_problem(await client.get("/health/ready"), "not-ready")
        assert (await client.get("/")).status_code == 200
        gate.set()


def test_every_file_travels_in_the_package_and_is_served() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    patterns = project["tool"]["setuptools"]["package-data"]["app.web"]
    for path in WEB.iterdir():
        assert any(fnmatch.fnmatch(path.name, pattern) for pattern in patterns), path
        assert path.name in assets()


def test_what_the_first_view_needs_is_small() -> None:
    needed: set[str] = set()
    new = {"index.html", "predict.js"}
    while new:
        needed |= new
        new = {one for name in new for one in named_at_once(name)} - needed
    assert {"page.css", "icon.svg", "answer.js", "texts.js"} <= needed
    assert sum(len(assets()[one].body) for one in needed) < MOST_BYTES


def test_nothing_is_inline() -> None:
    page = read("index.html")
    assert all("src=" in tag for tag in re.findall(r"<script[^>]*>", page))
    assert not re.search(r"<style|\bstyle=|\bon\w+=|javascript:", page)
    forbidden = r"innerHTML|outerHTML|insertAdjacentHTML|\beval\(|cssText|\bstyle: (?!\"percent\")"
    assert [one for one in SCRIPTS if re.search(forbidden, read(one))] == []


def test_no_file_names_another_host() -> None:
    for name in assets():
        hosts = set(re.findall(r"(?:https?:)?//([\w-]+\.[\w.-]+)", read(name)))
        assert hosts <= {"www.w3.org"}, name  # the name of SVG, which nobody asks for


def test_every_file_that_another_names_is_there() -> None:
    named = {one for name in assets() for one in named_at_once(name)}
    named |= {one for script in SCRIPTS for one in re.findall(r'"\./([\w.-]+)"\)', read(script))}
    assert named <= set(assets())
    assert set(assets()) - named == {"index.html"}  # nothing lies around


@pytest.mark.parametrize("name", SCRIPTS)
def test_every_script_is_checked_for_types_and_begins_with_what_it_is_for(name: str) -> None:
    first, second = read(name).splitlines()[:2]
    assert first == "// @ts-check"
    assert second.startswith("// ")
