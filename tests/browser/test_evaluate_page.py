"""Evaluating in the page: a zip is sent to a real server, and its report is alive."""

import csv
import io
import json
import re
from collections.abc import Iterator
from itertools import chain, cycle, product
from pathlib import Path
from typing import Any, Final

import httpx
import numpy as np
import pytest
from playwright.sync_api import Error, FilePayload, Locator, Page, Route, expect

from app.reports.rendering import table
from model_store.text import percent, printable
from tests.browser.conftest import LOOKS, Open, Scheme, Visit
from tests.process.test_server import Server, settle, started
from tests.support.axe import violations
from tests.support.fakes import grey, publish, zip_of
from tests.support.reports import HOSTILE_NAMES, MANY_LABELS, NO_FILES, SOLAR_CELLS, Recipe, make

MODEL: Final = "solar-cells"
LABELS: Final = ("functional", "defective")
THRESHOLD: Final = 0.42
HOSTILE: Final = ('<img src=x onerror="alert(1)">', 'a, "b"', "=1+1", "\u202edir", "日本語", "x" * 120)
RECIPES: Final = {"solar cells": SOLAR_CELLS, "hostile": HOSTILE_NAMES, "many": MANY_LABELS, "none": NO_FILES}

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
PICTURES: Final = """() => Promise.all([...document.querySelectorAll("#files img")].map(one => {
  one.loading = "eager";
  return one.decode().then(() => one.naturalWidth);
}))"""
WAIT_MS: Final = 60_000
"""For what a process of its own makes: a table, a page, a picture."""
JUMPS: Final = """() => new Promise(done => {
  new PerformanceObserver(list => done(list.getEntries().filter(one => !one.hadRecentInput)
    .reduce((sum, one) => sum + one.value, 0))).observe({type: "layout-shift", buffered: true});
  setTimeout(() => done(0), 500);
})"""
LONG_TASKS: Final = """window.pauses = [];
new PerformanceObserver(list => window.pauses.push(...list.getEntries().map(one => one.duration)))
  .observe({type: "longtask", buffered: true});"""


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


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Serve two versions of a model with a positive label, slowly enough to be watched."""
    store = tmp_path_factory.mktemp("store")
    publish(store, MODEL, labels=LABELS, positive="defective", threshold=0.5)
    publish(store, MODEL, labels=LABELS, positive="defective", threshold=THRESHOLD)
    with started(store, FAKE_DELAY_S="0.06") as server:
        server.wait_for("is ready")
        yield server


@pytest.fixture(scope="module")
def report(server: Server) -> dict[str, Any]:
    """Evaluate once, for the tests that look at a report."""
    form = {"file": ("cells.zip", labelled_zip())}
    answer = httpx.post(f"{server.url}/evaluate?against=1", files=form, timeout=60)
    body: dict[str, Any] = answer.raise_for_status().json()
    return body


@pytest.fixture(scope="module")
def rows(server: Server, report: dict[str, Any]) -> list[dict[str, str]]:
    """Return the report's table."""
    text = httpx.get(f"{server.url}/evaluations/{report['id']}", headers={"Accept": "text/csv"}, timeout=60).text
    return list(csv.DictReader(io.StringIO(text, newline="")))


@pytest.fixture
def open_report(server: Server, report: dict[str, Any], open_page: Open) -> Open:
    """Return a function that opens the report by its link, and waits for the answers for each file."""

    def visit(part: str = "", **look: Any) -> Visit:  # noqa: ANN401
        seen = open_page(f"{server.url}/#/evaluations/{report['id']}{part}", **look)
        expect(seen.page.get_by_role("slider", name="Threshold")).to_be_enabled(timeout=WAIT_MS)
        return seen

    return visit


def choose(page: Page, data: bytes, name: str = "cells.zip") -> None:
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Choose a zip").click()
    chooser.value.set_files(FilePayload(name=name, mimeType="application/zip", buffer=data))


def cell(page: Page, given: str, predicted: str) -> Locator:
    said = f"{given}, unreadable" if predicted == "unreadable" else f"{given}, predicted {predicted}"
    return page.get_by_role("gridcell").get_by_role("button", name=re.compile(re.escape(said) + "$"))


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


