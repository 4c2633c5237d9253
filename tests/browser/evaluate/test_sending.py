"""Evaluating in the page: a zip is sent to a real server and leads to its report."""

import json
import re
from pathlib import Path
from typing import Any, Final

import httpx
import pytest
from playwright.sync_api import FilePayload, expect

from tests.browser.conftest import LOOKS, Open, Scheme
from tests.browser.evaluate.conftest import WAIT_MS, cell, choose, labelled_zip, listed, matrix, shown
from tests.process.test_server import Server, settle
from tests.support.axe import violations
from tests.support.fakes import grey, zip_of

SENT: Final = """() => {
  const names = form => [...form].map(([name, file]) => [name, file.name]);
  XMLHttpRequest.prototype.send = form => console.log(JSON.stringify(names(form)));
}"""


def test_a_zip_is_evaluated_with_its_progress_and_leads_to_its_report(server: Server, open_page: Open) -> None:
    visit = open_page(f"{server.url}/#/evaluate")
    page = visit.page
    choose(page, labelled_zip(), "my cells.zip")
    expect(page.get_by_role("strong")).to_have_text("my cells.zip")
    page.get_by_label("Compare with").select_option("version 1")
    page.get_by_role("button", name="Evaluate", exact=True).click()
    expect(page.get_by_text(re.compile(r"\d+ of 158 files"))).to_be_visible()
    expect(page.get_by_text(re.compile(r"\d+ files a second · about \d+ seconds? left"))).to_be_visible()
    expect(page).to_have_url(re.compile(r"#/evaluations/\w{26}$"), timeout=WAIT_MS)
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
    [(b"none", "zip"), (zip_of({"1.png": grey(0)}), "label"), (zip_of({"a/1.txt": b""}), "image")],
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


def test_corrections_are_sent_beside_the_set(server: Server, open_page: Open) -> None:
    page = open_page(f"{server.url}/#/evaluate").page
    page.evaluate(SENT)
    choose(page, labelled_zip())
    table = FilePayload(name="corrections.csv", mimeType="text/csv", buffer=b"path,was,should_be,why\r\n")
    page.get_by_label("Corrections of labels").set_input_files(table)
    with page.expect_console_message() as sent:
        page.get_by_role("button", name="Evaluate", exact=True).click()
    assert json.loads(sent.value.text) == [["file", "cells.zip"], ["corrections", "corrections.csv"]]


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


@pytest.mark.parametrize(("width", "scheme"), LOOKS)
def test_everybody_can_evaluate(width: int, scheme: Scheme, server: Server, open_page: Open) -> None:
    page = open_page(f"{server.url}/#/evaluate", width=width, scheme=scheme).page
    choose(page, labelled_zip(), f"{'long-' * 30}name.zip")
    assert violations(page) == {}
    page.get_by_role("button", name="Evaluate", exact=True).click()
    expect(page.get_by_text(re.compile(r"\d+ of 158 files"))).to_be_visible()
    assert violations(page) == {}
    assert not page.evaluate("document.documentElement.scrollWidth > innerWidth")
