"""Marks: files of a report are judged by keyboard and pointer, kept in the browser, and exported as corrections."""

import csv
import io
import json
import re
from itertools import chain
from pathlib import Path
from typing import Final

import httpx
import numpy as np
from playwright.sync_api import FilePayload, Locator, Page, expect

from model_store.cells import quoted
from model_store.labelled_sets.corrections.reading import read_corrections
from model_store.text import number, percent
from tests.browser.conftest import Open
from tests.browser.evaluate.conftest import HOSTILE, LABELS, WAIT_MS, choose, shown
from tests.browser.evaluate.test_made_reports import serve
from tests.process.test_server import Server
from tests.support.axe import violations
from tests.support.fakes import grey, zip_of
from tests.support.reports import SOLAR_CELLS, Recipe, make

ODD: Final = Recipe(
    labels=("cat", "the other, 'odd'\n\"label\"", "=dog", "日本語"),
    positive=None,
    files=48,
    skill=0.6,
    names=('a, "b"', "line\r\nbreak", "=1+1", "日本語", " spaces "),
    is_compared=False,
)
HEADER: Final = ("path", "was", "should_be", "why")
NO_STORAGE: Final = """Object.defineProperty(window, "localStorage", {
  get() { throw new DOMException("It is blocked.", "SecurityError"); },
});"""
CLEARED_ELSEWHERE: Final = """key => {
  localStorage.removeItem(key);
  window.dispatchEvent(new StorageEvent("storage", {key}));  // as it comes from another tab
}"""
FULL: Final = """() => {
  Storage.prototype.setItem = () => { throw new DOMException("It is full.", "QuotaExceededError"); };
}"""


def show(page: Page, address: str) -> Page:
    page.evaluate("hash => location.hash = hash", address)
    expect(page.locator("#files li").first).to_be_visible()
    return page


def enter(page: Page) -> None:
    """Reach the list of files by the keyboard."""
    page.locator("#files h2").focus()
    while not page.evaluate("document.activeElement.closest('.marking')"):
        page.keyboard.press("Tab")


def press(page: Page, keys: str) -> None:
    for key in keys.split():
        page.keyboard.press(key)


def marking(page: Page, section: str, path: str) -> Locator:
    return page.locator(section).get_by_role("toolbar", name=f"Mark {shown(path)}", exact=True)


def exported(page: Page) -> bytes:
    with page.expect_download() as download:
        page.get_by_role("button", name="Export corrections.csv").click()
    assert download.value.suggested_filename == "corrections.csv"
    return Path(download.value.path()).read_bytes()


def corrections(*rows: tuple[str, str, str, str]) -> bytes:
    file = io.StringIO(newline="")
    csv.writer(file).writerows([HEADER, *(map(quoted, row) for row in sorted(rows))])
    return file.getvalue().encode()


def test_files_are_marked_by_keyboard_alone_kept_and_exported(server: Server, open_page: Open) -> None:
    page = open_page(f"{server.url}/#/models").page
    show(page, serve(page, ODD))
    first, second, third, fourth, _, sixth = make(ODD)[0].misclassified[:6]
    enter(page)
    press(page, "r j w ArrowDown 2 j u j 4 Backspace j r")
    expect(page.get_by_role("status").last).to_have_text("Label is right. 5 marked: 2 wrong, 2 right, 1 not usable.")
    press(page, "k k ArrowRight ArrowRight ArrowRight")
    expect(marking(page, "#files", fourth.path).get_by_role("button", name="Not usable")).to_be_focused()
    assert violations(page) == {}
    judged = [
        (first.path, first.actual, first.actual, "misclassified: right"),
        (second.path, second.actual, second.predicted, "misclassified: wrong label"),
        (third.path, third.actual, ODD.labels[1], "misclassified: wrong label"),
        (fourth.path, fourth.actual, "", "misclassified: not usable"),
        (sixth.path, sixth.actual, sixth.actual, "misclassified: right"),
    ]
    wanted = corrections(*judged)
    assert all(odd in wanted.decode() for odd in ('""b""', "\r\nbreak", "日本語", "'=dog"))
    assert exported(page) == wanted
    read = read_corrections("corrections.csv", wanted).rows
    assert sorted((one.path, one.was, one.should_be or "", one.why) for one in read) == sorted(judged)
    page.reload()
    expect(page.locator("#marks .sum")).to_have_text("5 marked: 2 wrong, 2 right, 1 not usable.")
    expect(marking(page, "#files", second.path).get_by_role("button", pressed=True)).to_have_count(1)
    page.get_by_text("Marked files").click()
    expect(page.locator("#marks").get_by_role("toolbar")).to_have_count(5)
    expect(page.locator("#marks").get_by_role("button", pressed=True)).to_have_count(5)
    assert exported(page) == wanted


