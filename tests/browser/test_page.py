"""The page at `/` as a person uses it: a real server, a real browser, mouse, keyboard or neither."""

import base64
import csv
import io
import json
import re
from collections.abc import Iterator
from typing import Any, Final

import httpx
import pytest
from playwright.sync_api import FileChooser, Page, Route, expect

from model_store.cells import quoted
from model_store.manifest import Headline
from tests.browser.conftest import LOOKS, Open, Scheme, Visit
from tests.process.test_server import Server, started
from tests.support.axe import violations
from tests.support.fakes import grey, publish, zip_of
from tests.support.images import damaged_jpeg

MODEL: Final = "solar-cells"
LABELS: Final = ("functional", "defective")
HOSTILE: Final = "<img src=x onerror=alert(1)>"
VIEWS: Final = {"": "Try a picture", "#/models": "Models", "#/evaluations": "Reports", "#/x": "Nothing here"}

DROP: Final = """files => {
  const data = new DataTransfer();
  for (const [name, type, text] of files) {
    data.items.add(new File([Uint8Array.from(atob(text), one => one.charCodeAt(0))], name, {type}));
  }
  const at = document.querySelector("footer");
  for (const kind of ["dragenter", "dragover", "drop"]) {
    at.dispatchEvent(new DragEvent(kind, {dataTransfer: data, bubbles: true, cancelable: true}));
  }
}"""
COPY: Final = """async text => {
  const bytes = Uint8Array.from(atob(text), one => one.charCodeAt(0));
  await navigator.clipboard.write([new ClipboardItem({"image/png": new Blob([bytes], {type: "image/png"})})]);
}"""

WATCH: Final = """() => {
  const ask = window.fetch;
  let now = window.most = 0;
  window.fetch = async (...parameters) => {
    window.most = Math.max(window.most, ++now);
    try { return await ask(...parameters); } finally { now -= 1; }
  };
}"""

SHIFTS: Final = """() => new Promise(done => {
  const sum = list => list.getEntries().reduce((sum, one) => sum + one.value, 0);
  new PerformanceObserver(list => done(sum(list))).observe({type: "layout-shift", buffered: true});
  setTimeout(() => done(0), 500);
})"""


