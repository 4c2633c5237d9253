"""An evaluation's page as a person opens it: a file, no network, wide or narrow, light or dark."""

from pathlib import Path

import pytest

from tests.browser.conftest import Open, Scheme
from tests.support.axe import violations
from tests.support.reports import HOSTILE_NAMES, MANY_LABELS, NO_FILES, SOLAR_CELLS, write_page

RECIPES = {"solar cells": SOLAR_CELLS, "hostile": HOSTILE_NAMES, "many": MANY_LABELS, "none": NO_FILES}
LOOKS = [
    ("solar cells", 1280, "light"),
    ("solar cells", 400, "dark"),
    pytest.param("solar cells", 1280, "dark", marks=pytest.mark.thorough),
    pytest.param("solar cells", 400, "light", marks=pytest.mark.thorough),
    ("hostile", 400, "light"),
    ("many", 1280, "dark"),
    ("none", 400, "light"),
]
HEADINGS = ["Every file is counted", "Result", "Worst mistakes", "Doubtful files", "Files left out"]


@pytest.fixture(scope="session")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Write the page of each report."""
    folder = tmp_path_factory.mktemp("pages")
    return {name: write_page(folder, name, recipe) for name, recipe in RECIPES.items()}


@pytest.mark.parametrize(("name", "width", "scheme"), LOOKS)
def test_it_opens_alone_and_in_silence_and_everybody_can_use_it(
    name: str, width: int, scheme: Scheme, pages: dict[str, Path], open_page: Open
) -> None:
    visit = open_page(pages[name], width=width, scheme=scheme)
    assert visit.messages == []
    assert visit.requests == [pages[name].as_uri()]
    headings = [" ".join(one.split()) for one in visit.page.get_by_role("heading").all_inner_texts()]
    assert [one for one in headings if one in HEADINGS] == HEADINGS
    assert violations(visit.page) == {}


@pytest.mark.parametrize("name", RECIPES)
def test_the_page_never_scrolls_sideways(name: str, pages: dict[str, Path], open_page: Open) -> None:
    page = open_page(pages[name]).page
    page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    for width in (1280, 400, 320):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_every_picture_is_drawn(pages: dict[str, Path], open_page: Open) -> None:
    page = open_page(pages["solar cells"]).page
    widths = page.evaluate("[...document.images].map(one => one.complete && one.naturalWidth)")
    assert len(widths) > 20
    assert all(widths)


def test_damaged_files_are_listed(pages: dict[str, Path], open_page: Open) -> None:
    damaged = open_page(pages["solar cells"]).page.get_by_role("region", name="Damaged files")
    assert damaged.get_by_role("rowheader").count() == 4
    assert damaged.get_by_role("rowheader", name="test/defective/cell3.png").is_visible()


def test_the_unreadable_column_and_unknown_rows_can_be_seen(pages: dict[str, Path], open_page: Open) -> None:
    page = open_page(pages["solar cells"]).page
    matrix = page.get_by_role("region", name="Confusion matrix", exact=True)
    assert matrix.get_by_role("columnheader", name="unreadable").is_visible()
    assert matrix.get_by_role("rowheader", name="stranger (not a label of the model)").is_visible()
