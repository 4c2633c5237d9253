"""A server that two versions of a model are served by, a report of it, and what people do with a report in the page."""

import csv
import io
import re
from collections.abc import Iterator
from itertools import cycle
from typing import Any, Final

import httpx
import numpy as np
import pytest
from playwright.sync_api import FilePayload, Locator, Page, Route, expect

from tests.browser.conftest import Open, Visit
from tests.process.test_server import Server, started
from tests.support.fakes import grey, publish, zip_of

MODEL: Final = "solar-cells"
LABELS: Final = ("functional", "defective")
THRESHOLD: Final = 0.42
HOSTILE: Final = ('<img src=x onerror="alert(1)">', 'a, "b"', "=1+1", "\u202edir", "日本語", "x" * 120)
WAIT_MS: Final = 60_000
"""For what a process of its own makes: a table, a page, a picture."""


def labelled_zip() -> bytes:
    """Make 158 image files, one of them broken, some with hostile names, one under no label of the model."""
    dice = np.random.default_rng(5)
    names = cycle(("cell", *HOSTILE))
    files = {"test/": b"", "test/notes.txt": b"none", "__MACOSX/._x.png": b"none"}
    for number in range(156):
        folder, level = ("functional", 80) if number < 84 else ("Defective", 165)
        name = next(names) if number % 12 == 0 else "cell"
        shade = level if name != "cell" else int(np.clip(dice.normal(level, 40), 0, 255))
        files[f"test/{folder}/{name}{number}.png"] = grey(shade)
    files["test/stranger/1.png"] = grey(130)
    files["test/functional/broken.png"] = grey(9)[:40]
    return zip_of(files)


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Serve two versions of a model with a positive label, slowly enough to be watched."""
    store = tmp_path_factory.mktemp("store")
    publish(store, MODEL, labels=LABELS, positive="defective", threshold=0.5)
    publish(store, MODEL, labels=LABELS, positive="defective", threshold=THRESHOLD)
    with started(store, FAKE_DELAY_S="0.06") as server:
        server.wait_for("is ready")
        yield server


@pytest.fixture(scope="session")
def report(server: Server) -> dict[str, Any]:
    """Evaluate once, for the tests that look at a report."""
    form = {"file": ("cells.zip", labelled_zip())}
    answer = httpx.post(f"{server.url}/evaluate?against=1", files=form, timeout=60)
    body: dict[str, Any] = answer.raise_for_status().json()
    return body


@pytest.fixture(scope="session")
def rows(server: Server, report: dict[str, Any]) -> list[dict[str, str]]:
    """Return the report's table."""
    text = httpx.get(f"{server.url}/evaluations/{report['id']}", headers={"Accept": "text/csv"}, timeout=60).text
    return list(csv.DictReader(io.StringIO(text, newline="")))


@pytest.fixture(scope="session")
def rendered(server: Server, report: dict[str, Any]) -> dict[str, bytes]:
    """Return the report's table and page by media type: each is made by a process of its own, which takes seconds."""
    url = f"{server.url}/evaluations/{report['id']}"
    return {
        form: httpx.get(url, headers={"Accept": form}, timeout=60).raise_for_status().content
        for form in ("text/csv", "text/html")
    }


@pytest.fixture
def open_report(server: Server, report: dict[str, Any], rendered: dict[str, bytes], open_page: Open) -> Open:
    """Return a function that opens the report by its link, and waits for the answers for each file.

    Unless it is to be `rendered_anew`, the page gets its other forms as they were rendered once.
    """

    def answer(route: Route) -> None:
        form = route.request.headers["accept"]
        if form in rendered:
            route.fulfill(body=rendered[form], content_type=f"{form}; charset=utf-8")
        else:
            route.fallback()

    def visit(part: str = "", *, rendered_anew: bool = False, **look: Any) -> Visit:  # noqa: ANN401
        def prepare(page: Page) -> None:
            if not rendered_anew:
                page.route(f"**/evaluations/{report['id']}", answer)

        seen = open_page(f"{server.url}/#/evaluations/{report['id']}{part}", prepare=prepare, **look)
        expect(seen.page.get_by_role("slider", name="Threshold")).to_be_enabled(timeout=WAIT_MS)
        return seen

    return visit


def choose(page: Page, data: bytes, name: str = "cells.zip") -> None:
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Choose a zip").click()
    chooser.value.set_files(FilePayload(name=name, mimeType="application/zip", buffer=data))


def cell(page: Page, given: str, predicted: str) -> Locator:
    said = f"{given}, unreadable" if predicted == "unreadable" else f"{given}, predicted {predicted}"
    return page.locator(f'[role=gridcell] button[aria-label$="{said}"]')  # names by role take seconds in a long page


def matrix(page: Page) -> list[list[int]]:
    """Return the counts that the page shows."""
    lines = page.locator("#matrix .matrix tbody tr").all()
    return [[int(one) for one in line.locator("button b").all_text_contents()] for line in lines]


def listed(page: Page) -> list[str]:
    """Return the paths that are listed, all of them."""
    more = page.locator("#files").get_by_role("button", name=re.compile("Show more"))
    while more.is_visible():
        more.click()
    return page.locator("#files li .path").all_text_contents()


def shown(path: str) -> str:
    return path.replace("\u202e", "\\u202e")
