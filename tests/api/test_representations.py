"""A report in every form that `Accept` can ask for, as it is made and when it is found again."""

import asyncio
import csv
import io
import json
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from starlette.concurrency import run_in_threadpool

from app.reports.rendering.process import Renderer
from tests.api.conftest import Client, Serve
from tests.support.fakes import grey, zip_of
from tests.support.problem_shape import assert_problem

ZIP = {"content-type": "application/zip"}
FILES = {
    "dark/1.png": grey(3),
    "dark/2.png": grey(240),
    "light/3.png": grey(250),
    "light/x.png": b"\x89PNG",
    "a.txt": b"",
}


async def evaluate(client: Client, accept: str = "application/json") -> Any:  # noqa: ANN401  httpx's
    response = await client.post("/evaluate", content=zip_of(FILES), headers={**ZIP, "accept": accept})
    assert response.status_code == 200, response.text
    assert response.headers["vary"] == "Accept"
    return response


@pytest.fixture
async def apart(serve: Serve) -> AsyncIterator[Client]:
    """Return a client of a service that renders in processes of their own, as it does outside the tests."""
    async with serve(renders_here=False) as client:
        yield client


def check_form(accept: str, content: bytes) -> None:
    """Assert that bytes are a report of `FILES` in a form."""
    if accept == "image/png":
        with Image.open(io.BytesIO(content)) as picture:
            assert picture.format == "PNG"
        return
    text = content.decode()
    if accept == "text/html":
        assert text.startswith("<!doctype html>")
        assert "4 files = 3 scored + 1 unreadable" in text
        assert "data:image/jpeg;base64," in text  # the mistake, dark/2.png
    else:
        fates = [line["fate"] for line in csv.DictReader(io.StringIO(text, newline=""))]
        assert sorted(fates) == ["ignored", "scored", "scored", "scored", "unreadable"]


@pytest.mark.parametrize("accept", ["text/html", "image/png", "text/csv"])
async def test_a_report_is_made_and_found_again_in_the_form_asked_for(apart: Client, accept: str) -> None:
    made = await evaluate(apart, accept)
    assert made.headers["content-type"].partition(";")[0] == accept
    assert "inference;dur=" in made.headers["server-timing"]
    check_form(accept, made.content)
    (listed,) = (await apart.get("/evaluations")).json()["evaluations"]
    again = await apart.get(f"/evaluations/{listed['id']}", headers={"accept": accept})
    assert again.status_code == 200
    assert again.headers["content-type"].partition(";")[0] == accept
    check_form(accept, again.content)


async def test_a_stored_report_can_be_asked_for_as_lines(client: Client) -> None:
    report = (await evaluate(client)).json()
    response = await client.get(f"/evaluations/{report['id']}", headers={"accept": "application/jsonl"})
    assert [json.loads(line) for line in response.text.splitlines()] == [{"event": "report", "report": report}]


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        ("text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8", "text/html"),
        ("*/*", "application/json"),
        ("", "application/json"),
        ("application/xml", "application/json"),
        ("image/*", "image/png"),
        ("text/csv;q=0.9, text/html;q=0.2, application/json;q=0.1", "text/csv"),
    ],
)
async def test_the_form_is_the_one_that_accept_prefers(client: Client, accept: str, expected: str) -> None:
    report = (await evaluate(client)).json()
    response = await client.get(f"/evaluations/{report['id']}", headers={"accept": accept})
    assert response.headers["content-type"].partition(";")[0] == expected


async def test_where_nothing_is_stored_every_form_is_there_all_the_same(serve: Serve, store: Path) -> None:
    (store / "shades" / "evaluations").write_text("a file in the way")
    async with serve() as client:
        for accept in ("text/html", "image/png", "text/csv"):
            check_form(accept, (await evaluate(client, accept)).content)


async def test_a_report_kept_without_records_has_no_table_and_says_so(client: Client, store: Path) -> None:
    report = (await evaluate(client)).json()
    (path,) = await run_in_threadpool(lambda: list(store.rglob(f"{report['id']}.npz")))
    path.unlink()
    for accept in ("text/csv", "text/html"):
        response = await client.get(f"/evaluations/{report['id']}", headers={"accept": accept})
        assert_problem(response, "records-missing")
    assert (await client.get(f"/evaluations/{report['id']}", headers={"accept": "image/png"})).status_code == 200


async def test_damaged_records_are_a_problem_of_this_service(
    apart: Client, store: Path, caplog: pytest.LogCaptureFixture
) -> None:
    report = (await evaluate(apart)).json()
    (path,) = await run_in_threadpool(lambda: list(store.rglob(f"{report['id']}.npz")))
    path.write_bytes(b"no records")
    response = await apart.get(f"/evaluations/{report['id']}", headers={"accept": "text/csv"})
    assert_problem(response, "model-unusable")
    assert "its records cannot be read" in caplog.text
    assert (await apart.get(f"/evaluations/{report['id']}")).json() == report


