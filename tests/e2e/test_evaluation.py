"""What the project is for: the report of the service is that of training, and every file is counted."""

import csv
import io
import json
from collections import Counter

import httpx
import pytest
from rich.console import Console

from model_store.presentation.tables import evaluation_summary
from tests.e2e.conftest import Cells
from tests.support.fakes import grey, zip_of
from tests.support.trained_store import MODEL, TEST_FILES, TrainedStore

ZIP = {"Content-Type": "application/zip"}


@pytest.fixture(scope="module")
def report(client: httpx.Client, held_out_zip: bytes) -> dict:  # type: ignore[type-arg]
    """Evaluate the test files."""
    response = client.post("/evaluate", content=held_out_zip, headers=ZIP)
    assert response.status_code == 200, response.text
    answer: dict = response.json()  # type: ignore[type-arg]
    return answer


def test_all_158_files_are_in_the_matrix(report: dict) -> None:  # type: ignore[type-arg]
    accounting = report["accounting"]
    assert accounting == {
        "entries": 158, "directories": 0, "ignored": 0, "images": 158, "scored": 158, "unreadable": 0, "damaged": 0,
    }  # fmt: skip
    assert sum(map(sum, report["confusion_matrix"]["counts"])) == TEST_FILES


def test_training_and_service_report_the_identical_matrix(report: dict, trained: TrainedStore) -> None:  # type: ignore[type-arg]
    by_training = trained.report.model_dump(mode="json")
    for part in ("accounting", "confusion_matrix", "per_label", "positive"):
        assert report[part] == by_training[part]
    assert report["metrics"]["log_loss"] == pytest.approx(by_training["metrics"]["log_loss"], abs=1e-5)


def test_the_service_answers_as_the_keras_model(client: httpx.Client, cells: Cells, trained: TrainedStore) -> None:
    answers = client.post("/predict/batch", content=zip_of(cells.held_out), headers=ZIP).json()["results"]
    for answer, row in zip(answers, trained.probabilities, strict=True):
        found = {one["label"]: one["probability"] for one in answer["predictions"]}
        assert [found[label] for label in trained.stored.manifest.labels] == pytest.approx(row.tolist(), abs=1e-4)


def test_it_learnt_something(report: dict) -> None:  # type: ignore[type-arg]
    metrics = report["metrics"]
    assert metrics["accuracy"]["low"] > metrics["majority_baseline"]
    assert metrics["roc_auc"] > 0.8


def test_each_odd_file_is_named_with_its_reason(client: httpx.Client, cells: Cells, report: dict) -> None:  # type: ignore[type-arg]
    files = dict(cells.held_out)
    png = next(data for path, data in files.items() if "/functional/" in path)
    odd = {
        "test/functional/cut.png": png[: len(png) // 2],
        "test/functional/empty.png": b"",
        "test/defective/words.jpg": b"these are words",
        "test/unheard-of/grey.png": grey(128),
        "__MACOSX/test/functional/._cut.png": b"\0\5\x16\7",
        "test/notes.txt": b"taken on a Tuesday",
        "lost.png": grey(1),
        "test/": b"",
    }
    answer = client.post("/evaluate", content=zip_of(files | odd), headers=ZIP).json()
    assert answer["accounting"] == {
        "entries": 166, "directories": 1, "ignored": 3, "images": 162, "scored": 159, "unreadable": 3, "damaged": 0,
    }  # fmt: skip
    assert {one["path"]: one["reason"] for one in answer["excluded"]} == {
        "test/functional/cut.png": "truncated",
        "test/functional/empty.png": "empty",
        "test/defective/words.jpg": "not-an-image",
    }
    assert {one["path"]: one["reason"] for one in answer["ignored"]} == {
        "__MACOSX/test/functional/._cut.png": "system-file",
        "test/notes.txt": "not-an-image",
        "lost.png": "unlabelled",
    }
    matrix = answer["confusion_matrix"]
    assert matrix["rows"] == ["defective", "functional", "unheard-of"]
    assert matrix["columns"] == ["defective", "functional", "unreadable"]
    assert [row[:2] for row in matrix["counts"][:2]] == [row[:2] for row in report["confusion_matrix"]["counts"]]
    assert [row[2] for row in matrix["counts"]] == [1, 2, 0]
    assert answer["metrics"] == report["metrics"]


def test_progress_is_told_up_to_the_last_of_158_files(client: httpx.Client, held_out_zip: bytes, report: dict) -> None:  # type: ignore[type-arg]
    headers = ZIP | {"Accept": "application/jsonl"}
    events = [json.loads(line) for line in client.post("/evaluate", content=held_out_zip, headers=headers).iter_lines()]
    assert [one["done"] for one in events[:-1]][-1] == events[0]["total"] == 158
    assert events[-1]["report"]["confusion_matrix"] == report["confusion_matrix"]


def test_against_itself_a_version_flips_no_file(client: httpx.Client, held_out_zip: bytes, report: dict) -> None:  # type: ignore[type-arg]
    answer = client.post("/evaluate?against=1", content=held_out_zip, headers=ZIP).json()
    comparison = answer["comparison"]
    assert comparison["flips"] == []
    assert comparison["confusion_matrix"] == answer["confusion_matrix"] == report["confusion_matrix"]
    assert sum(comparison["paired"].values()) == TEST_FILES
    assert comparison["verdict"] == "On 158 files both are right on the same ones."


def test_the_version_knows_its_training_pictures_and_none_was_held_out(
    client: httpx.Client,
    cells: Cells,
    report: dict,  # type: ignore[type-arg]
) -> None:
    assert report["leakage"]["training_images"] == len(cells.trained)
    assert report["leakage"]["files"] == []
    name, data = next(iter(cells.trained.items()))
    path = name.replace("train/", "test/")
    seen = client.post("/evaluate", content=zip_of({**cells.held_out, path: data}), headers=ZIP).json()["leakage"]
    assert [(one["path"], one["match"]) for one in seen["files"]] == [(path, "exact")]
    assert seen["without"]["metrics"] == report["metrics"]


def test_a_report_can_be_looked_at_and_its_files_listed(client: httpx.Client, report: dict) -> None:  # type: ignore[type-arg]
    url = f"/evaluations/{report['id']}"
    page = client.get(url, headers={"Accept": "text/html"}).text
    assert "158 files = 158 scored + 0 unreadable" in page
    assert page.count("data:image/jpeg") >= min(24, len(report["misclassified"]))
    table = csv.DictReader(io.StringIO(client.get(url, headers={"Accept": "text/csv"}).text, newline=""))
    cells = Counter((line["label"], line["predicted"]) for line in table)
    matrix = report["confusion_matrix"]
    for row, counts in zip(matrix["rows"], matrix["counts"], strict=True):
        assert [cells[row, column] for column in matrix["columns"]] == counts
    assert client.get(url, headers={"Accept": "image/png"}).content.startswith(b"\x89PNG")


def test_a_report_is_found_again(client: httpx.Client, report: dict) -> None:  # type: ignore[type-arg]
    assert report["stored"] is True
    assert client.get(f"/evaluations/{report['id']}").json() == report
    newest = client.get("/evaluations", params={"model": MODEL}).json()["evaluations"]
    assert report["id"] in [one["id"] for one in newest]


def test_the_terminal_shows_the_sum_first(trained: TrainedStore) -> None:
    console = Console(record=True, width=100, file=None, quiet=False, stderr=True)
    console.print(evaluation_summary(trained.report))
    assert console.export_text().splitlines()[0] == "158 files = 158 scored + 0 unreadable"
