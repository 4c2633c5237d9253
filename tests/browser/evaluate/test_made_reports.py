"""Reports of many kinds, made for these tests: the page counts, reads and writes as the service does."""

import csv
import io
import json
from typing import Final

import numpy as np
import pytest
from playwright.sync_api import Error, Page, Route, expect

from app.reports.rendering import table
from model_store.text import percent, printable
from tests.browser.conftest import Open
from tests.browser.evaluate.conftest import HOSTILE, WAIT_MS, cell, listed
from tests.process.test_server import Server
from tests.support.axe import violations
from tests.support.reports import HOSTILE_NAMES, MANY_LABELS, NO_FILES, SOLAR_CELLS, Recipe, make

RECIPES: Final = {"solar cells": SOLAR_CELLS, "hostile": HOSTILE_NAMES, "many": MANY_LABELS, "none": NO_FILES}
KINDS: Final = [
    ("solar cells", 1280),
    ("hostile", 390),
    ("many", 390),
    pytest.param("many", 1280, marks=pytest.mark.thorough),
    pytest.param("hostile", 1280, marks=pytest.mark.thorough),
    pytest.param("solar cells", 390, marks=pytest.mark.thorough),
    ("none", 390),
]
"""Recipes, and the widths they must fit."""
RECOUNT: Final = """async ([text, matrix, positive]) => {
  const counting = await import("/web/report/counting.js");
  const files = await counting.readFiles(text, matrix);
  const labels = files.labels.length;
  const label = positive ? files.labels.indexOf(positive.label) : null;
  const predicted = counting.decide(files, positive && {positive: label, threshold: positive.threshold});
  const counts = counting.count(files, predicted);
  const thresholds = positive ? positive.thresholds.map(({threshold}) => {
    const there = counting.decide(files, {positive: label, threshold});
    return counting.against(counting.count(files, there), label, labels, threshold);
  }) : [];
  return {
    paths: files.paths,
    counts,
    isSame: predicted.every((one, place) => one === files.predicted[place]),
    accuracy: counting.accuracy(counts, labels),
    thresholds,
    mistakes: counting.filesIn(files, predicted, {row: null, column: null}).map(place => ({
      path: files.paths[place],
      actual: files.rows[files.given[place]],
      predicted: files.labels[predicted[place]],
      probability: counting.probability(files, place, predicted[place]),
    })),
  };
}"""
LONG_TASKS: Final = """window.pauses = [];
new PerformanceObserver(list => window.pauses.push(...list.getEntries().map(one => one.duration)))
  .observe({type: "longtask", buffered: true});"""


def serve(page: Page, recipe: Recipe, times: int = 1, **members: object) -> str:
    """Answer for a report that the service does not have; every image file of it is there so many times.

    Further members of the report replace those of the recipe.
    """
    body, records = make(recipe)
    report = json.loads(body.model_copy(update={"stored": True}).model_dump_json()) | members
    counts = report["confusion_matrix"]["counts"]
    report["confusion_matrix"]["counts"] = [[times * one for one in row] for row in counts]
    heads, *lines = table.render(body.model_copy(update={"ignored": []}), records).decode().splitlines(keepends=True)
    forms = {"text/csv": heads + times * "".join(lines), "application/json": json.dumps(report)}

    def answer(route: Route) -> None:
        accept = route.request.headers["accept"]
        if "thumbnails" in route.request.url:
            route.fulfill(json={"places": [], "maps": {}})
        elif accept in forms:
            route.fulfill(body=forms[accept], content_type=f"{accept}; charset=utf-8")
        else:
            route.fulfill(body="<p>", content_type="text/html")

    page.route("**/evaluations/*", answer)
    page.route("**/evaluations/*/thumbnails", answer)
    return f"#/evaluations/{body.id}"


@pytest.mark.parametrize("name", RECIPES)
def test_the_page_counts_as_the_service_does(name: str, server: Server, open_page: Open) -> None:
    body, records = make(RECIPES[name])
    report = json.loads(body.model_dump_json())
    page = open_page(f"{server.url}/#/evaluate").page
    given = [table.render(body, records).decode(), report["confusion_matrix"], report["positive"]]
    found = page.evaluate(RECOUNT, given)
    assert found["paths"] == records.paths
    assert found["isSame"]
    assert found["counts"] == report["confusion_matrix"]["counts"]
    assert found["accuracy"] == pytest.approx(report["metrics"]["accuracy"])
    assert found["mistakes"] == report["misclassified"]
    wanted = report["positive"]["thresholds"] if report["positive"] else []
    for here, there in zip(found["thresholds"], wanted, strict=True):
        for member in ("precision", "recall"):
            assert here.pop(member) == pytest.approx(there.pop(member))
        assert here == there