async def test_a_report_that_is_another_document_cannot_be_rendered(
    apart: Client, store: Path, caplog: pytest.LogCaptureFixture
) -> None:
    report = (await evaluate(apart)).json()
    (path,) = await run_in_threadpool(lambda: list(store.rglob(f"{report['id']}.json")))
    path.write_text('{"a": 1}')
    response = await apart.get(f"/evaluations/{report['id']}", headers={"accept": "text/csv"})
    assert_problem(response, "rendering-failed")
    assert "could not be rendered as csv" in caplog.text
    path.write_text('{"a": 1')
    for accept in ("text/csv", "application/json", "application/jsonl"):
        response = await apart.get(f"/evaluations/{report['id']}", headers={"accept": accept})
        assert_problem(response, "model-unusable")


async def test_a_report_that_takes_more_memory_than_there_is_is_sent_as_it_is(client: Client) -> None:
    report = (await evaluate(client)).json()
    client.app.state.memory.resize(1000)
    for url in (f"/evaluations/{report['id']}", f"/evaluations/{report['id']}/comparison?against={report['id']}"):
        assert_problem(await client.get(url, headers={"accept": "text/html"}), "too-much-memory")
    assert (await client.get(f"/evaluations/{report['id']}")).json() == report


async def test_a_stored_report_is_sent_as_it_lies_there_and_only_once(client: Client, store: Path) -> None:
    report = (await evaluate(client)).json()
    (path,) = await run_in_threadpool(lambda: list(store.rglob(f"{report['id']}.json")))
    text = json.dumps(json.loads(path.read_text()), indent=2, ensure_ascii=False)
    path.write_text(text)  # edited by hand
    url = f"/evaluations/{report['id']}"
    sent = await client.get(url)
    assert (sent.text, sent.headers["content-length"]) == (text, str(len(text.encode())))
    again = await client.get(url, headers={"if-none-match": sent.headers["etag"]})
    assert (again.status_code, again.text) == (304, "")
    lines = await client.get(url, headers={"accept": "application/jsonl", "if-none-match": sent.headers["etag"]})
    assert [json.loads(line) for line in lines.text.splitlines()] == [{"event": "report", "report": report}]
    path.write_text(text + "\n")
    assert (await client.get(url, headers={"if-none-match": sent.headers["etag"]})).status_code == 200


async def test_who_goes_while_a_report_is_rendered_ends_the_process(monkeypatch: pytest.MonkeyPatch) -> None:
    renderer = Renderer(at_once=1)
    monkeypatch.setattr(sys, "executable", "/bin/sleep-is-not-python")
    with pytest.raises(FileNotFoundError):
        await renderer.render("csv", "{}", b"")
    monkeypatch.undo()
    waiting = [asyncio.create_task(renderer.render("html", "{}", b"")) for _ in range(3)]
    await asyncio.sleep(0.05)
    for task in waiting:
        task.cancel()
    assert [type(one) for one in await asyncio.gather(*waiting, return_exceptions=True)] == [asyncio.CancelledError] * 3
    assert not renderer._places.locked()
    renderer.close()


async def test_files_that_one_looks_at_first_have_thumbnails(client: Client) -> None:
    report = (await evaluate(client)).json()
    url = f"/evaluations/{report['id']}/thumbnails"
    assert (await client.get(url)).json() == {"places": [0, 1, 2], "maps": {}}
    response = await client.get(f"{url}/1")
    assert response.headers["content-type"] == "image/jpeg"
    with Image.open(io.BytesIO(response.content)) as picture:
        assert picture.convert("L").getextrema() == (240, 240)  # dark/2.png
    assert_problem(await client.get(f"{url}/3"), "thumbnail-not-found")  # it could not be read
    assert_problem(await client.get(f"{url}/-1"), "thumbnail-not-found")
    assert_problem(await client.get(f"{url}/x"), "invalid-parameter")
    assert_problem(await client.get("/evaluations/none/thumbnails"), "evaluation-not-found")


async def test_each_cell_has_thumbnails_the_biggest_mistakes_first(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.reports.thumbnails.MAX_IN_A_CELL", 2)
    levels = (2, 90, 100, 250, 130, 200)
    archive = zip_of({f"dark/{number}.png": grey(level) for number, level in enumerate(levels)})
    report = (await client.post("/evaluate", content=archive, headers=ZIP)).json()
    assert report["confusion_matrix"]["counts"][0] == [3, 3, 0]
    places = (await client.get(f"/evaluations/{report['id']}/thumbnails")).json()["places"]
    suspects = {int(one["path"].removeprefix("dark/").removesuffix(".png")) for one in report["mislabelled"]}
    least_sure, worst = {1, 2}, {3, 5}
    assert set(places) == least_sure | worst | suspects


async def test_thumbnails_of_a_report_kept_without_records_are_missing(client: Client, store: Path) -> None:
    report = (await evaluate(client)).json()
    (path,) = await run_in_threadpool(lambda: list(store.rglob(f"{report['id']}.npz")))
    path.write_bytes(b"no records")
    assert_problem(await client.get(f"/evaluations/{report['id']}/thumbnails"), "model-unusable")
    path.unlink()
    assert_problem(await client.get(f"/evaluations/{report['id']}/thumbnails"), "records-missing")