def move(page: Page, threshold: float) -> None:
    page.get_by_label("Threshold, as a number").fill(str(threshold))
    page.get_by_label("Threshold, as a number").press("Enter")


def figure(page: Page, name: str) -> str:
    return page.locator(f"[data-figure={name}]").inner_text()


def scroll_through(page: Page) -> None:
    for _ in range(20):
        page.mouse.wheel(0, 800)
        page.wait_for_timeout(40)


def test_a_zip_is_evaluated_with_its_progress_and_leads_to_its_report(server: Server, open_page: Open) -> None:
    visit = open_page(f"{server.url}/#/evaluate")
    page = visit.page
    choose(page, labelled_zip(), "my cells.zip")
    expect(page.get_by_role("strong")).to_have_text("my cells.zip")
    page.get_by_label("Compare with").select_option("version 1")
    page.get_by_role("button", name="Evaluate", exact=True).click()
    expect(page.get_by_text(re.compile(r"\d+ of 158 files"))).to_be_visible()
    expect(page.get_by_text(re.compile(r"\d+ files a second · about \d+ seconds? left"))).to_be_visible()
    expect(page).to_have_url(re.compile(r"#/evaluations/\w{26}$"))
    expect(page.get_by_text("158 files = 157 scored + 1 unreadable")).to_be_visible()
    expect(page.get_by_role("heading", name="Comparison with version 1")).to_be_visible()
    expect(page.get_by_role("heading", level=1)).to_be_focused()
    expect(page.get_by_text("my cells.zip · 158 files")).to_be_visible()
    assert visit.messages == []
    assert {one for one in visit.requests if not one.startswith(server.url)} == set()


def test_who_cancels_ends_the_work_and_can_begin_again(server: Server, open_page: Open) -> None:
    page = open_page(f"{server.url}/#/evaluate").page
    kept = len(httpx.get(f"{server.url}/evaluations").json()["evaluations"])
    choose(page, labelled_zip())
    page.get_by_role("button", name="Evaluate", exact=True).click()
    expect(page.get_by_text(re.compile(r"\d+ of 158 files"))).to_be_visible()
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_text("Cancelled.")).to_be_visible()
    expect(page.get_by_role("button", name="Evaluate", exact=True)).to_be_focused()
    expect(page.get_by_role("strong")).to_have_text("cells.zip")
    settle(server, "fullcount_requests_in_progress", 1)
    assert len(httpx.get(f"{server.url}/evaluations").json()["evaluations"]) == kept


def test_who_leaves_the_view_ends_the_work(server: Server, open_page: Open) -> None:
    page = open_page(f"{server.url}/#/evaluate").page
    choose(page, labelled_zip())
    page.get_by_role("button", name="Evaluate", exact=True).click()
    expect(page.get_by_text(re.compile(r"\d+ of 158 files"))).to_be_visible()
    page.get_by_role("link", name="Models").click()
    settle(server, "fullcount_requests_in_progress", 1)
    expect(page.get_by_role("heading", level=1)).to_have_text("Models")


@pytest.mark.parametrize(
    ("data", "sentence"),
    [(b"none", "zip"), (zip_of({"1.png": grey(0)}), "label"), (zip_of({"a/1.txt": b""}), "image"), (b"", "empty body")],
)
def test_a_refusal_is_said_in_sentences(data: bytes, sentence: str, server: Server, open_page: Open) -> None:
    page = open_page(f"{server.url}/#/evaluate").page
    choose(page, data)
    page.get_by_role("button", name="Evaluate", exact=True).click()
    notice = page.get_by_role("alert")
    expect(notice).to_contain_text(sentence)
    assert "problems/" not in notice.inner_text()
    expect(page.get_by_role("button", name="Evaluate", exact=True)).to_be_visible()