@pytest.mark.parametrize("end", ["\r\n", "\n", ""])
def test_a_table_is_read_as_rfc_4180_says(end: str, server: Server, open_page: Open) -> None:
    page = open_page(f"{server.url}/#/evaluate").page
    rows = [["a", 'b "c"', ""], ["line\r\nbreak", "comma, comma", '"'], ["", "", ""], ["日本語", "\u202e", "last"]]
    file = io.StringIO(newline="")
    csv.writer(file, lineterminator=end or "\r\n").writerows(rows)
    text = file.getvalue() if end else file.getvalue().removesuffix("\r\n")
    read = "async text => [...(await import('/web/lib/csv.js')).rowsOf(text)]"
    assert page.evaluate(read, text) == rows
    with pytest.raises(Error, match="ends inside quotes"):
        page.evaluate(read, 'a,"b')


def test_figures_are_written_as_the_service_writes_them(server: Server, open_page: Open) -> None:
    page = open_page(f"{server.url}/#/evaluate").page
    shares = [0, 1, 0.5, 0.0625, 0.28125, 0.99996, 0.9995, 1e-7, *np.random.default_rng(1).random(500)]
    shares += [number / 160 for number in range(161)]
    words = (
        "async all => { const {percent} = await import('/web/lib/wording.js'); return all.map(one => percent(one)); }"
    )
    assert page.evaluate(words, [float(one) for one in shares]) == [percent(float(one)) for one in shares]
    words = "async all => { const {printable} = await import('/web/lib/wording.js'); return all.map(printable); }"
    names = [*HOSTILE, "a\tb\r\nc", "\x00\x7f\xa0\u2028\U000e0001", "plain name"]
    assert page.evaluate(words, names) == [printable(one) for one in names]


def test_without_answers_for_each_file_the_report_is_there_all_the_same(server: Server, open_page: Open) -> None:
    page = open_page(f"{server.url}/#/models").page
    hash_ = serve(page, SOLAR_CELLS)
    problem = {"type": "/problems/records-missing", "title": "Records missing", "status": 406, "detail": "None."}

    def refuse(route: Route) -> None:
        if route.request.headers["accept"] == "text/csv":
            route.fulfill(status=406, json=problem, content_type="application/problem+json")
        else:
            route.fallback()

    page.route("**/evaluations/*", refuse)
    page.evaluate("hash => location.hash = hash", hash_)
    expect(page.get_by_text("The predictions for each file are missing")).to_be_visible()
    expect(page.get_by_role("heading", name="Other thresholds")).to_be_visible()
    expect(page.get_by_role("slider")).to_have_count(0)
    cell(page, "defective", "functional").click()
    assert listed(page)


@pytest.mark.parametrize(("name", "width"), KINDS)
def test_every_kind_of_report_fits(name: str, width: int, server: Server, open_page: Open) -> None:
    visit = open_page(f"{server.url}/#/models", width=width)
    page = visit.page
    page.evaluate("hash => location.hash = hash", serve(page, RECIPES[name]))
    expect(page.get_by_role("heading", name="Every file is counted")).to_be_visible()
    page.wait_for_load_state("networkidle")
    page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    damaged = make(RECIPES[name])[0].damaged
    expect(page.get_by_role("region", name="Damaged files").locator("th.path")).to_have_count(len(damaged))
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert violations(page) == {}
    assert visit.messages == []


def test_of_very_many_labels_any_cell_can_be_looked_at(server: Server, open_page: Open) -> None:
    page = open_page(f"{server.url}/#/models").page
    page.evaluate("hash => location.hash = hash", serve(page, MANY_LABELS))
    expect(page.locator("#files")).to_contain_text("most certain first")
    page.get_by_role("combobox", name="given label").select_option("species-000")
    page.get_by_role("combobox", name="predicted label").select_option("unreadable")
    page.get_by_role("button", name="Show the files").click()
    assert listed(page) == ["test/cell.png"]


def test_two_thousand_files_are_read_without_a_pause_and_fifty_thousand_can_be_used(
    server: Server, open_page: Open
) -> None:
    for times, longest in ((1, 100), (25, 1_000)):
        page = open_page(f"{server.url}/#/models").page
        hash_ = serve(page, Recipe(files=2_000, is_compared=False), times)
        page.evaluate(LONG_TASKS)
        page.evaluate("hash => location.hash = hash", hash_)
        expect(page.get_by_role("slider", name="Threshold")).to_be_enabled(timeout=WAIT_MS)
        for _ in range(5):
            page.get_by_role("slider", name="Threshold").press("ArrowRight")
        cell(page, "functional", "functional").click()
        page.get_by_label("Filter by name or label").fill("99")
        expect(page.locator("#files")).to_contain_text(" of ")
        assert max(page.evaluate("pauses"), default=0) < longest
