"""What the page says of a set before it is evaluated: the service's own reading, from a few bytes of the set."""

import random
import re
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Locator, Page, Response, expect

from tests.browser.conftest import LOOKS, Open, Scheme
from tests.browser.evaluate.conftest import WAIT_MS, choose
from tests.process.test_server import Server
from tests.support.axe import violations
from tests.support.fakes import grey, zip_of

LARGE = grey(5) + random.Random(0).randbytes(500_000)
TWO_READINGS = {"functional/defective/1.png": grey(1), "defective/functional/1.png": grey(2)}


NOTE_SIZES = """
  const ask = window.fetch;
  window.asked = [];
  window.fetch = (url, options) => {
    const parts = options?.body instanceof FormData ? [...options.body.values()] : [];
    if (parts.length) window.asked.push(parts.reduce((sum, one) => sum + one.size, 0));
    return ask(url, options);
  };
"""
HOLD_THE_FIRST = """
  const ask = window.fetch;
  window.held = 0;
  window.fetch = async (url, options) => {
    if (!(options?.body instanceof FormData) || window.held) return ask(url, options);
    window.held = 1;
    const answer = await ask(url, { ...options, signal: null });
    await new Promise((go) => { window.go = go; });
    return answer;
  };
"""


def preview(page: Page) -> Locator:
    return page.get_by_role("region", name="What is in this set")


def open_view(server: Server, open_page: Open) -> Page:
    page = open_page(f"{server.url}/#/evaluate").page
    expect(page.get_by_role("button", name="Choose a zip")).to_be_visible()
    return page


def report_of(server: Server, page: Page) -> dict[str, object]:
    """Evaluate, and return the report's interpretation."""
    page.get_by_role("button", name="Evaluate", exact=True).click()
    expect(page).to_have_url(re.compile(r"#/evaluations/\w{26}$"), timeout=WAIT_MS)
    body: dict[str, dict[str, object]] = httpx.get(f"{server.url}/evaluations/{page.url[-26:]}").json()
    return body["interpretation"]


@pytest.mark.parametrize(("width", "scheme"), LOOKS)
def test_a_large_zip_is_recognised_from_a_few_of_its_bytes(
    width: int, scheme: Scheme, server: Server, open_page: Open
) -> None:
    page = open_page(
        f"{server.url}/#/evaluate",
        width=width,
        scheme=scheme,
        prepare=lambda page: page.add_init_script(NOTE_SIZES),
    ).page
    files = {f"set/train/functional/{number}.png": LARGE for number in range(5)}
    files |= {"set/test/Defective/1.png": LARGE, "set/train/strangers/1.png": LARGE, "set/notes.txt": b"-"}
    data = zip_of({"set/first": LARGE, **files})
    choose(page, data)
    expect(preview(page)).to_contain_text("Recognised splits test/ (test, 1 file), train/ (train, 6 files) below set/")
    expect(preview(page).get_by_role("list", name="Files of each label")).to_have_text("functional 5defective 1")
    expect(preview(page)).to_contain_text("The folder 'Defective' counts as the label 'defective' (1 file).")
    expect(preview(page)).to_contain_text("Left out, and named in the report: files that are not pictures (1).")
    preview(page).get_by_text("2 files under no label").click()
    expect(preview(page).get_by_text("set/train/strangers/1.png")).to_be_visible()
    assert violations(page) == {}
    assert not page.evaluate("document.documentElement.scrollWidth > innerWidth")
    assert 0 < max(page.evaluate("asked")) < len(data) / 3


def test_a_misspelt_folder_is_named_before_anything_is_sent(server: Server, open_page: Open, tmp_path: Path) -> None:
    page = open_view(server, open_page)
    files = dict.fromkeys(("functional/1.png", "defectiv/1.png", "defectiv/2"), LARGE) | {"labels.csv": b"no table"}
    for path, data in files.items():
        (tmp_path / "cells" / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "cells" / path).write_bytes(data)
    answers: list[Response] = []
    page.on("response", lambda answer: answers.append(answer) if "/interpretation" in answer.url else None)
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Choose a folder").click()
    chooser.value.set_files(tmp_path / "cells")
    expect(preview(page)).to_contain_text(
        "2 of 3 files are under 'defectiv', no label of the model; is it 'defective'?"
    )
    said = answers[-1].json()["recognised"]["interpretation"]
    assert (said["wrapper"], said["unlabelled"]) == ("cells", 2)
    assert report_of(server, page) == said


def test_the_question_of_two_readings_is_answered_by_keyboard(server: Server, open_page: Open) -> None:
    page = open_view(server, open_page)
    choose(page, zip_of(TWO_READINGS))
    expect(preview(page).get_by_role("heading")).to_have_text("This set can be read in two ways")
    assert violations(page) == {}
    page.get_by_role("button", name="Evaluate", exact=True).press("Enter")
    expect(preview(page).get_by_role("heading")).to_have_text("Which way is this set to be read?")
    expect(preview(page).get_by_role("heading")).to_be_focused()
    preview(page).get_by_role("button").last.press("Enter")
    expect(preview(page)).to_contain_text("As you said, the first folders are labels.")
    preview(page).get_by_role("button", name="Take it back").press("Enter")
    expect(preview(page).get_by_role("heading")).to_have_text("This set can be read in two ways")
    expect(preview(page).get_by_role("heading")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(preview(page)).to_contain_text("As you said, the first folders are parts of the set.")
    expect(preview(page).get_by_role("heading")).to_be_focused()
    assert report_of(server, page)["layout"] == "parts"


def test_what_would_be_refused_is_said_also_after_the_service_was_busy(server: Server, open_page: Open) -> None:
    page = open_view(server, open_page)
    choose(page, b"", "empty.zip")
    expect(page.get_by_role("alert")).to_contain_text("empty.zip is empty.")
    page.route("**/interpretation?*", lambda route: route.fulfill(status=503), times=1)
    choose(page, zip_of({"cats/1.png": grey(1), "dogs/1.png": grey(2)}))
    expect(preview(page).get_by_role("heading")).to_have_text("The service would refuse this set")
    expect(preview(page)).to_contain_text("None of the folders cats, dogs is a label of the model")
    expect(preview(page)).to_contain_text("Give the folders the names of the labels")


def test_an_answer_about_another_set_is_never_shown(server: Server, open_page: Open) -> None:
    look = {"prepare": lambda page: page.add_init_script(HOLD_THE_FIRST)}
    page = open_page(f"{server.url}/#/evaluate", **look).page
    choose(page, zip_of(TWO_READINGS))
    expect(preview(page)).to_contain_text("Looking at what is in it")
    choose(page, zip_of({"functional/1.png": grey(1)}), "other.zip")
    expect(preview(page)).to_contain_text("Recognised label folders: 1 label (functional).")
    page.evaluate("go(); new Promise((done) => setTimeout(done, 150))")
    expect(preview(page)).to_contain_text("Recognised label folders: 1 label (functional).", timeout=100)


def test_the_question_is_asked_even_if_nothing_could_be_said_beforehand(server: Server, open_page: Open) -> None:
    page = open_view(server, open_page)
    page.route("**/interpretation?*", lambda route: route.abort())
    choose(page, zip_of(TWO_READINGS))
    expect(preview(page)).to_contain_text("Evaluate it to find out.")
    page.get_by_role("button", name="Evaluate", exact=True).press("Enter")
    expect(preview(page).get_by_role("heading")).to_be_focused()
    expect(page.get_by_text("--layout")).to_have_count(0)
    preview(page).get_by_role("button").last.press("Enter")
    assert report_of(server, page)["labels"] == ["defective", "functional"]