def test_what_is_missing_before_sending_is_said(server: Server, open_page: Open) -> None:
    page = open_page(f"{server.url}/#/evaluate").page
    page.get_by_role("button", name="Evaluate", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("No folder or zip is chosen yet.")


def test_a_connection_that_breaks_is_said(server: Server, open_page: Open) -> None:
    page = open_page(f"{server.url}/#/evaluate").page
    page.route("**/evaluate?*", lambda route: route.abort())
    choose(page, labelled_zip())
    page.get_by_role("button", name="Evaluate", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("The connection closed before the answer was complete.")


def test_a_report_that_could_not_be_kept_is_shown_in_place(
    server: Server, report: dict[str, Any], open_page: Open
) -> None:
    page = open_page(f"{server.url}/#/evaluate").page
    line = json.dumps({"event": "report", "report": report | {"stored": False}}) + "\n"
    page.route("**/evaluate?*", lambda route: route.fulfill(content_type="application/jsonl", body=line))
    choose(page, labelled_zip())
    page.get_by_role("button", name="Evaluate", exact=True).click()
    expect(page.get_by_text("This report could not be stored")).to_be_visible()
    assert matrix(page) == report["confusion_matrix"]["counts"]
    assert set(listed(page)) == {shown(one["path"]) for one in report["misclassified"]}
    cell(page, "functional", "functional").click()
    expect(page.locator("#files")).to_contain_text("These files cannot be listed")
    expect(page.get_by_role("heading", name="Other thresholds")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("button", name="JSON").click()
    assert json.loads(Path(download.value.path()).read_text())["id"] == report["id"]


def shown(path: str) -> str:
    return path.replace("\u202e", "\\u202e")


def test_a_cell_lists_exactly_its_files(open_report: Open, rows: list[dict[str, str]]) -> None:
    page = open_report().page
    for given, predicted in product([*LABELS, "stranger"], [*LABELS, "unreadable"]):
        cell(page, given, predicted).click()
        expect(page.locator("#files h2")).to_be_focused()
        wanted = [row for row in rows if row["label"] == given and (row["predicted"] or row["fate"]) == predicted]
        assert sorted(listed(page)) == sorted(shown(row["path"]) for row in wanted)
        expect(cell(page, given, predicted)).to_have_attribute("aria-pressed", "true")
    page.get_by_role("button", name="All mistakes").click()
    expect(page.locator("#files h2")).to_have_text("All mistakes")


def test_the_biggest_mistakes_come_first_with_their_pictures(open_report: Open, report: dict[str, Any]) -> None:
    page = open_report().page
    expect(page.locator("#files img").first).to_be_visible()
    assert listed(page) == [shown(one["path"]) for one in report["misclassified"]]
    widths = page.evaluate(PICTURES)
    assert len(widths) > 3
    assert all(widths)
    cell(page, "functional", "functional").click()
    shares = page.locator("#files .sure").all_inner_texts()
    assert shares == sorted(shares)


def test_a_list_can_be_searched(open_report: Open) -> None:
    page = open_report().page
    cell(page, "functional", "functional").click()
    page.get_by_label("Filter by name or label").fill("日本")
    found = listed(page)
    assert found
    assert all("日本語" in path for path in found)
    page.get_by_label("Filter by name or label").fill("no such name")
    expect(page.locator("#files")).to_contain_text("No name or label contains that.")


def test_hostile_names_are_text(open_report: Open, rows: list[dict[str, str]]) -> None:
    visit = open_report()
    found = set()
    for given in LABELS:
        for predicted in LABELS:
            cell(visit.page, given, predicted).click()
            found |= set(listed(visit.page))
    assert {shown(row["path"]) for row in rows if row["label"] in LABELS and row["fate"] == "scored"} == found
    assert visit.page.locator("img[onerror]").count() == 0
    assert visit.messages == []


def test_the_threshold_moves_everything_and_the_numbers_are_those_of_the_report(
    open_report: Open, report: dict[str, Any]
) -> None:
    page = open_report().page
    positive = report["positive"]
    for at in positive["thresholds"]:
        move(page, at["threshold"])
        cells = {
            "found": at["true_positives"],
            "missed": at["false_negatives"],
            "falseAlarms": at["false_positives"],
            "correctRejections": at["true_negatives"],
        }
        for name, count in cells.items():
            expect(page.locator(f"[data-figure={name}]")).to_have_text(str(count))
        assert figure(page, "recall").startswith(f"{at['recall']['value']:.1%}")
        assert figure(page, "f1") == f"{at['f1']:.3f}"
        known = [row[:2] for row in matrix(page)[:2]]
        assert known == [
            [at["true_negatives"], at["false_positives"]],
            [at["false_negatives"], at["true_positives"]],
        ]
        assert sum(map(sum, matrix(page))) == 158
    expect(page.get_by_text("The report uses 0.42.")).to_be_visible()
    page.get_by_role("button", name="Back to 0.42").click()
    assert matrix(page) == report["confusion_matrix"]["counts"]
    expect(page.get_by_role("slider", name="Threshold")).to_be_focused()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_label("Threshold, as a number")).not_to_have_value("0.42")


def test_the_list_and_the_point_follow_the_threshold(open_report: Open, rows: list[dict[str, str]]) -> None:
    page = open_report().page
    cell(page, "functional", "defective").click()
    before = page.locator(".points .now").evaluate_all("all => all.map(one => one.getAttribute('transform'))")
    move(page, 0.2)
    expect(page.locator("#files")).to_contain_text("at a threshold of 0.2")
    scored = [row for row in rows if row["fate"] == "scored" and row["label"] == "functional"]
    wanted = [row for row in scored if float(np.float32(row["probability[defective]"])) >= np.float32(0.2)]
    assert sorted(listed(page)) == sorted(shown(row["path"]) for row in wanted)
    after = page.locator(".points .now").evaluate_all("all => all.map(one => one.getAttribute('transform'))")
    recall = 100 * float(figure(page, "found")) / (float(figure(page, "found")) + float(figure(page, "missed")))
    assert float(re.findall(r"[\d.]+", after[0])[0]) == pytest.approx(recall)
    assert after != before


def test_the_matrix_can_show_shares_and_be_used_by_keyboard(open_report: Open) -> None:
    page = open_report().page
    expect(page.locator(".matrix b").first).to_be_visible()
    page.get_by_role("radio", name="Shares of the row").check(force=True)
    expect(page.locator(".matrix small").first).to_be_visible()
    expect(page.locator(".matrix b").first).to_be_hidden()
    first = cell(page, "functional", "functional")
    first.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator("#files h2")).to_have_text("defective, predicted correctly")
    page.get_by_role("button", name="Back to the matrix").click()
    expect(cell(page, "defective", "defective")).to_be_focused()
    assert page.locator(".matrix button[tabindex='0']").count() == 1


def test_the_matrix_of_two_labels_fits_a_telephone(open_report: Open) -> None:
    page = open_report(width=390).page
    assert page.evaluate("(one => one.scrollWidth <= one.clientWidth)(document.querySelector('#matrix .scroll'))")


def test_a_link_leads_to_the_report_and_to_a_part_of_it(open_report: Open, report: dict[str, Any]) -> None:
    visit = open_report("/doubts")
    page = visit.page
    expect(page.get_by_role("heading", name="Doubtful files")).to_be_in_viewport()
    expect(page).to_have_title("solar-cells, version 2: report · Fullcount")
    for sentence in report["summary"]:
        expect(page.get_by_text(sentence)).to_be_attached()
    expect(page.get_by_text(report["comparison"]["verdict"])).to_be_attached()
    other = page.get_by_role("region", name="Confusion matrix of version 1").locator("b").all_text_contents()
    assert [int(one) for one in other] == [*chain(*report["comparison"]["confusion_matrix"]["counts"])]
    page.get_by_role("navigation", name="Sections").get_by_role("link", name="Left out").click()
    expect(page.get_by_role("heading", name="Files left out")).to_be_focused()
    assert page.url.endswith("/left-out")
    assert visit.messages == []


def test_files_that_versions_call_differently_have_pictures_and_a_filter(
    open_report: Open, report: dict[str, Any]
) -> None:
    page = open_report("/comparison").page
    section = page.locator("#comparison")
    expect(section.locator("img").first).to_be_attached()
    flips = report["comparison"]["flips"]
    assert section.locator("li .path").all_text_contents() == [shown(flip["path"]) for flip in flips][:24]
    for side, name in (("this", "version 2"), ("against", "version 1")):
        wanted = [shown(flip["path"]) for flip in flips if flip[side] == flip["actual"]]
        section.get_by_role("radio", name=f"Only {name} right ({len(wanted)})").check(force=True)
        assert section.locator("li .path").all_text_contents() == wanted[:24]


def test_a_report_that_is_not_there_is_said(server: Server, open_page: Open) -> None:
    page = open_page(f"{server.url}/#/evaluations/01M86MH2QNWRFE3XQB7RD9WPWK").page
    expect(page.get_by_role("alert")).to_contain_text("01M86MH2QNWRFE3XQB7RD9WPWK")


def test_the_curves_are_the_pictures_of_the_services_own_page(server: Server, open_report: Open) -> None:
    visit = open_report("/curves")
    pictures = visit.page.locator("#curves img")
    expect(pictures).to_have_count(3, timeout=WAIT_MS)
    visit.page.wait_for_function("[...document.querySelectorAll('#curves img')].every(one => one.naturalWidth)")
    sources = pictures.evaluate_all("all => all.map(one => one.src)")
    assert all(one.startswith("data:image/svg+xml;base64,") for one in sources)
    assert visit.messages == []
    assert {one for one in visit.requests if not one.startswith(server.url)} == set()


@pytest.mark.parametrize(
    ("name", "start"),
    [("Table (CSV)", b"path,label"), ("JSON", b"{"), ("Matrix (PNG)", b"\x89PNG"), ("Page", b"<!doctype html>")],
)
def test_every_form_can_be_saved(name: str, start: bytes, open_report: Open, report: dict[str, Any]) -> None:
    page = open_report().page
    with page.expect_download(timeout=WAIT_MS) as download:
        page.get_by_role("group", name="Save").get_by_role("button", name=name).click()
    assert download.value.suggested_filename.startswith(f"{MODEL}-2-{report['id']}.")
    assert Path(download.value.path()).read_bytes().lstrip().startswith(start)


@pytest.mark.parametrize(("width", "scheme"), LOOKS)
def test_everybody_can_use_the_report(width: int, scheme: Scheme, server: Server, open_report: Open) -> None:
    visit = open_report(width=width, scheme=scheme)
    expect(visit.page.locator("#files img").first).to_be_visible()
    scroll_through(visit.page)
    visit.page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    assert violations(visit.page) == {}
    cell(visit.page, "functional", "defective").click()
    move(visit.page, 0.6)
    assert violations(visit.page) == {}
    assert not visit.page.evaluate("document.documentElement.scrollWidth > innerWidth")
    assert visit.messages == []
    assert {one for one in visit.requests if not one.startswith(server.url)} == set()


@pytest.mark.parametrize(("width", "scheme"), LOOKS)
def test_everybody_can_evaluate(width: int, scheme: Scheme, server: Server, open_page: Open) -> None:
    page = open_page(f"{server.url}/#/evaluate", width=width, scheme=scheme).page
    choose(page, labelled_zip(), f"{'long-' * 30}name.zip")
    assert violations(page) == {}
    page.get_by_role("button", name="Evaluate", exact=True).click()
    expect(page.get_by_text(re.compile(r"\d+ of 158 files"))).to_be_visible()
    assert violations(page) == {}
    assert not page.evaluate("document.documentElement.scrollWidth > innerWidth")


def test_nothing_jumps_while_the_report_comes_to_life(open_report: Open) -> None:
    page = open_report(width=390).page
    expect(page.locator("#files img").first).to_be_attached()
    assert page.evaluate(JUMPS) < 0.1  # what people do not notice: "Cumulative Layout Shift", web.dev


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
    read = "async text => [...(await import('/web/report/csv.js')).rowsOf(text)]"
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


def serve(page: Page, recipe: Recipe, times: int = 1) -> str:
    """Answer for a report that the service does not have; every image file of it is there so many times."""
    body, records = make(recipe)
    report = json.loads(body.model_copy(update={"stored": True}).model_dump_json())
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
@pytest.mark.parametrize("width", [1280, 390])
def test_every_kind_of_report_fits(name: str, width: int, server: Server, open_page: Open) -> None:
    visit = open_page(f"{server.url}/#/models", width=width)
    page = visit.page
    page.evaluate("hash => location.hash = hash", serve(page, RECIPES[name]))
    expect(page.get_by_role("heading", name="Every file is counted")).to_be_visible()
    page.wait_for_load_state("networkidle")
    page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
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
