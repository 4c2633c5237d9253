"""The page says what the report says, whatever names it holds."""

import functools
import re
from html.parser import HTMLParser

import pytest

from app.reports.rendering.matrix import render as render_picture
from app.reports.rendering.page import render
from tests.support.reports import HOSTILE, HOSTILE_NAMES, MANY_LABELS, NO_FILES, SOLAR_CELLS, Recipe, make

RECIPES = {"solar cells": SOLAR_CELLS, "hostile": HOSTILE_NAMES, "many": MANY_LABELS, "none": NO_FILES}


class Page(HTMLParser):
    """The text of a page, its tags, and whether each was closed."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.words: list[str] = []
        self.tags: list[str] = []
        self.open: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.feed(source)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs
        if tag not in {"meta", "link", "img", "br", "wbr", "source", "rect", "path", "circle"}:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open[-1:] != ["style"]:
            self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())


@functools.cache
def page_of(recipe: Recipe) -> Page:
    page = Page(render(*make(recipe)).decode())
    assert page.open == []
    return page


@pytest.mark.parametrize("recipe", RECIPES.values(), ids=RECIPES)
def test_it_is_one_file_that_needs_no_other_and_has_no_script(recipe: Recipe) -> None:
    page = page_of(recipe)
    assert "script" not in page.tags
    addresses = [value or "" for name, value in page.attributes if name in {"src", "srcset", "href"}]
    assert all(address.startswith(("data:", "#")) for address in addresses)
    assert not [name for name, _ in page.attributes if name.startswith("on")]
    anchors = {value for name, value in page.attributes if name == "id"}
    assert {address[1:] for address in addresses if address.startswith("#")} <= anchors


def test_it_says_what_the_report_says() -> None:
    report, _ = make(SOLAR_CELLS)
    text = page_of(SOLAR_CELLS).text
    assert text.index(report.accounting.sentence()) < text.index("Accuracy")
    assert all(sentence in text for sentence in report.summary)
    assert report.comparison is not None
    assert report.comparison.verdict in text
    assert report.positive is not None
    assert "0.4 in use" in text
    assert report.leakage is not None
    assert f"The version was trained on {len(report.leakage.files)} files of this set" in text
    assert "micro-averaged" in text
    assert "The folder 'Defective' counts as the label 'defective' (79 files)." in text
    assert "test/ cell.png" in text or "cell.png" in text
    for cell in (cell for row in report.confusion_matrix.counts for cell in row):
        assert str(cell) in text


def test_hostile_names_are_shown_and_are_no_markup() -> None:
    page = page_of(HOSTILE_NAMES)
    assert HOSTILE[0] in page.text
    assert HOSTILE[1] in page.text
    assert "\u202e" not in page.text
    assert r"=1+1\n\u202edir" in page.text


def test_many_labels_are_a_picture_and_their_worst_pairs() -> None:
    page = page_of(MANY_LABELS)
    assert "All 60 labels" in page.text
    assert "Confused most often" in page.text
    assert "Only the labels with the smallest areas are drawn" in page.text


def test_a_report_without_files_says_so_everywhere() -> None:
    text = page_of(NO_FILES).text
    assert "0 files = 0 scored + 0 unreadable" in text
    assert "No file stands out." in text
    assert "figures that cannot be computed" in text
    assert not re.search(r"\bnan\b|None\b(?!\.| of)", text)


@pytest.mark.parametrize("recipe", RECIPES.values(), ids=RECIPES)
def test_the_picture_is_a_png(recipe: Recipe) -> None:
    assert render_picture(make(recipe)[0]).startswith(b"\x89PNG")
