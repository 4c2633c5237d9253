"""The table has a line for each file, whatever became of it, and says of each what the report says."""

import csv
import io
from collections import Counter

import numpy as np
import pytest

from app.reports.rendering.table import render
from model_store.cells import unquoted
from tests.support.reports import HOSTILE_NAMES, MANY_LABELS, NO_FILES, SOLAR_CELLS, Recipe, make

RECIPES = {"solar cells": SOLAR_CELLS, "hostile": HOSTILE_NAMES, "many": MANY_LABELS, "none": NO_FILES}


def read(table: bytes) -> list[dict[str, str]]:
    rows = csv.DictReader(io.StringIO(table.decode(), newline=""), strict=True)
    return [{name: unquoted(cell) for name, cell in row.items()} for row in rows]


@pytest.mark.parametrize("recipe", RECIPES.values(), ids=RECIPES)
def test_every_file_has_a_line_and_the_lines_are_the_accounting(recipe: Recipe) -> None:
    report, records = make(recipe)
    lines = read(render(report, records))
    sums = report.accounting
    fates = Counter(line["fate"] for line in lines)
    assert fates == Counter(scored=sums.scored, unreadable=sums.unreadable, ignored=sums.ignored)
    assert [line["path"] for line in lines] == [*records.paths, *(one.path for one in report.ignored)]


@pytest.mark.parametrize("recipe", RECIPES.values(), ids=RECIPES)
def test_the_matrix_can_be_counted_from_the_lines(recipe: Recipe) -> None:
    report, records = make(recipe)
    cells = Counter((line["label"], line["predicted"] or "unreadable") for line in read(render(report, records)))
    matrix = report.confusion_matrix
    for row, counts in zip(matrix.rows, matrix.counts, strict=True):
        assert [cells[row, column] for column in matrix.columns] == counts


def test_probabilities_are_those_of_the_model_to_the_last_bit() -> None:
    report, records = make(HOSTILE_NAMES)
    lines = [line for line in read(render(report, records)) if line["fate"] == "scored"]
    written = [[float(line[f"probability[{label}]"]) for label in records.labels] for line in lines]
    assert (np.array(written, np.float32) == records.probabilities[records.is_scored]).all()


def test_a_line_says_of_a_scored_file_if_it_is_damaged() -> None:
    report, records = make(SOLAR_CELLS)
    lines = read(render(report, records))
    assert [line["path"] for line in lines if line["damaged"] == "true"] == [one.path for one in report.damaged] != []
    assert {(line["fate"], line["damaged"]) for line in lines} == {
        ("scored", "true"),
        ("scored", "false"),
        ("unreadable", ""),
        ("ignored", ""),
    }


def test_what_was_left_out_has_its_reason_and_no_answer() -> None:
    report, records = make(SOLAR_CELLS)
    left_out = {line["path"]: line for line in read(render(report, records)) if line["fate"] != "scored"}
    assert left_out["test/cell.png"]["reason"] == "truncated"
    assert left_out["test/cell.txt"]["reason"] == "not-an-image"
    assert {line["predicted"] + line["probability[defective]"] for line in left_out.values()} == {""}
