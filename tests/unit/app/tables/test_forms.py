"""The forms of a table: what a program reads back, and what a spreadsheet must not run."""

import csv
import io
import json

import pytest

from app.predictions.schemas import BatchBody, BatchFailure, BatchPrediction, ImageFacts, LabelProbability
from app.problems import problem_of
from app.tables.forms import FORMS, TableForm, row_of
from app.tables.outcomes import Answerer, Outcome, Tally, is_damaged, state_of
from model_store.errors import FullcountError, ImageRejected
from model_store.labelled_sets.interpretation import Ignored


def scored(path: str, label: str = "cat", **more: bool) -> BatchPrediction:
    entries = [LabelProbability(label=label, probability=0.75), LabelProbability(label="ä,b", probability=0.25)]
    facts = ImageFacts(format="PNG", width=2, height=1)
    return BatchPrediction(
        index=0, filename=path, label=label, probability=0.75, predictions=entries, image=facts, **more
    )


def failed(path: str, error: Exception) -> BatchFailure:
    return BatchFailure(index=1, filename=path, error=problem_of(error))


OUTCOMES: list[Outcome] = [
    scored('a "b",\nc.png'),
    failed("=1+1.png", ImageRejected("truncated", "It ends.")),
    failed("x.png", FullcountError("the engine")),
    Ignored(path="notes.txt", reason="not-an-image"),
    scored("hole.jpg", damaged=True),
]


def written(form: TableForm) -> str:
    counts = Tally()
    for outcome in OUTCOMES:
        counts.note(state_of(outcome), is_damaged=is_damaged(outcome))
    pieces = map(form.piece, OUTCOMES)
    return b"".join([form.head(Answerer("pets", 3)), *pieces, form.tail(counts)]).decode()


def test_csv_has_a_row_for_every_file() -> None:
    rows = list(csv.DictReader(io.StringIO(written(FORMS["csv"]()), newline="")))
    assert [(row["path"], row["state"], row["reason"], row["label"], row["probability"]) for row in rows] == [
        ('a "b",\nc.png', "scored", "", "cat", "0.75"),
        ("'=1+1.png", "unreadable", "truncated", "", ""),
        ("x.png", "unreadable", "internal-error", "", ""),
        ("notes.txt", "ignored", "not-an-image", "", ""),
        ("hole.jpg", "scored", "damaged", "cat", "0.75"),
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
    assert (batch.model, batch.version) == ("pets", 3)
    assert (batch.count, batch.succeeded, batch.failed, batch.damaged) == (4, 2, 2, 1)
    assert batch.results[0] == OUTCOMES[0]
    assert [result.get("damaged") for result in body["results"]] == [None, None, None, True]


def test_damaged_files_are_among_the_scored() -> None:
    counts = Tally(scored=3, unreadable=1)
    assert counts.sentence() == "4 files = 3 scored + 1 unreadable + 0 ignored"
    counts.note("scored", is_damaged=True)
    assert counts.sentence() == "5 files = 4 scored + 1 unreadable + 0 ignored; 1 of the scored is damaged"


def test_a_document_without_ignored_files_is_json_as_well() -> None:
    form = FORMS["json"]()
    text = form.head(Answerer("pets", 3)) + form.piece(scored("1.png")) + form.tail(Tally(scored=1))
    assert json.loads(text)["ignored"] == []


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_no_cell_is_a_formula(start: str) -> None:
    text = f"{start}HYPERLINK(1).png"
    row = FORMS["csv"]().piece(scored(text, label=text)).decode()
    cells = next(csv.reader(io.StringIO(row, newline="")))
    assert cells[0] == cells[3] == f"'{text}"