def test_suspects_and_duplicates_are_marked_by_pointer_and_every_list_shows_it(server: Server, open_page: Open) -> None:
    page = open_page(f"{server.url}/#/models", width=390, scheme="dark").page
    show(page, serve(page, SOLAR_CELLS))
    report = make(SOLAR_CELLS)[0]
    suspect, group = report.mislabelled[0], report.duplicates[0]
    twin, other = group.paths[:2]
    marking(page, "#doubts", suspect.path).get_by_role("button", name=f"Wrong: {suspect.suggested}").click()
    expect(marking(page, "#files", suspect.path).get_by_role("button", name="Wrong", pressed=True)).to_be_visible()
    marking(page, "#doubts", twin).get_by_role("button", name="Right").click()
    marking(page, "#doubts", other).get_by_role("button", name="Not usable").click()
    expect(page.locator("#marks .sum")).to_have_text("3 marked: 1 wrong, 1 right, 1 not usable.")
    assert not page.evaluate("document.documentElement.scrollWidth > innerWidth")
    given = {path: Path(path).parent.name for path in group.paths}
    suspected = (suspect.path, suspect.actual, suspect.suggested, "suspect: wrong label")
    right = (twin, given[twin], given[twin], "duplicate: right")
    wanted = corrections(suspected, right, (other, given[other], "", "duplicate: not usable"))
    assert exported(page) == wanted
    marking(page, "#doubts", other).get_by_role("button", name="Not usable").click()
    assert exported(page) == corrections(suspected, right)
    page.get_by_role("button", name="Clear marks").click()
    expect(page.get_by_role("button", name="Undo")).to_be_focused()
    assert exported(page) == corrections()
    page.get_by_role("button", name="Undo").focus()
    press(page, "Enter Enter")
    assert exported(page) == wanted
    page.evaluate(CLEARED_ELSEWHERE, f"fullcount.marks.{report.id}")
    assert exported(page) == corrections()


def test_marks_that_the_browser_does_not_keep_say_so_and_can_be_exported(server: Server, open_page: Open) -> None:
    page = open_page(f"{server.url}/#/models").page
    show(page, serve(page, ODD))
    enter(page)
    page.evaluate(FULL)
    press(page, "r")
    expect(page.locator("#marks").get_by_role("alert")).to_contain_text("The browser has no room left")
    expect(page.locator("#marks")).to_contain_text("keeps them until you clear them")
    page.evaluate(CLEARED_ELSEWHERE, f"fullcount.marks.{make(ODD)[0].id}")
    expect(page.locator("#marks .sum")).to_contain_text("1 marked")
    page.evaluate("id => localStorage[`fullcount.marks.${id}`] = '[{}]'", make(ODD)[0].id)
    page.reload()
    expect(page.locator("#marks").get_by_role("alert")).to_contain_text("cannot be read")
    page.add_init_script(NO_STORAGE)
    page.reload()
    expect(page.locator("#marks").get_by_role("alert")).to_contain_text("does not let the page keep anything")
    expect(page.locator("#marks")).not_to_contain_text("keeps them until you clear them")
    enter(page)
    press(page, "u")
    first = make(ODD)[0].misclassified[0]
    assert exported(page) == corrections((first.path, first.actual, "", "misclassified: not usable"))


