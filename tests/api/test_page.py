"""The page for people as it is sent: its files, their headers, and what it may do in a browser."""

import gzip
import posixpath
import re
import tomllib
from pathlib import Path, PurePosixPath

import httpx
import pytest

from app.api.assets import MEDIA_TYPES, assets
from tests.api.conftest import Client, Serve
from tests.support.fakes import FakeFactory
from tests.support.problem_shape import assert_problem

ROOT = Path(__file__).parents[2]
WEB = ROOT / "app" / "web"
FILES = sorted(path.relative_to(WEB).as_posix() for path in WEB.rglob("*") if path.is_file())
ADDRESSES = {"/": "index.html"} | {f"/web/{name}": name for name in FILES}
MAX_BYTES = 30_000


def read(name: str) -> str:
    return (WEB / name).read_text(encoding="utf-8")


def named_at_once(name: str) -> set[str]:
    """Return the files without which a file cannot be shown."""
    addresses = re.findall(r'"((?:web|\.{1,2})/[\w./-]+\.\w+)"(?![,)])', read(name))
    return {_below_web(name, address) for address in addresses}


def _below_web(name: str, address: str) -> str:
    """Return where an address that a file names leads, as a path below the folder of the page."""
    return posixpath.normpath(
        posixpath.join("" if name == "index.html" else posixpath.dirname(name), address)
    ).removeprefix("web/")


CODINGS = ("identity", "gzip")
SCRIPTS = [name for name in FILES if name.endswith(".js")]


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


async def received(client: Client, address: str, coding: str) -> tuple[httpx.Headers, bytes]:
    """Return the head and the bytes as they are sent."""
    async with client.stream("GET", address, headers={"accept-encoding": coding}) as response:
        return response.headers, b"".join([piece async for piece in response.aiter_raw()])


@pytest.mark.parametrize("address", ADDRESSES)
async def test_every_file_goes_compressed_to_who_takes_that(client: Client, address: str) -> None:
    whole = (WEB / ADDRESSES[address]).read_bytes()
    head, plain = await received(client, address, "identity")
    packed_head, packed = await received(client, address, "gzip")
    assert (plain, gzip.decompress(packed)) == (whole, whole)
    assert "content-encoding" not in head
    assert packed_head["content-encoding"] == "gzip"
    assert int(packed_head["content-length"]) == len(packed) < len(plain)
    assert packed[4:8] == bytes(4)  # no time: the same bytes in every process
    assert head["vary"] == packed_head["vary"] == "Accept-Encoding"
    assert head["etag"] != packed_head["etag"]


@pytest.mark.parametrize("coding", CODINGS)
async def test_a_file_that_the_client_has_is_not_sent_again(client: Client, coding: str) -> None:
    etags = {one: (await received(client, "/", one))[0]["etag"] for one in CODINGS}
    etag = etags.pop(coding)
    (other,) = etags.values()
    for known in (etag, f"W/{etag}", f"{other}, {etag}", "*"):
        response = await client.get("/", headers={"accept-encoding": coding, "if-none-match": known})
        assert (response.status_code, response.content, response.headers["etag"]) == (304, b"", etag)
        assert response.headers["vary"] == "Accept-Encoding"
        assert "content-encoding" not in response.headers
    response = await client.get("/", headers={"accept-encoding": coding, "if-none-match": other})
    assert response.status_code == 200


@pytest.mark.parametrize("coding", CODINGS)
async def test_the_head_of_a_file_is_that_of_the_file(client: Client, coding: str) -> None:
    client.headers["x-request-id"] = "1"
    for address in ("/", "/web/frame/page.js"):
        head = await client.head(address, headers={"accept-encoding": coding})
        assert head.status_code == 200
        assert head.headers == (await received(client, address, coding))[0]


async def test_answers_for_programs_are_not_compressed(client: Client) -> None:
    for address in ("/models", "/openapi.json", "/metrics"):
        head, _ = await received(client, address, "gzip")
        assert "content-encoding" not in head


@pytest.mark.parametrize("name", ["none.js", "%2e%2e", "%2e%2e%2fmain.py", "page.js%00", "__init__.py"])
async def test_nothing_but_its_files_can_be_had(client: Client, name: str) -> None:
    assert_problem(await client.get(f"/web/{name}"), "not-found")


async def test_the_page_is_there_while_models_are_being_loaded(serve: Serve) -> None:
    factory = FakeFactory()
    factory.gate.clear()
    async with serve(make_engine=factory, wait=False) as client:
        assert_problem(await client.get("/health/ready"), "not-ready")
        assert (await client.get("/")).status_code == 200
        factory.gate.set()


def test_every_file_travels_in_the_package_and_is_served() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    patterns = project["tool"]["setuptools"]["package-data"]["app"]
    for name in FILES:
        assert any(PurePosixPath("web", name).match(pattern) for pattern in patterns), name
        assert name in assets()


def test_what_the_first_view_needs_is_small() -> None:
    needed: set[str] = set()
    new = {"index.html", "predict/predict.js", "predict/predict.css"}
    while new:
        needed |= new
        new = {one for name in new for one in named_at_once(name)} - needed
    assert {"frame/page.css", "icon.svg", "predict/answer.js", "lib/texts.js"} <= needed
    assert {PurePosixPath(name).parts[0] for name in needed} == {"index.html", "icon.svg", "frame", "lib", "predict"}
    assert sum(len(assets()[one].gzipped.body) for one in needed) < MAX_BYTES
    assert 60_000 < sum(len(assets()[one].plain.body) for one in needed) < 80_000  # as docs/reference/http-api.md says
    texts = {name: len(assets()[name].plain.body) for name in FILES if name.endswith("/texts.js")}
    assert sum(size for name, size in texts.items() if name in needed) < 0.3 * sum(texts.values())


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
    in_calls = {name: re.findall(r'"(\.{1,2}/[\w./-]+\.\w+)"[,)]', read(name)) for name in SCRIPTS}
    named |= {_below_web(name, address) for name, found in in_calls.items() for address in found}
    assert named <= set(assets())
    assert set(assets()) - named == {"index.html"}  # nothing lies around


@pytest.mark.parametrize("name", SCRIPTS)
def test_every_script_is_checked_for_types_and_begins_with_what_it_is_for(name: str) -> None:
    first, second = read(name).splitlines()[:2]
    assert first == "// @ts-check"
    assert second.startswith("// ")
