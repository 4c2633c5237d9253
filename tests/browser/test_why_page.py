"""Why a label was predicted, on the page: what the model saw, its activation maps, and how strong they show."""

import base64
import json
from collections.abc import Iterator
from typing import Any, Final

import httpx
import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Locator, Page, expect

from model_store.presentation.activation import AGAINST, FOR
from tests.browser.conftest import LOOKS, Open, Scheme
from tests.browser.test_page import card, choose, file, sideways
from tests.process.test_server import Server, started
from tests.support.axe import violations
from tests.support.fakes import encode, grey, publish, zip_of

CORNER: Final = np.full((16, 16, 3), 60, np.uint8)
CORNER[:8, 8:] = 250  # at the top right it is light
PICTURE: Final = encode(Image.fromarray(CORNER))
ZIP: Final = zip_of({"dark/1.png": grey(20), "dark/2.png": grey(200), "light/3.png": PICTURE, "light/4.png": grey(240)})
PAINTED: Final = "one => [...one.getContext('2d').getImageData(0, 0, one.width, one.height).data]"
PATIENTLY: Final = 60_000
"""Milliseconds: another process makes the table of a report, and draws its page."""
OPACITY: Final = "one => Number(getComputedStyle(one).opacity)"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Serve a model that can say why, and one that cannot."""
    store = tmp_path_factory.mktemp("store")
    publish(store, "shades", is_explained=True)
    publish(store, "plain")
    with started(store, models="shades,plain") as server:
        server.wait_for("is ready")
        while httpx.get(f"{server.url}/health/ready").status_code != 200:
            pass
        yield server


@pytest.fixture(scope="module")
def report(server: Server) -> dict[str, Any]:
    """Keep a report that explains."""
    answer = httpx.post(
        f"{server.url}/evaluate?model=shades&explain=true", files={"file": ("roof.zip", ZIP)}, timeout=60
    )
    found: dict[str, Any] = answer.json()
    return found


def ask_why(page: Page, name: str = "corner.png") -> Locator:
    """Choose a picture and open what says why."""
    choose(page, file(name, PICTURE))
    answered: Locator = card(page, name)
    answered.get_by_text("What the model saw, and why").click()
    expect(answered.get_by_alt_text("This picture as the model saw it")).to_be_visible()
    return answered


def slide(slider: Locator, value: int) -> None:
    slider.evaluate("(one, value) => { one.value = value; one.dispatchEvent(new Event('input')); }", value)


def test_what_is_painted_is_what_the_service_says_and_in_its_colours(server: Server, open_page: Open) -> None:
    seen = open_page(server.url)
    answered = ask_why(seen.page)
    answer = httpx.post(f"{server.url}/predict?explain=true&pixels=true", content=PICTURE).json()
    maps = {label: np.array(values) for label, values in answer["explanation"]["maps"].items()}
    scale = max(np.abs(values).max() for values in maps.values())
    layer = answered.locator("canvas")
    for label, values in maps.items():
        answered.get_by_role("radio", name=label).check()
        painted = np.array(layer.evaluate(PAINTED)).reshape(2, 2, 4)
        assert np.abs(painted[..., 3] - 255 * np.abs(values) / scale).max() <= 1
        for at in np.ndindex(2, 2):
            colour = np.array(FOR if values[at] > 0 else AGAINST)
            assert np.abs(painted[at][:3] - colour).max() <= 255 / max(1, painted[at][3])  # a browser multiplies by it
    image = answered.get_by_alt_text("This picture as the model saw it").get_attribute("src")
    assert image == answer["pixels"]
    assert not seen.messages


def test_the_slider_says_how_strong_it_shows_by_keyboard_too(server: Server, open_page: Open) -> None:
    seen = open_page(server.url)
    answered = ask_why(seen.page)
    layer, slider = answered.locator("canvas"), answered.get_by_role("slider", name="Strength")
    assert layer.evaluate(OPACITY) == pytest.approx(0.6)
    slider.focus()
    seen.page.keyboard.press("End")
    assert layer.evaluate(OPACITY) == 1
    seen.page.keyboard.press("Home")
    assert layer.evaluate(OPACITY) == 0
    answered.get_by_role("radio", name="dark").check()
    assert answered.locator("canvas").evaluate(OPACITY) == 0  # it stays as it was set


def test_nothing_is_asked_before_somebody_wants_to_know_and_then_once(server: Server, open_page: Open) -> None:
    seen = open_page(server.url)
    choose(seen.page, file("corner.png", PICTURE))
    answered = card(seen.page, "corner.png")
    assert not [one for one in seen.requests if "explain" in one or "why.js" in one]
    for _ in range(3):
        answered.get_by_text("What the model saw, and why").click()
    expect(answered.get_by_role("slider")).to_be_visible()
    assert len([one for one in seen.requests if "explain" in one]) == 1


def test_a_version_without_maps_shows_what_it_saw_and_says_so(server: Server, open_page: Open) -> None:
    seen = open_page(server.url)
    seen.page.get_by_label("Model").select_option("plain")
    answered = ask_why(seen.page)
    expect(answered.get_by_text("This version has no heat maps")).to_be_visible()
    expect(answered.get_by_role("slider")).to_have_count(0)
    assert not seen.messages


def test_what_cannot_be_had_is_a_sentence(server: Server, open_page: Open) -> None:
    seen = open_page(server.url)
    problem = {"type": "/problems/inference-failed", "title": "x", "status": 500, "detail": "The model failed."}
    seen.page.route("**/predict?*explain=true*", lambda route: route.fulfill(
        status=500, content_type="application/problem+json", body=json.dumps(problem)))  # fmt: skip
    choose(seen.page, file("corner.png", PICTURE))
    answered = card(seen.page, "corner.png")
    answered.get_by_text("What the model saw, and why").click()
    expect(answered.get_by_text("The model failed.")).to_be_visible()


def test_the_files_of_a_report_show_theirs(server: Server, report: dict[str, Any], open_page: Open) -> None:
    looks = httpx.get(f"{server.url}/evaluations/{report['id']}/thumbnails").json()
    seen = open_page(f"{server.url}/#/evaluations/{report['id']}")
    slider = seen.page.get_by_role("slider", name="Heat maps")
    layers = seen.page.locator("#files canvas")
    expect(layers).to_have_count(len(report["misclassified"]), timeout=PATIENTLY)
    assert layers.first.evaluate(OPACITY) == 0
    slide(slider, 80)
    assert layers.first.evaluate(OPACITY) == pytest.approx(0.8)
    surest = next(place for place, path in enumerate(("dark/1.png", "dark/2.png", "light/3.png", "light/4.png"))
                  if path == report["misclassified"][0]["path"])  # fmt: skip
    values = np.array(looks["maps"][str(surest)])
    painted = np.array(layers.first.evaluate(PAINTED)).reshape(2, 2, 4)
    assert np.abs(painted[..., 3] - 255 * np.abs(values) / np.abs(values).max()).max() <= 1
    assert not seen.messages


def test_an_evaluation_from_the_page_explains_where_the_version_can(server: Server, open_page: Open) -> None:
    for model, asked in (("shades", True), ("plain", False)):
        seen = open_page(f"{server.url}/#/evaluate")
        seen.page.get_by_label("Model").select_option(model)
        seen.page.locator("input[accept*=zip]").set_input_files(
            {"name": "roof.zip", "mimeType": "application/zip", "buffer": ZIP}
        )
        with seen.page.expect_request("**/evaluate?*") as sent:
            seen.page.get_by_role("button", name="Evaluate").click()
        assert ("explain=true" in sent.value.url) == asked
        expect(seen.page.get_by_role("heading", name="All mistakes")).to_be_visible(timeout=PATIENTLY)
        expect(seen.page.get_by_role("slider", name="Heat maps")).to_have_count(int(asked), timeout=PATIENTLY)


@pytest.mark.parametrize(("width", "scheme"), LOOKS)
def test_everybody_can_use_it(
    server: Server, report: dict[str, Any], open_page: Open, width: int, scheme: Scheme
) -> None:
    seen = open_page(server.url, width=width, scheme=scheme)
    ask_why(seen.page)
    assert not violations(seen.page)
    assert not sideways(seen.page)
    seen = open_page(f"{server.url}/#/evaluations/{report['id']}", width=width, scheme=scheme)
    expect(seen.page.get_by_role("slider", name="Heat maps")).to_be_visible(timeout=PATIENTLY)
    assert not violations(seen.page)
    assert not sideways(seen.page)


def test_the_page_to_pass_on_shows_maps_when_that_is_ticked(
    server: Server, report: dict[str, Any], open_page: Open, tmp_path_factory: pytest.TempPathFactory
) -> None:
    page = tmp_path_factory.mktemp("page") / "report.html"
    address = f"{server.url}/evaluations/{report['id']}"
    page.write_text(httpx.get(address, headers={"accept": "text/html"}, timeout=60).text)
    seen = open_page(page)
    tint = seen.page.locator(".tint").first
    assert base64.b64decode((tint.get_attribute("src") or "").partition(",")[2]).startswith(b"\x89PNG")
    assert tint.evaluate(OPACITY) == 0
    seen.page.get_by_role("checkbox", name="Show why").check()
    expect(tint).to_have_css("opacity", "0.6")
    assert not violations(seen.page)