def headline(images: int, accuracy: float, low: float, high: float) -> Headline:
    return Headline(
        images=images,
        scored=images,
        accuracy=accuracy,
        accuracy_low=low,
        accuracy_high=high,
        balanced_accuracy=accuracy,
        log_loss=0.2,
        majority_baseline=0.5,
    )


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Serve two models, one with three versions, and keep reports of it."""
    store = tmp_path_factory.mktemp("store")
    cells: dict[str, Any] = {"labels": LABELS, "positive": "defective"}
    publish(store, MODEL, **cells, threshold=0.5)
    publish(store, MODEL, **cells, threshold=0.4, metrics={"validation": headline(96, 0.875, 0.794, 0.927)})
    trained = {"training/report.html": b"<!doctype html><title>Report</title>"}
    figures = {"test": headline(158, 0.9494, 0.9032, 0.9742)}
    publish(store, MODEL, files=trained, **cells, threshold=0.35, metrics=figures)
    publish(store, "hostile", labels=("dark", HOSTILE))
    with started(store, models=f"{MODEL},hostile") as server:
        server.wait_for("is ready")
        while httpx.get(f"{server.url}/health/ready").status_code != 200:
            pass
        for name, broken in (("roof.zip", b""), (f"{'long-' * 30}name.zip", b"\x89PNG\r\n\x1a\n broken")):
            files = {"functional/1.png": grey(9), "functional/2.png": grey(200), "defective/3.png": grey(230)}
            archive = zip_of(files | ({"defective/4.png": broken} if broken else {}))
            assert httpx.post(f"{server.url}/evaluate?model={MODEL}", files={"file": (name, archive)}).is_success
        yield server


@pytest.fixture
def open_view(server: Server, open_page: Open) -> Open:
    """Return a function that opens a view, and waits until what it asked for is there."""

    def visit(hash_: str = "", **look: Any) -> Visit:  # noqa: ANN401
        seen = open_page(f"{server.url}/{hash_}", **look)
        expect(seen.page.get_by_role("heading", level=1)).to_have_text(VIEWS[hash_])
        seen.page.wait_for_load_state("networkidle")
        return seen

    return visit


def file(name: str, data: bytes, media_type: str = "image/png") -> dict[str, Any]:
    return {"name": name, "mimeType": media_type, "buffer": data}


def choose(page: Page, *files: dict[str, Any]) -> None:
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Choose pictures").click()
    chooser.value.set_files(list(files))  # type: ignore[arg-type]


def card(page: Page, name: str) -> Any:  # noqa: ANN401
    """Return the card of a file, when its prediction is there."""
    found = page.get_by_role("listitem").filter(has=page.get_by_role("heading", name=name, exact=True))
    expect(found).not_to_have_attribute("aria-busy", "true")
    return found


def sideways(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth > innerWidth"))


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize(("width", "scheme"), LOOKS)
def test_every_view_is_silent_fits_and_everybody_can_use_it(
    view: str, width: int, scheme: Scheme, server: Server, open_view: Open
) -> None:
    visit = open_view(view, width=width, scheme=scheme)
    assert visit.page.title() == f"{VIEWS[view]} · Fullcount"
    assert visit.messages == []
    assert {one for one in visit.requests if not one.startswith(server.url)} == set()
    assert not sideways(visit.page)
    assert violations(visit.page) == {}


@pytest.mark.parametrize(("width", "scheme"), LOOKS)
def test_the_reference_is_silent_fits_and_everybody_can_use_it(
    width: int, scheme: Scheme, server: Server, open_page: Open
) -> None:
    visit = open_page(f"{server.url}/redoc", width=width, scheme=scheme)
    assert visit.page.url == f"{server.url}/docs"
    assert visit.messages == []
    assert {one for one in visit.requests if not one.startswith(server.url)} == set()
    assert not sideways(visit.page)
    assert violations(visit.page) == {}
    visit.page.get_by_role("link", name="PredictionBody").first.click()
    assert visit.page.get_by_role("heading", name="PredictionBody").is_visible()


@pytest.mark.parametrize(("width", "scheme"), LOOKS)
def test_answers_fit_and_everybody_can_read_them(width: int, scheme: Scheme, open_view: Open) -> None:
    page = open_view(width=width, scheme=scheme).page
    choose(page, file("a.png", grey(204)), file(f"{'b' * 90}.png", grey(3)), file("c.png", b"none"))
    expect(card(page, "c.png")).to_contain_text("No prediction")
    expect(page.get_by_text("2 pictures predicted, 1 failed").first).to_be_visible()
    names = page.get_by_role("heading", level=3)
    assert names.evaluate_all("all => all.map(one => one.clientWidth > 40)") == [True] * 3
    assert not sideways(page)
    assert violations(page) == {}


def test_a_damaged_picture_is_predicted_and_said_to_be_damaged(open_view: Open) -> None:
    page = open_view().page
    choose(page, file("hole.jpg", damaged_jpeg(), "image/jpeg"))
    expect(card(page, "hole.jpg")).to_contain_text(
        "The file is damaged: a part of the picture is what the decoder made"
    )
    expect(page.locator("#status")).to_contain_text("The file is damaged.")
    assert violations(page) == {}


def test_a_chosen_picture_is_shown_with_its_label_bars_threshold_and_time(open_view: Open) -> None:
    visit = open_view()
    choose(visit.page, file("cell.png", grey(204, size=(30, 20))))
    found = card(visit.page, "cell.png")
    expect(found).to_contain_text("Predicted defective")
    expect(found).to_contain_text("defective has a probability of 80.0%, and is predicted from 35% on.")
    expect(found.get_by_role("list", name="Probabilities").get_by_role("listitem")).to_have_text(
        ["defective 80.0%", "functional 20.0%"]
    )
    assert found.locator(".mark").evaluate("one => one.getAttribute('x')") == "35%"
    expect(found).to_contain_text(re.compile(r"PNG, 30 . 20, \d+ bytes"))
    expect(found).to_contain_text(re.compile(r"m?s round trip.*decoding .*ms, queue .*ms, model .*ms"))
    assert found.locator("img").evaluate("one => one.naturalWidth") == 30
    expect(visit.page.locator("#status")).to_have_text("cell.png: defective, 80.0%.")
    assert visit.messages == []


def test_one_bad_file_fails_alone_and_in_words(open_view: Open) -> None:
    visit = open_view()
    choose(visit.page, file("a.png", grey(0)), file("bad.png", b"hello"), file("c.png", grey(255)))
    for name, label in (("a.png", "functional"), ("c.png", "defective")):
        expect(card(visit.page, name)).to_contain_text(f"Predicted {label}")
    bad = card(visit.page, "bad.png")
    expect(bad).to_contain_text("No prediction")
    assert re.search(r"\w+.*\.", bad.locator(".rest").inner_text())
    expect(bad.get_by_role("img", name="No preview")).to_be_visible()
    expect(visit.page.locator("#status")).to_have_text("2 pictures predicted, 1 failed")
    assert all("422" in message for message in visit.messages)  # which the browser says, not the page


def test_pictures_can_be_dropped_anywhere(open_view: Open) -> None:
    visit = open_view()
    files = [[f"{level}.png", "image/png", base64.b64encode(grey(level)).decode()] for level in range(0, 250, 50)]
    visit.page.evaluate(DROP, files)
    for name, *_ in files:
        expect(card(visit.page, name)).to_contain_text("Predicted")
    assert visit.messages == []


def test_a_picture_can_be_pasted(open_view: Open) -> None:
    visit = open_view(permissions=["clipboard-read", "clipboard-write"])
    visit.page.evaluate(COPY, base64.b64encode(grey(255)).decode())
    visit.page.keyboard.press("Control+V")
    expect(card(visit.page, "image.png")).to_contain_text("Predicted defective")
    assert visit.messages == []


def give(chooser: FileChooser) -> None:
    chooser.set_files([file("a.png", grey(0))])  # type: ignore[arg-type]


def test_the_keyboard_is_enough(open_view: Open) -> None:
    page = open_view().page
    page.on("filechooser", give)
    reached = []
    for _ in range(12):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.innerText.trim()"))
        if reached[-1] == "Choose pictures":
            break
    assert reached[:2] == ["Skip to the content", "Fullcount"]
    page.keyboard.press("Enter")
    expect(card(page, "a.png")).to_contain_text("Predicted functional")
    page.get_by_role("button", name="Clear").focus()
    page.keyboard.press("Space")
    expect(page.get_by_role("heading", name="Predictions")).to_be_hidden()
    expect(page.get_by_role("button", name="Choose pictures")).to_be_focused()


def test_who_skips_the_menu_arrives_at_the_heading_of_the_same_view(open_view: Open) -> None:
    page = open_view("#/models").page
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_be_focused()
    assert page.url.endswith("#/models")


def test_the_menu_stays_where_it_is(open_view: Open) -> None:
    page = open_view().page
    places = set()
    for name in ("Try", "Models", "Reports"):
        page.get_by_role("navigation").get_by_role("link", name=name).click()
        expect(page.get_by_role("link", name=name)).to_have_attribute("aria-current", "page")
        places.add(
            str(page.evaluate("[...document.querySelectorAll('nav a')].map(one => one.getBoundingClientRect().x)"))
        )
    assert len(places) == 1


def test_another_view_takes_title_focus_and_mark_of_the_menu(open_view: Open) -> None:
    page = open_view().page
    for name, title in (("Models", "Models"), ("Reports", "Reports"), ("Try", "Try a picture")):
        link = page.get_by_role("navigation").get_by_role("link", name=name)
        link.click()
        expect(page.get_by_role("heading", level=1)).to_have_text(title)
        expect(page.get_by_role("heading", level=1)).to_be_focused()
        expect(page).to_have_title(f"{title} · Fullcount")
        expect(link).to_have_attribute("aria-current", "page")
    page.go_back()
    expect(page.get_by_role("heading", level=1)).to_have_text("Reports")


def test_answers_are_still_there_after_a_look_at_another_view(open_view: Open) -> None:
    page = open_view().page
    choose(page, file("a.png", grey(0)))
    page.get_by_role("link", name="Models").click()
    page.get_by_role("link", name="Try").click()
    expect(card(page, "a.png")).to_contain_text("Predicted functional")


def test_the_model_and_the_version_can_be_chosen(open_view: Open) -> None:
    page = open_view().page
    expect(page.get_by_label("Version").locator("option")).to_have_text(["3 (serving)", "2", "1"])
    page.get_by_label("Version").select_option("1")
    choose(page, file("one.png", grey(115)))
    expect(card(page, "one.png")).to_contain_text(f"{MODEL}, version 1")
    expect(card(page, "one.png")).to_contain_text("is predicted only from 50% on")
    page.get_by_label("Model").select_option("hostile")
    choose(page, file("two.png", grey(255)))
    expect(card(page, "two.png")).to_contain_text(f"Predicted {HOSTILE}")
    expect(card(page, "two.png")).to_contain_text("The most probable of 2 labels.")


def test_models_are_shown_with_what_was_measured_of_each_version(open_view: Open) -> None:
    page = open_view("#/models").page
    section = page.get_by_role("region", name=MODEL)
    first, second, third = section.get_by_role("list", name="Versions").get_by_role("listitem").all()
    expect(first).to_contain_text("Version 3")
    expect(first).to_contain_text("serving")
    expect(first).to_contain_text("94.9% accuracy on 158 test images")
    expect(first).to_contain_text("95% interval: 90.3% to 97.4%")
    expect(second).to_contain_text("87.5% accuracy on 96 validation images")
    expect(third).to_contain_text("No accuracy was measured.")
    expect(section.get_by_role("list", name="Labels").get_by_role("listitem")).to_have_text(
        ["functional", "defective (positive)"]
    )


def test_a_version_shows_its_aliases(server: Server, open_page: Open) -> None:
    page = open_page(f"{server.url}/").page

    def name_versions(route: Route) -> None:
        body = route.fetch().json()
        for model in body["models"]:
            model["aliases"] = {"candidate": 2, "next": 2, "serving": 3} if model["model"] == MODEL else {}
        route.fulfill(json=body)

    page.route("**/models", name_versions)
    page.get_by_role("link", name="Models").click()
    titles = page.get_by_role("region", name=MODEL).locator("ol > li .title")
    expected = ("Version 3serving", "Version 2candidatenext(in memory)?", "Version 1(in memory)?")
    expect(titles).to_have_text([re.compile(f"^{one}$") for one in expected])


def test_a_version_leads_to_the_report_of_its_training_if_there_is_one(server: Server, open_view: Open) -> None:
    page = open_view("#/models").page
    link = page.get_by_role("link", name="Training report")
    expect(link).to_have_count(1)
    assert {name: link.get_attribute(name) for name in ("href", "target", "rel")} == {
        "href": f"{server.url}/models/{MODEL}/versions/3/report",
        "target": "_blank",
        "rel": "noopener",
    }
    expect(link).to_have_accessible_name("Training report of version 3, in a new tab")


def test_reports_are_listed_newest_first_and_lead_to_what_they_say(open_view: Open) -> None:
    page = open_view("#/evaluations").page
    newest, oldest = page.get_by_role("main").get_by_role("listitem").all()
    expect(newest).to_contain_text("4 image files: 3 scored, 1 unreadable")
    expect(oldest).to_contain_text("roof.zip")
    expect(oldest).to_contain_text("3 image files, all scored")
    expect(oldest).to_contain_text("66.7% accuracy")
    oldest.get_by_role("link").click()
    expect(page.get_by_role("heading", level=1)).not_to_have_text("Reports")


def test_a_service_that_is_not_ready_is_waited_for(server: Server, open_page: Open) -> None:
    page = open_page(f"{server.url}/#/x").page
    refused = {"/models": 2, "/predict": 1}
    body = {"title": "Not ready", "status": 503, "detail": "The models are being loaded."}

    def refuse(route: Route) -> None:
        path = "/" + route.request.url.split("/")[3].partition("?")[0]
        refused[path] -= 1
        if refused[path] < 0:
            route.continue_()
        else:
            route.fulfill(status=503, content_type="application/problem+json", body=json.dumps(body))

    page.route(re.compile(r"/(models|predict)(\?.*)?$"), refuse)
    page.get_by_role("link", name="Try").click()
    notice = page.get_by_role("status").filter(has_text="The service is not ready yet")
    expect(notice).to_contain_text("The models are being loaded.")
    choose(page, file("a.png", grey(0)))
    expect(card(page, "a.png")).to_contain_text("Predicted functional")
    expect(page.get_by_label("Version")).to_be_visible()
    expect(notice).to_have_count(0)


def test_a_service_that_does_not_answer_is_said_on_the_card_and_can_be_asked_again(open_view: Open) -> None:
    page = open_view().page
    page.route("**/predict*", lambda route: route.abort(), times=1)
    choose(page, file("a.png", grey(0)))
    expect(card(page, "a.png")).to_contain_text("The service does not answer.")
    page.get_by_role("button", name="Try again").click()
    expect(card(page, "a.png")).to_contain_text("Predicted functional")
    expect(page.get_by_text("1 picture predicted").first).to_be_visible()


def test_a_file_that_is_empty_or_too_large_is_told_so(open_view: Open) -> None:
    page = open_view().page
    body = {"title": "Body too large", "status": 413, "detail": "The body is too large.", "limit_bytes": 20_000_000}
    refusal: dict[str, Any] = {"status": 413, "content_type": "application/problem+json", "body": json.dumps(body)}
    page.route("**/predict*", lambda route: route.fulfill(**refusal))
    choose(page, file("empty.png", b""), file("large.png", grey(0)))
    expect(card(page, "empty.png")).to_contain_text("This file is empty.")
    expect(card(page, "large.png")).to_contain_text("This file is larger than the 20 MB that the service accepts.")


def test_what_is_cleared_is_not_waited_for(open_view: Open) -> None:
    page = open_view().page
    page.route("**/predict*", lambda _: None, times=3)
    choose(page, *(file(f"{number}.png", grey(0)) for number in range(5)))
    expect(page.get_by_text("Predicting…")).to_have_count(3)
    page.get_by_role("button", name="Clear").click()
    choose(page, file("a.png", grey(255)))
    expect(card(page, "a.png")).to_contain_text("Predicted defective")
    expect(page.get_by_text("1 picture predicted").first).to_be_visible()


def test_a_proxy_may_put_the_page_below_a_path(server: Server, open_view: Open) -> None:
    visit = open_view()
    visit.page.route(
        "**/below/**",
        lambda route: route.fulfill(response=route.fetch(url=route.request.url.replace("/below/", "/"))),
    )
    visit.requests.clear()
    visit.page.goto(f"{server.url}/below/")
    choose(visit.page, file("a.png", grey(255)))
    expect(card(visit.page, "a.png")).to_contain_text("Predicted defective")
    assert [one for one in visit.requests if not one.startswith(f"{server.url}/below/")] == []


def test_no_more_than_three_pictures_are_under_way(open_view: Open) -> None:
    page = open_view().page
    page.evaluate(WATCH)
    choose(page, *(file(f"{number}.png", grey(0)) for number in range(9)))
    expect(page.get_by_text("9 pictures predicted").first).to_be_visible()
    assert page.evaluate("window.most") == 3


def test_a_touch_screen_has_a_button_for_the_camera(open_view: Open) -> None:
    assert not open_view().page.get_by_role("button", name="Take a photo").is_visible()
    page = open_view(width=390, has_touch=True, is_mobile=True).page
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Take a photo").tap()
    assert not chooser.value.is_multiple()
    assert chooser.value.element.get_attribute("capture") == "environment"


def test_what_is_pressed_is_large_enough(open_view: Open) -> None:
    page = open_view(width=390).page
    choose(page, file("a.png", grey(0)))
    card(page, "a.png")
    sizes = page.evaluate(
        "[...document.querySelectorAll('a:not(.skip), button, select, summary')].filter(one => one.checkVisibility())"
        ".map(one => [one.innerText, one.getBoundingClientRect().height])"
    )
    assert [one for one in sizes if one[1] < 24] == []


def test_a_view_whose_stylesheet_does_not_come_can_be_asked_for_again(open_view: Open) -> None:
    page = open_view().page
    page.route("**/evaluate.css", lambda route: route.abort(), times=1)
    page.get_by_role("link", name="Evaluate").click()
    page.get_by_role("alert").get_by_role("button", name="Try again").click()
    expect(page.get_by_role("button", name="Choose a zip")).to_be_visible()
    assert page.evaluate("document.querySelectorAll('link[href$=\"evaluate.css\"]').length") == 1


def test_nothing_jumps_while_the_page_comes(server: Server, open_page: Open) -> None:
    page = open_page(f"{server.url}/", width=390).page
    page.wait_for_load_state("networkidle")
    assert page.evaluate(SHIFTS) < 0.02


def test_the_page_writes_and_reads_cells_as_the_service_does(open_view: Open) -> None:
    texts = ["=1", "'=1", "a;=1", "\t+1", "a\r\nb", "-", "@x", "\uff1d1", "it's", "a-b", "1e-05", "\t=", "'a"]
    written, read = open_view().page.evaluate(
        """async texts => {
          const { rowOf, rowsOf } = await import(new URL("web/lib/csv.js", document.baseURI));
          const row = rowOf(texts);
          return [row, [...rowsOf(row)]];
        }""",
        texts,
    )
    assert next(csv.reader(io.StringIO(written, newline=""))) == [quoted(text) for text in texts]
    assert read == [texts]
