"""Two reports side by side in the page: chosen, compared and passed on; and past reports of one model."""

import csv
import io
import re
from collections.abc import Iterator
from itertools import chain
from typing import Any, Final

import httpx
import numpy as np
import pytest
from playwright.sync_api import Locator, Page, Route, expect

from model_store.text import percent
from tests.browser.conftest import LOOKS, Open, Scheme, Visit
from tests.process.test_server import Server, started
from tests.support.axe import violations
from tests.support.fakes import grey, publish, zip_of

MODEL: Final = "solar-cells"
OTHER: Final = "roofs"
LABELS: Final = ("functional", "defective")
HOSTILE: Final = ('<img src=x onerror="alert(1)">', "\u202edir", "x" * 120)
JUMPS: Final = """() => new Promise(done => {
  new PerformanceObserver(list => done(list.getEntries().filter(one => !one.hadRecentInput)
    .reduce((sum, one) => sum + one.value, 0))).observe({type: "layout-shift", buffered: true});
  setTimeout(() => done(0), 500);
})"""
PICTURES: Final = """() => Promise.all([...document.querySelectorAll("#flips img")].map(one => {
  one.loading = "eager";
  return one.decode().then(() => one.naturalWidth);
}))"""


def files() -> dict[str, bytes]:
    """Make sixty image files around both versions' thresholds, some with hostile names, one of them broken."""
    dice = np.random.default_rng(7)
    found = {}
    for number in range(60):
        label, level = (LABELS[0], 90) if number < 34 else (LABELS[1], 150)
        name = HOSTILE[number % 3] if number % 10 == 0 else "cell"
        found[f"test/{label}/{name}{number}.png"] = grey(int(np.clip(dice.normal(level, 35), 0, 255)))
    return found | {"test/functional/broken.png": grey(9)[:40], "test/stranger/1.png": grey(130)}