def test_figures_before_the_corrections_stand_beside_those_after(server: Server, open_page: Open) -> None:
    page = open_page(f"{server.url}/#/models", width=390, scheme="dark").page
    after = make(SOLAR_CELLS)[0]
    before = make(Recipe(skill=0.5))[0]
    lost = {"row": 9, "path": HOSTILE[0], "was": "a", "should_be": None, "why": "", "file": None}
    effect = {
        "filename": "corrections.csv",
        "sha256": "ab" * 32,
        "rows": 1_234,
        "states": {"applied": 1_233, "left-out": 0, "not-found": 1},
        "not_applied": [lost | {"state": "not-found", "detail": "no file of the set has this path"}],
        "before": json.loads(before.model_dump_json(include={"accounting", "confusion_matrix", "metrics"})),
    }
    show(page, serve(page, SOLAR_CELLS, corrections=effect))
    section = page.locator("#corrections")
    figures = section.get_by_role("region", name="Figures before and after").get_by_role("row")
    for name, write in (("accuracy", percent), ("balanced accuracy", percent), ("log loss", number)):
        said = [one.metrics.model_dump()[name.replace(" ", "_")] for one in (before, after)]
        shares = [write(one["value"] if name == "accuracy" else one) for one in said]
        cells = figures.filter(has_text=re.compile(f"^{name}")).get_by_role("cell").all_inner_texts()
        assert [cell.split()[0] for cell in cells] == shares
    for name, one in (("before", before), ("after", after)):
        counts = section.get_by_role("table", name=f"Confusion matrix {name} the corrections").locator("b")
        assert [int(count) for count in counts.all_inner_texts()] == [*chain(*one.confusion_matrix.counts)]
    rows = section.get_by_role("region", name="Rows of the corrections").get_by_role("row").all_inner_texts()
    assert [row.split()[0] for row in rows] == ["state", "applied", "not-found"]
    expect(section.get_by_role("region", name="Rows that were not applied")).to_contain_text(HOSTILE[0])
    expect(page.locator("#marks")).to_contain_text("The labels of this report are those after corrections.csv.")
    page.locator("#doubts").get_by_role("button", name="Not usable").first.click()
    assert violations(page) == {}


def relabelled() -> tuple[dict[str, str], bytes]:
    """Make 158 pictures, 20 of them in the folder of the other label: path to right label, and their zip."""
    dice = np.random.default_rng(19)
    right: dict[str, str] = {}
    files: dict[str, bytes] = {}
    for place in range(158):
        label, other, mean = (*LABELS, 80) if place % 2 == 0 else (*LABELS[::-1], 165)
        level = int(np.clip(dice.normal(mean, 35), 0, 255))
        is_plain = level < 100 if mean == 80 else level > 160
        moved = sum(not path.startswith(label) for path, label in right.items())
        path = f"{other if is_plain and moved < 20 else label}/{place}.png"
        right[path], files[path] = label, grey(level)
    return right, zip_of(files)


def test_a_set_with_mended_labels_has_the_accuracy_of_the_right_labels(server: Server, open_page: Open) -> None:
    right, data = relabelled()
    moved = {path for path, label in right.items() if not path.startswith(label)}
    assert len(moved) == 20
    answer = httpx.post(f"{server.url}/evaluate", files={"file": ("cells.zip", data)}, timeout=60)
    report = answer.raise_for_status().json()
    mistakes = [one["path"] for one in report["misclassified"]]
    assert moved < set(mistakes)
    page = show(open_page(f"{server.url}/#/models").page, f"#/evaluations/{report['id']}")
    expect(page.get_by_role("slider", name="Threshold")).to_be_enabled(timeout=WAIT_MS)
    enter(page)
    for path in mistakes:
        press(page, "w j" if path in moved else "r j")
    table = exported(page)
    rows = csv.DictReader(io.StringIO(table.decode(), newline=""))
    assert {row["path"]: (row["was"], row["should_be"]) for row in rows} == {
        path: (path.split("/")[0], right[path]) for path in mistakes
    }
    page.get_by_role("link", name="Evaluate").click()
    choose(page, data)
    file = FilePayload(name="corrections.csv", mimeType="text/csv", buffer=table)
    page.get_by_label("Corrections of labels").set_input_files(file)
    page.get_by_role("button", name="Evaluate", exact=True).click()
    figures = page.get_by_role("region", name="Figures before and after").get_by_role("row")
    expect(figures.filter(has_text="accuracy").first).to_be_visible(timeout=WAIT_MS)
    mended = httpx.get(f"{server.url}/evaluations/{page.url.rpartition('/')[2]}").json()
    hits = sum((path in mistakes) == (path in moved) for path in right)
    assert mended["metrics"]["accuracy"]["value"] == hits / len(right)
    assert mended["corrections"]["before"]["metrics"] == report["metrics"]
    before, after = figures.filter(has_text="accuracy").first.get_by_role("cell").all_inner_texts()
    assert (before.split()[0], after.split()[0]) == (
        percent(1 - len(mistakes) / len(right)),
        percent(hits / len(right)),
    )
