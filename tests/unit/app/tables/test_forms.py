"""The forms of a table: what a program reads back, and what a spreadsheet must not run."""

import csv
import io
import json
from collections import Counter

import pytest

from app.predictions.schemas import BatchBody, BatchFailure, BatchPrediction, ImageFacts, LabelProbability
from app.problems import problem_of
from app.tables.forms import FORMS, TableForm, harmless, row_of
from app.tables.outcomes import Answerer, Outcome, state_of
from model_store.errors import FullcountError, ImageRejected
from model_store.labelled_sets.interpretation import Ignored


def scored(path: str, label: str = "cat") -> BatchPrediction:
    entries = [LabelProbability(label=label, probability=0.75), LabelProbability(label="ä,b", probability=0.25)]
    facts = ImageFacts(format="PNG", width=2, height=1)
    return BatchPrediction(index=0, filename=path, label=label, probability=0.75, predictions=entries, image=facts)


def failed(path: str, error: Exception) -> BatchFailure:
    return BatchFailure(index=1, filename=path, error=problem_of(error))


OUTCOMES: list[Outcome] = [
    scored('a "b",\nc.png'),
    failed("=1+1.png", ImageRejected("truncated", "It ends.")),
    failed("x.png", FullcountError("the engine")),
    Ignored(path="notes.txt", reason="not-an-image"),
]


def written(form: TableForm) -> str:
    counts = Counter(map(state_of, OUTCOMES))
    pieces = map(form.piece, OUTCOMES)
    return b"".join([form.head(Answerer("pets", 3)), *pieces, form.tail(counts)]).decode()


def test_csv_has_a_row_for_every_file() -> None:
    rows = list(csv.DictReader(io.StringIO(written(FORMS["csv"]()), newline="")))
    assert [(row["path"], row["state"], row["reason"], row["label"], row["probability"]) for row in rows] == [
        ('a "b",\nc.png', "scored", "", "cat", "0.75"),
        ("'=1+1.png", "unreadable", "truncated", "", ""),
        ("x.png", "unreadable", "internal-error", "", ""),
        ("notes.txt", "ignored", "not-an-image", "", ""),
    ]
    assert json.loads(rows[0]["probabilities"]) == {"cat": 0.75, "ä,b": 0.25}


def test_json_lines_have_the_same_rows_with_the_names_as_they_are() -> None:
    rows = [json.loads(line) for line in written(FORMS["jsonl"]()).splitlines()]
    assert rows == [row_of(outcome) for outcome in OUTCOMES]
    assert rows[1]["path"] == "=1+1.png"
    assert rows[0]["probabilities"] == {"cat": 0.75, "ä,b": 0.25}


def test_json_is_the_body_of_a_batch_with_the_ignored_files() -> None:
    body = json.loads(written(FORMS["json"]()))
    assert body["ignored"] == [{"path": "notes.txt", "reason": "not-an-image"}]
    batch = BatchBody.model_validate(body)
    assert (batch.model, batch.version, batch.count, batch.succeeded, batch.failed) == ("pets", 3, 3, 1, 2)
    assert batch.results[0] == OUTCOMES[0]


def test_a_document_without_ignored_files_is_json_as_well() -> None:
    form = FORMS["json"]()
    text = form.head(Answerer("pets", 3)) + form.piece(scored("1.png")) + form.tail(Counter({"scored": 1}))
    assert json.loads(text)["ignored"] == []


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_no_cell_is_a_formula(start: str) -> None:
    text = f"{start}HYPERLINK(1).png"
    assert harmless(text) == f"'{text}"
    row = FORMS["csv"]().piece(scored(text, label=text)).decode()
    cells = next(csv.reader(io.StringIO(row, newline="")))
    assert cells[0] == cells[3] == f"'{text}"
    assert harmless("a=b") == "a=b"
