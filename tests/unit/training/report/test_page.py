import base64
import functools
import hashlib
import itertools
import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from model_store.evaluation.report import Damaged
from tests.support.outcomes import (
    HOSTILE,
    HOSTILE_NAMES,
    MANY_LABELS,
    SMALL,
    Recipe,
    make_outcome,
    with_corrections,
)
from training.report.page import SHOWN, render

VOID = {"meta", "link", "img", "source", "wbr", "br", "path", "rect", "circle"}
HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")


class Page(HTMLParser):
    """The contents of a page, read as a browser would read it."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.headings: list[str] = []
        self.text = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag in HEADINGS:
            self.headings.append(tag)
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] != "style":
            self.text += data

    def values(self, *names: str) -> list[str]:
        """Return the values of the attributes of these names."""
        return [value or "" for _, given in self.tags for name, value in given.items() if name in names]


@functools.cache
def html_of(recipe: Recipe) -> str:
    return render(make_outcome(recipe))


@functools.cache
def page_of(recipe: Recipe) -> Page:
    return Page(html_of(recipe))


@pytest.mark.parametrize("recipe", [SMALL, HOSTILE_NAMES, MANY_LABELS], ids=["small", "hostile", "many labels"])
def test_nothing_in_it_points_outside(recipe: Recipe) -> None:
    addresses = page_of(recipe).values("src", "srcset", "href", "xlink:href", "action", "data", "poster", "background")
    assert len(addresses) > 10
    assert [one for one in addresses if not one.startswith(("data:", "#"))] == []
    assert "url(" not in html_of(recipe)
    assert "@import" not in html_of(recipe)


def test_every_link_inside_leads_somewhere() -> None:
    page = page_of(SMALL)
    targets = {one[1:] for one in page.values("href") if one.startswith("#")}
    assert targets <= set(page.values("id"))
    assert len(page.values("id")) == len(set(page.values("id")))


def test_it_has_no_script_and_a_policy_that_would_run_none() -> None:
    page = page_of(HOSTILE_NAMES)
    assert {tag for tag, _ in page.tags} & {"script", "iframe", "object", "embed", "form", "base"} == set()
    assert [name for _, given in page.tags for name in given if name.startswith("on") or name == "style"] == []
    policy = next(str(given["content"]) for _, given in page.tags if given.get("http-equiv"))
    assert policy.startswith("default-src 'none'; img-src data:; style-src 'sha256-")
    assert "script" not in policy


def test_the_policy_allows_the_style_sheet_that_is_there() -> None:
    html = html_of(SMALL)
    style = html[html.index("<style>") + len("<style>") : html.index("</style>")]
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert f"style-src 'sha256-{digest}'" in html


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_label_is_text_and_nothing_else(name: str) -> None:
    shown = name.replace("\n", "\\n").replace("\u202e", "\\u202e")
    assert shown in page_of(HOSTILE_NAMES).text
    assert "<script" not in html_of(HOSTILE_NAMES)
    assert "\u202e" not in html_of(HOSTILE_NAMES)


def test_damaged_held_out_images_are_counted_and_listed() -> None:
    outcome = make_outcome(SMALL)
    evaluation = outcome.evaluations["test"]
    sums = evaluation.accounting.model_copy(update={"damaged": 1})
    damaged = evaluation.model_copy(update={"accounting": sums, "damaged": [Damaged(path="x/hole.jpg", label="x")]})
    text = Page(render(replace(outcome, evaluations={**outcome.evaluations, "test": damaged}))).text
    assert f"1 of the {sums.scored} scored test images is damaged: its prediction is about what" in text
    assert text.index("Scored, but damaged") < text.index("hole.jpg")
    assert "damaged" not in page_of(SMALL).text


def test_sentences_that_name_labels_are_text_as_well() -> None:
    outcome = make_outcome(SMALL)
    finding = replace(outcome.diagnosis.main, sentence="<b onclick=x>", advice="</main>", evidence=("<img src=x>",))
    hostile = replace(
        outcome,
        diagnosis=replace(outcome.diagnosis, findings=(finding, finding)),
        augmentation=("<i>",),
        calibration=replace(outcome.calibration, note="<u>"),
    )
    tags = {tag for tag, _ in Page(render(hostile)).tags}
    assert tags & {"i", "u"} == {"i"}  # the swatches of a legend are `i`
    assert "onclick" not in {name for _, given in Page(render(hostile)).tags for name in given}


@pytest.mark.parametrize("recipe", [SMALL, HOSTILE_NAMES, MANY_LABELS], ids=["small", "hostile", "many labels"])
def test_headings_are_in_order_and_tables_have_headers(recipe: Recipe) -> None:
    page = page_of(recipe)
    levels = [int(heading[1]) for heading in page.headings]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels))
    assert all(given.get("scope") in {"row", "col"} for tag, given in page.tags if tag == "th")
    assert all(given.get("alt") for tag, given in page.tags if tag == "img")


def test_the_verdict_comes_first() -> None:
    text = page_of(SMALL).text
    main = make_outcome(SMALL).diagnosis.main
    places = [text.index(one) for one in (main.sentence, main.evidence[0], main.advice, "Result on the test split")]
    assert places == sorted(places)


def test_the_sums_shown_are_those_of_the_evaluation() -> None:
    evaluation = make_outcome(SMALL).evaluations["test"]
    table = re.search(r'<table class="matrix">.*?</table>', html_of(SMALL), re.DOTALL)
    assert table
    rows = [
        [int(cell.replace(",", "")) for cell in re.findall(r"<td[^>]*>(?:<b>)?([\d,]+)(?:</b>)?", row)]
        for row in re.findall(r"<tr>.*?</tr>", table[0])[1:]
    ]
    counts = evaluation.confusion_matrix.counts
    assert [row[:-1] for row in rows[:-1]] == counts
    assert [row[-1] for row in rows] == [*map(sum, counts), evaluation.accounting.images]
    assert rows[-1][:-1] == [sum(column) for column in zip(*counts, strict=True)]
    assert evaluation.accounting.sentence() in page_of(SMALL).text


def test_the_result_is_said_in_words_with_its_interval_and_its_resolution() -> None:
    text = page_of(SMALL).text
    assert re.search(r"The model got \d+ of 20 test images right: [\d.]+% \(95% interval [\d.]+% to [\d.]+%\)", text)
    assert "One test image is 5 percentage points" in text
    assert "Predicting 'functional' for every test image would be right for" in text


def test_without_a_test_split_it_says_that_the_figures_are_too_good() -> None:
    outcome = make_outcome(replace(SMALL, images=(40, 12, 0)))
    untested = replace(outcome, evaluations={"validation": outcome.evaluations["validation"]})
    text = Page(render(untested)).text
    assert "Result on the validation split" in text
    assert "so they are optimistic" in text


def test_every_phase_is_there_kept_or_not_with_its_reason() -> None:
    outcome = make_outcome(SMALL)
    tuned = replace(outcome.phases[1], is_kept=False, note="It did not help.")
    skipped = replace(tuned, epochs=0, best=None, note="No time was left.")
    rejected = Page(render(replace(outcome, phases=(outcome.phases[0], tuned)))).text
    assert "rejected It did not help." in rejected
    assert "the weights of epoch 31 are published" in rejected
    assert "skipped No time was left." in Page(render(replace(outcome, phases=(outcome.phases[0], skipped)))).text


def test_at_most_24_mistakes_are_shown_and_the_others_counted() -> None:
    page = page_of(MANY_LABELS)
    mistakes = make_outcome(MANY_LABELS).evaluations["test"].misclassified
    assert len([one for one in page.values("src") if one.startswith("data:image/jpeg")]) == 24
    assert f"The 24 of {len(mistakes):,} mistakes" in page.text
    assert mistakes[0].path in page.text


def test_long_lists_are_cut_and_counted() -> None:
    text = page_of(replace(SMALL, odd=30)).text
    assert f"And {32 - SHOWN} more; dataset.csv lists every file." in text


@pytest.mark.parametrize("recipe", [SMALL, MANY_LABELS], ids=["small", "many labels"])
def test_it_stays_small(recipe: Recipe) -> None:
    assert len(html_of(recipe).encode()) < 1_000_000


def test_many_labels_are_shown_as_a_picture_and_by_their_most_confused_pairs() -> None:
    page = page_of(MANY_LABELS)
    assert "Confused most often" in page.text
    assert any("Confusion matrix of 100 labels" in one for one in page.values("alt"))
    assert '<table class="matrix">' not in html_of(MANY_LABELS)


def test_where_the_data_lies_is_not_told() -> None:
    outcome = make_outcome(SMALL)
    private = replace(outcome, config=replace(outcome.config, weights="secret/place/weights.h5"))
    assert "photographs" not in html_of(SMALL)
    assert "secret" not in render(private)


def test_the_same_run_gives_the_same_page() -> None:
    assert render(make_outcome(SMALL)) == html_of(SMALL)


def test_the_rows_of_corrections_are_in_the_page_with_their_states() -> None:
    page = Page(render(with_corrections(make_outcome(SMALL))))
    assert page.open == []
    assert "script" not in [tag for tag, _ in page.tags]
    text = " ".join(page.text.split())
    assert "3 rows of corrections.csv, applied before the split." in text
    assert "the set's label is 'x', not 'functional'" in text
    assert "--corrections corrections.csv" in text
    assert "desk" not in text
    assert "Corrections of labels" not in page_of(SMALL).text
