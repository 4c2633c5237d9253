"""The report as a person opens it: a file, no network, wide or narrow, light or dark."""

from pathlib import Path

import pytest

from tests.browser.conftest import Open, Scheme
from tests.support.axe import violations
from tests.support.outcomes import HOSTILE_NAMES, MANY_LABELS, SOLAR_CELLS, make_outcome
from training.report.page import write_html

RECIPES = {"solar cells": SOLAR_CELLS, "hostile names": HOSTILE_NAMES, "many labels": MANY_LABELS}
LOOKS = [
    ("solar cells", 1280, "light"),
    ("solar cells", 400, "dark"),
    pytest.param("solar cells", 1280, "dark", marks=pytest.mark.thorough),
    pytest.param("solar cells", 400, "light", marks=pytest.mark.thorough),
    ("hostile names", 400, "dark"),
    ("many labels", 1280, "light"),
]
HEADINGS = ["Should you worry? No.", "Result on the test split", "Every file is counted", "Learning curves"]


@pytest.fixture(scope="session")
def reports(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Write the report of each run."""
    folder = tmp_path_factory.mktemp("reports")
    for name, recipe in RECIPES.items():
        write_html(folder / f"{name}.html", make_outcome(recipe))
    return {name: folder / f"{name}.html" for name in RECIPES}


@pytest.mark.parametrize(("name", "width", "scheme"), LOOKS)
def test_it_opens_alone_and_in_silence_and_everybody_can_use_it(
    name: str, width: int, scheme: Scheme, reports: dict[str, Path], open_page: Open
) -> None:
    visit = open_page(reports[name], width=width, scheme=scheme)
    assert visit.messages == []
    assert visit.requests == [reports[name].as_uri()]
    headings = visit.page.get_by_role("heading").all_inner_texts()
    assert [" ".join(one.split()) for one in headings if " ".join(one.split()) in HEADINGS] == HEADINGS
    assert violations(visit.page) == {}


@pytest.mark.parametrize("name", RECIPES)
def test_the_page_never_scrolls_sideways(name: str, reports: dict[str, Path], open_page: Open) -> None:
    page = open_page(reports[name]).page
    page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    for width in (1280, 400, 320):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_every_picture_is_drawn(reports: dict[str, Path], open_page: Open) -> None:
    page = open_page(reports["solar cells"]).page
    widths = page.evaluate("[...document.images].map(one => one.complete && one.naturalWidth)")
    assert len(widths) > 10
    assert all(widths)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pictures_follow_the_colours_of_the_page(scheme: Scheme, reports: dict[str, Path], open_page: Open) -> None:
    page = open_page(reports["solar cells"], scheme=scheme).page
    shown, light = page.evaluate("(one => [one.currentSrc, one.src])(document.querySelector('picture img'))")
    assert (shown == light) == (scheme == "light")


def test_it_can_be_printed_whole(reports: dict[str, Path], open_page: Open) -> None:
    page = open_page(reports["many labels"], scheme="dark").page
    page.emulate_media(media="print")
    assert page.get_by_role("rowheader", name="species-099").first.is_visible()  # though its `details` is closed
    assert page.evaluate("getComputedStyle(document.body).color") == "rgb(27, 31, 36)"  # ink, not light on white
