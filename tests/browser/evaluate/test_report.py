"""The report in the page is alive: cells list files, the threshold moves everything, and all of it can be saved."""

import re
from itertools import chain, product
from pathlib import Path
from typing import Any, Final

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import LOOKS, Open, Scheme
from tests.browser.evaluate.conftest import LABELS, MODEL, WAIT_MS, cell, listed, matrix, shown
from tests.process.test_server import Server
from tests.support.axe import violations

PICTURES: Final = """() => Promise.all([...document.querySelectorAll("#files img")].map(one => {
  one.loading = "eager";
  return one.decode().then(() => one.naturalWidth);
}))"""
JUMPS: Final = """() => new Promise(done => {
  new PerformanceObserver(list => done(list.getEntries().filter(one => !one.hadRecentInput)
    .reduce((sum, one) => sum + one.value, 0))).observe({type: "layout-shift", buffered: true});
  setTimeout(() => done(0), 500);
})"""


def move(page: Page, threshold: float) -> None:
    page.get_by_label("Threshold, as a number").fill(str(threshold))
    page.get_by_label("Threshold, as a number").press("Enter")


def figure(page: Page, name: str) -> str:
    return page.locator(f"[data-figure={name}]").inner_text()


def scroll_through(page: Page) -> None:
    for _ in range(20):
        page.mouse.wheel(0, 800)
        page.wait_for_timeout(40)


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
    visit = open_report("/curves", rendered_anew=True)
    pictures = visit.page.locator("#curves img")
    expect(pictures).to_have_count(3, timeout=WAIT_MS)
    visit.page.wait_for_function("[...document.querySelectorAll('#curves img')].every(one => one.naturalWidth)")
    sources = pictures.evaluate_all("all => all.map(one => one.src)")
    assert all(one.startswith("data:image/svg+xml;base64,") for one in sources)
    assert visit.messages == []
    assert {one for one in visit.requests if not one.startswith(server.url)} == set()


def test_every_form_can_be_saved(open_report: Open, report: dict[str, Any]) -> None:
    page = open_report(rendered_anew=True).page
    forms = {"Table (CSV)": b"path,label", "JSON": b"{", "Matrix (PNG)": b"\x89PNG", "Page": b"<!doctype html>"}
    for name, start in forms.items():
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


def test_nothing_jumps_while_the_report_comes_to_life(open_report: Open) -> None:
    page = open_report(width=390).page
    expect(page.locator("#files img").first).to_be_attached()
    assert page.evaluate(JUMPS) < 0.1  # what people do not notice: "Cumulative Layout Shift", web.dev