def others() -> dict[str, bytes]:
    """Make the same set as somebody else has it: six files fewer, one new, one under another label, another wrapper."""
    found = {path.removeprefix("test/"): data for path, data in files().items() if not path.endswith("3.png")}
    found["defective/new.png"] = grey(200)
    labels = {path: path.partition("/")[0] for path in found} | {"defective/cell59.png": "functional"}
    table = io.StringIO(newline="")
    csv.writer(table).writerows([("path", "label"), *labels.items()])
    return {f"set/{path}": data for path, data in found.items()} | {"set/labels.csv": table.getvalue().encode()}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Serve two versions of a model and another model."""
    store = tmp_path_factory.mktemp("store")
    publish(store, MODEL, labels=LABELS, positive="defective", threshold=0.5)
    publish(store, MODEL, labels=LABELS, positive="defective", threshold=0.4)
    publish(store, OTHER, labels=LABELS)
    with started(store, models=f"{MODEL},{OTHER}") as server:
        server.wait_for("is ready")
        yield server


def evaluate(server: Server, query: str, name: str, given: dict[str, bytes]) -> dict[str, Any]:
    form = {"file": (name, zip_of(given))}
    body: dict[str, Any] = (
        httpx.post(f"{server.url}/evaluate?{query}", files=form, timeout=60).raise_for_status().json()
    )
    return body


@pytest.fixture(scope="module")
def reports(server: Server) -> dict[str, dict[str, Any]]:
    """Evaluate four times, for every test."""
    return {
        "first": evaluate(server, f"model={MODEL}&version=1", "cells.zip", files()),
        "second": evaluate(server, f"model={MODEL}&version=2", "cells.zip", files()),
        "less": evaluate(server, f"model={MODEL}&version=2", f"{'long-' * 30}name.zip", others()),
        "roofs": evaluate(server, f"model={OTHER}", "roofs.zip", files()),
    }


Reports = dict[str, dict[str, Any]]


@pytest.fixture
def compared(server: Server, reports: Reports) -> dict[str, Any]:
    """Return what the service says of the second report beside the first."""
    return ask(server, reports["second"], reports["first"])


def ask(server: Server, this: dict[str, Any], against: dict[str, Any]) -> dict[str, Any]:
    address = f"{server.url}/evaluations/{this['id']}/comparison"
    body: dict[str, Any] = httpx.get(address, params={"against": against["id"]}).raise_for_status().json()
    return body


def path_to(this: dict[str, Any], against: dict[str, Any]) -> str:
    return f"#/compare/{this['id']}/{against['id']}"


@pytest.fixture
def open_two(server: Server, reports: Reports, open_page: Open) -> Open:
    """Return a function that opens the view of two reports, by their names here."""

    def visit(this: str = "second", against: str = "first", **look: Any) -> Visit:  # noqa: ANN401
        seen = open_page(f"{server.url}/{path_to(reports[this], reports[against])}", **look)
        expect(seen.page.get_by_role("heading", name="On the files in both")).to_be_visible()
        return seen

    return visit


@pytest.fixture
def open_past(server: Server, reports: Reports, open_page: Open) -> Open:
    """Return a function that opens the past reports."""

    def visit(query: str = "", **look: Any) -> Visit:  # noqa: ANN401
        assert reports
        seen = open_page(f"{server.url}/#/evaluations{query}", **look)
        expect(seen.page.get_by_role("listitem").first).to_be_visible()
        seen.page.wait_for_load_state("networkidle")
        return seen

    return visit


def rows(page: Page) -> Locator:
    return page.get_by_role("main").get_by_role("listitem")


def sideways(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth > innerWidth"))


def numbers(region: Locator) -> list[int]:
    return [int(one) for one in region.locator("b").all_text_contents()]


def listed(page: Page) -> list[str]:
    """Return the paths of the flips that are shown."""
    return page.locator("#flips li .path").all_text_contents()


def shown(path: str) -> str:
    return path.replace("\u202e", "\\u202e")


def test_two_reports_are_chosen_and_compared(open_past: Open, reports: Reports) -> None:
    visit = open_past()
    page = visit.page
    start, told = page.get_by_role("button", name="Compare"), page.locator(".picker").get_by_role("status")
    expect(start).to_be_disabled()
    expect(told).to_have_text("Choose two reports to compare them.")
    page.get_by_role("checkbox", name=re.compile(f"^Compare cells.zip, {MODEL}, version 1, ")).check()
    expect(told).to_have_text("Chosen: cells.zip, version 1. Choose one more.")
    expect(start).to_be_disabled()
    page.get_by_role("checkbox", name=re.compile(f"^Compare cells.zip, {MODEL}, version 2, ")).check()
    expect(told).to_have_text("Chosen: cells.zip, version 2 and cells.zip, version 1.")
    third = page.get_by_role("checkbox", name=re.compile("roofs.zip"))
    third.check()
    expect(told).to_have_text("3 reports are chosen. Keep two of them to compare.")
    expect(start).to_be_disabled()
    third.uncheck()
    start.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Two reports side by side")
    assert page.url.endswith(path_to(reports["second"], reports["first"]))  # the newer one first
    expect(page.get_by_role("heading", level=1)).to_be_focused()
    expect(page.get_by_role("navigation").get_by_role("link", name="Reports")).to_have_attribute("aria-current", "true")
    expect(page).to_have_title("version 2 and version 1, side by side · Fullcount")
    assert visit.messages == []


def test_a_row_still_leads_to_its_report(open_past: Open, reports: Reports) -> None:
    page = open_past().page
    rows(page).last.click()
    expect(page).to_have_url(re.compile(reports["first"]["id"]))


def test_a_report_with_corrections_is_told_from_one_without(open_past: Open) -> None:
    def correct_the_newest(route: Route) -> None:
        answer = route.fetch()
        newest, *others = answer.json()["evaluations"]
        newest["corrections"] = "corrections.csv"
        route.fulfill(response=answer, json={"evaluations": [newest, *others]})

    page = open_past().page
    expect(rows(page).first).not_to_contain_text("corrected")
    page.route(re.compile(r"/evaluations\?"), correct_the_newest)
    page.reload()
    expect(rows(page).first).to_contain_text(".zip, corrected by corrections.csv")
    expect(rows(page).last).not_to_contain_text("corrected")
    expect(page.get_by_role("checkbox").first).to_have_accessible_name(re.compile("corrected by corrections.csv, "))


def test_the_keyboard_is_enough_to_compare(open_past: Open, reports: Reports) -> None:
    page = open_past().page
    page.get_by_role("checkbox").last.focus()
    page.keyboard.press("Space")
    for _ in range(2):  # over the row's link to the box of the row above
        page.keyboard.press("Shift+Tab")
    page.keyboard.press("Space")
    for _ in range(5):
        page.keyboard.press("Shift+Tab")
    expect(page.get_by_role("button", name="Compare")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="On the files in both")).to_be_visible()
    assert page.url.endswith(path_to(reports["second"], reports["first"]))
    page.get_by_role("radio", name=re.compile("^All")).focus()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("radio", name=re.compile("^Only version 2 right"))).to_be_checked()


def test_the_numbers_are_those_of_the_service(open_two: Open, compared: dict[str, Any]) -> None:
    page = open_two().page
    comparison, paired = compared["comparison"], compared["comparison"]["paired"]
    expect(page.get_by_text(comparison["verdict"])).to_be_visible()
    for sentence in compared["summary"]:
        expect(page.get_by_text(sentence)).to_be_visible()
    sides = page.get_by_role("article").all()
    for side, report, figures in zip(
        sides, (compared["this"], compared["against"]), (compared["metrics"], comparison["metrics"]), strict=True
    ):
        expect(side).to_contain_text(f"{MODEL}, version {report['version']}")
        expect(side).to_contain_text("62 files = 61 scored + 1 unreadable")
        expect(side).to_contain_text(f"Threshold {report['threshold']:g}")
        expect(side).to_contain_text(percent(report["metrics"]["accuracy"]["value"]))
        row = page.locator(".scales dl > div").filter(has_text=report["name"].capitalize())
        accuracy = figures["accuracy"]
        expect(row).to_contain_text(
            f"{percent(accuracy['value'])} {percent(accuracy['low'])} to {percent(accuracy['high'])}"
        )
        point = row.locator(".point").evaluate("one => one.style.getPropertyValue('--from')")
        assert float(point) == accuracy["value"]
    cells = page.get_by_role("region", name="Which is right").locator("td.n").all_text_contents()
    assert [int(one) for one in cells] == [
        paired[name] for name in ("both_right", "only_this", "only_against", "both_wrong")
    ]
    assert min(paired.values()) > 0
    assert len(set(paired.values())) == 4  # or the numbers could be in each other's place
    for name, matrix in (("2", compared["confusion_matrix"]), ("1", comparison["confusion_matrix"])):
        region = page.get_by_role("region", name=f"Confusion matrix of version {name}")
        assert numbers(region) == [*chain(*matrix["counts"])]
    assert listed(page) == [shown(flip["path"]) for flip in comparison["flips"]][:24]


def test_flips_can_be_filtered_by_who_is_right(open_two: Open, compared: dict[str, Any]) -> None:
    page = open_two().page
    flips = compared["comparison"]["flips"]
    for side, name in (("this", "version 2"), ("against", "version 1")):
        wanted = [shown(flip["path"]) for flip in flips if flip[side] == flip["actual"]]
        page.get_by_role("radio", name=f"Only {name} right ({len(wanted)})").check(force=True)
        assert listed(page) == wanted
        expect(page.locator("#status")).to_have_text(f"{len(wanted)} of {len(flips)} files")
        right = page.locator("#flips li").first.get_by_role("img", name="right:")
        expect(right.locator("xpath=..")).to_contain_text(f"{name}:")
    page.get_by_role("radio", name=re.compile("^All")).check(force=True)
    assert len(listed(page)) == min(24, len(flips))


def test_flips_have_their_pictures_and_hostile_names_are_text(open_two: Open, compared: dict[str, Any]) -> None:
    visit = open_two()
    widths = visit.page.evaluate(PICTURES)
    pictured = [flip for flip in compared["comparison"]["flips"][:24] if flip["path"] in compared["thumbnails"]]
    assert len(widths) == len(pictured) > 3
    assert all(widths)
    assert visit.page.locator("img[onerror]").count() == 0
    assert visit.messages == []


def test_what_is_in_one_report_only_is_listed(open_two: Open, server: Server, reports: Reports) -> None:
    page = open_two("less", "first").page
    found = ask(server, reports["less"], reports["first"])
    assert found["files"] == {"both": 55, "other_label": 1, "only_this": 1, "only_against": 6}
    for name, paths in (("version 2", found["only_this"]), ("version 1", found["only_against"])):
        region = page.get_by_role("region", name=f"Files that only {name} has")
        assert region.locator("th .path").all_text_contents() == [shown(path) for path in paths]
    (moved,) = found["other_label"]
    cells = page.get_by_role("region", name="Files with two labels").locator("tbody tr").all_inner_texts()
    assert cells == [f"{moved['path']}\t{moved['this']}\t{moved['against']}"]
    expect(page.get_by_text("the archives differ")).to_be_visible()


def test_a_report_beside_itself_differs_in_nothing(open_two: Open) -> None:
    page = open_two("second", "second").page
    expect(page.get_by_text("Both are the same report.")).to_be_visible()
    expect(page.get_by_text("Both predict the same label for every file.")).to_be_visible()
    expect(page.get_by_text("Nothing: every file is in both reports, with the same label.")).to_be_visible()


def test_a_link_can_be_opened_again_and_leads_to_both_reports(open_two: Open, compared: dict[str, Any]) -> None:
    page = open_two().page
    page.reload()
    expect(page.get_by_text(compared["comparison"]["verdict"])).to_be_visible()
    page.get_by_role("link", name="Version 1").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(f"{MODEL} version 1")
    page.go_back()
    expect(page.get_by_text(compared["comparison"]["verdict"])).to_be_visible()


def test_a_report_leads_to_itself_beside_another_one(server: Server, reports: Reports, open_page: Open) -> None:
    page = open_page(f"{server.url}/#/evaluations/{reports['second']['id']}").page
    choice = page.get_by_label("Compare with")
    expect(choice).to_be_enabled()
    newest = httpx.get(f"{server.url}/evaluations?model={MODEL}").json()["evaluations"]
    values = choice.locator("option").evaluate_all("all => all.map(one => one.value)")
    assert values == [one["id"] for one in newest if one["id"] != reports["second"]["id"]]
    choice.select_option(reports["first"]["id"])
    page.get_by_role("button", name="Compare").click()
    expect(page.get_by_role("heading", name="On the files in both")).to_be_visible()
    assert page.url.endswith(path_to(reports["second"], reports["first"]))


def test_a_report_without_another_one_of_its_model_says_so(server: Server, reports: Reports, open_page: Open) -> None:
    page = open_page(f"{server.url}/#/evaluations/{reports['roofs']['id']}").page
    expect(page.get_by_role("heading", name="Every file is counted")).to_be_visible()
    page.wait_for_load_state("networkidle")
    expect(page.get_by_label("Compare with")).to_be_disabled()
    expect(page.get_by_label("Compare with")).to_contain_text("no other report on this model")


@pytest.mark.parametrize(("this", "against"), [("0" * 26, "second"), ("second", "0" * 26)])
def test_a_report_that_is_not_there_is_said(
    this: str, against: str, server: Server, reports: Reports, open_page: Open
) -> None:
    ids = [reports.get(one, {"id": one})["id"] for one in (this, against)]
    page = open_page(f"{server.url}/#/compare/{'/'.join(ids)}").page
    expect(page.get_by_role("alert")).to_contain_text("There is no evaluation '00000000000000000000000000'.")


def test_past_reports_are_those_of_one_model_where_the_address_says_so(open_past: Open) -> None:
    page = open_past().page
    expect(rows(page)).to_have_count(4)
    choice = page.get_by_label("Model")
    expect(choice.locator("option")).to_have_text(["all models", MODEL, OTHER])
    choice.focus()
    choice.select_option(MODEL)
    expect(rows(page)).to_have_count(3)
    assert page.url.endswith(f"#/evaluations?model={MODEL}")
    expect(choice).to_be_focused()
    expect(page.locator("#status")).to_have_text("3 reports")
    page.reload()
    expect(rows(page)).to_have_count(3)
    expect(choice).to_have_value(MODEL)
    choice.select_option(OTHER)
    expect(rows(page)).to_have_count(1)
    expect(page.get_by_role("checkbox")).to_have_count(0)  # one alone cannot be compared
    rows(page).get_by_role("link").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(OTHER)
    page.go_back()
    expect(rows(page)).to_have_count(1)
    choice.select_option("all models")
    expect(rows(page)).to_have_count(4)
    assert page.url.endswith("#/evaluations")


def test_reports_of_a_model_that_is_not_served_are_a_problem_in_words(server: Server, open_page: Open) -> None:
    page = open_page(f"{server.url}/#/evaluations?model=gone").page
    expect(page.get_by_role("alert")).to_contain_text("There is no model 'gone'.")
    page.get_by_label("Model").select_option(MODEL)
    expect(rows(page)).to_have_count(3)


def test_what_is_not_wanted_any_more_is_not_waited_for(open_past: Open) -> None:
    page = open_past().page
    page.route(re.compile(f"model={MODEL}$"), lambda _: None)  # it would come after the answer for the other model
    page.get_by_label("Model").select_option(MODEL)
    with page.expect_event("requestfailed") as failed:
        page.get_by_label("Model").select_option(OTHER)
    assert failed.value.url.endswith(f"model={MODEL}")
    expect(rows(page)).to_have_count(1)


@pytest.mark.parametrize(("width", "scheme"), LOOKS)
@pytest.mark.parametrize(
    ("this", "against"),
    [pytest.param("second", "first", marks=pytest.mark.thorough), ("less", "second"), ("roofs", "less")],
)
def test_everybody_can_compare(  # noqa: PLR0913, PLR0917  what pytest hands over
    this: str, against: str, width: int, scheme: Scheme, server: Server, open_two: Open
) -> None:
    visit = open_two(this, against, width=width, scheme=scheme)
    visit.page.wait_for_load_state("networkidle")
    assert violations(visit.page) == {}
    assert not sideways(visit.page)
    assert visit.page.evaluate(JUMPS) < 0.1
    assert visit.messages == []
    assert {one for one in visit.requests if not one.startswith(server.url)} == set()


@pytest.mark.parametrize(("width", "scheme"), LOOKS)
def test_everybody_can_choose(width: int, scheme: Scheme, open_past: Open) -> None:
    visit = open_past(width=width, scheme=scheme)
    for box in visit.page.get_by_role("checkbox").all():
        box.check()
    assert violations(visit.page) == {}
    assert not sideways(visit.page)
    heights = visit.page.locator(".pick, .picker button").evaluate_all("all => all.map(one => one.offsetHeight)")
    assert min(heights) >= 24
    assert visit.messages == []
