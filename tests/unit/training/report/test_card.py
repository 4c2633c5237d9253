import functools
import re
from dataclasses import replace
from typing import Any

import pytest
import yaml as parser

from tests.support.outcomes import (
    HOSTILE,
    HOSTILE_NAMES,
    MANY_LABELS,
    SMALL,
    Recipe,
    make_outcome,
    with_corrections,
)
from training.report.card import markdown, render, yaml

NAMES = (
    *HOSTILE,
    *("no", "null", "1e3", "1.5", "- a", "{}", "#x", "a: b", "%", "@", "`", "~", "\t", "\x07", "\ufeff", "😀"),
)


@functools.cache
def parts_of(recipe: Recipe) -> tuple[dict[str, Any], str]:
    _, head, body = re.split(r"^---\n", render(make_outcome(recipe)), maxsplit=2, flags=re.MULTILINE)
    return parser.safe_load(head), body


@pytest.mark.parametrize("name", NAMES)
def test_a_text_comes_back_from_yaml_as_it_was(name: str) -> None:
    value: Any = {"key": name, "list": [name, {"a": name, "b": [name]}], "nested": {"deeper": {"deepest": name}}}
    assert parser.safe_load(yaml(value)) == value


@pytest.mark.parametrize("value", [0.5, 1.0, 0.0, 1e-6])
def test_a_number_comes_back_as_a_number(value: float) -> None:
    assert parser.safe_load(yaml({"value": value})) == {"value": pytest.approx(value)}


def test_the_metadata_say_what_the_hub_asks() -> None:
    head, _ = parts_of(SMALL)
    assert head["pipeline_tag"] == "image-classification"
    assert head["license"] == "unknown"
    assert "efficientnet-lite0" in head["tags"]


def test_the_results_in_the_metadata_are_those_of_the_test_split() -> None:
    head, _ = parts_of(HOSTILE_NAMES)
    (result,) = head["model-index"][0]["results"]
    metrics = make_outcome(HOSTILE_NAMES).evaluations["test"].metrics
    assert result["dataset"]["split"] == "test"
    assert result["metrics"][0]["value"] == pytest.approx(metrics.accuracy.value, abs=1e-6)
    assert {one["name"] for one in result["metrics"]} >= {f"recall of {name}" for name in HOSTILE}


def test_a_figure_that_is_not_defined_is_left_out() -> None:
    outcome = make_outcome(SMALL)
    evaluation = outcome.evaluations["test"]
    undefined = evaluation.model_copy(update={"metrics": evaluation.metrics.model_copy(update={"macro_f1": None})})
    text = render(replace(outcome, evaluations={"test": undefined}))
    assert "F1, mean of the labels, test split" not in text
    assert "F1, mean of the labels, test split" in render(outcome)


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("<img src=x>", r"\<img src=x\>"),
        ("a|b", r"a\|b"),
        ("[x](https://y)", r"\[x\](https\://y)"),
        ("- x", r"\- x"),
        ("1. x", r"1\. x"),
        ("1.5", "1.5"),
        ("    x", "&#32;&#32;&#32;&#32;x"),
        ("a\nb", r"a\\nb"),
        ("www.x", r"www\.x"),
    ],
)
def test_markup_in_a_text_is_shown_and_not_followed(text: str, escaped: str) -> None:
    assert markdown(text) == escaped


def test_a_hostile_label_breaks_no_table() -> None:
    _, body = parts_of(HOSTILE_NAMES)
    rows = [line for line in body.splitlines() if line.startswith("| ")]
    widths = [len(re.findall(r"(?<!\\)\|", row)) for row in rows]
    assert widths == [8] * 8 + [5] * 8
    assert not re.search(r"(?<!\\)<", body)


def test_it_says_verdict_counts_digest_and_limits() -> None:
    outcome = make_outcome(SMALL)
    _, body = parts_of(SMALL)
    assert "Should you worry? No." in body
    assert outcome.dataset.digest in body
    assert outcome.dataset.audit.sentence() in body
    assert outcome.dataset.notes[0] in body
    assert "fullcount serve" in body


def test_of_many_labels_the_weakest_are_named() -> None:
    _, body = parts_of(MANY_LABELS)
    per_label = make_outcome(MANY_LABELS).evaluations["test"].per_label
    weakest = min(per_label, key=lambda one: one.recall.value or 0)
    assert f"| {weakest.label} |" in body
    assert "80 more are in test" in body
    assert len(body) < 10_000


def test_corrections_are_told_in_the_part_on_the_data() -> None:
    _, _, rest = render(with_corrections(make_outcome(SMALL))).partition("## Data")
    data = rest.partition("## Limits")[0]
    assert "3 rows of corrections = 1 applied + 1 left-out + 1 conflict." in data
    assert "Not applied, row 4" in data
    assert "corrections" not in parts_of(SMALL)[1]
