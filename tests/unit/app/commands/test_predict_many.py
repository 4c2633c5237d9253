"""`fullcount predict` on folders, zips and lists, with the fake engine: a row for every file."""

import csv
import io
import json
from pathlib import Path

import pytest

from app.commands.predict import predict
from app.errors import ParameterInvalid, TableNotResumable
from model_store.errors import SetRejected
from tests.support.fakes import grey, zip_of
from tests.unit.app.commands.test_commands import run, store

__all__ = ["store"]
pytestmark = pytest.mark.usefixtures("store")

FILES = {
    "a/1.png": grey(10),
    "b/2.png": grey(200),
    "b/3.png": b"\x89PNG\r\n\x1a\n",
    "notes.txt": b"x",
    ".DS_Store": b"",
}
STATES = ["scored", "scored", "unreadable", "ignored", "ignored"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for path, data in FILES.items():
        (tmp_path / "set" / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "set" / path).write_bytes(data)
    return tmp_path / "set"


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_a_folder_is_a_table_with_a_row_for_every_file(folder: Path) -> None:
    result = run(predict, [str(folder), "--format", "csv"])
    assert result.exit_code == 1  # one of them is broken
    table = rows(result.stdout)
    assert [row["path"].removeprefix(f"{folder}/") for row in table] == [
        "a/1.png",
        "b/2.png",
        "b/3.png",
        ".DS_Store",
        "notes.txt",
    ]
    assert [row["state"] for row in table] == STATES
    assert [row["label"] for row in table] == ["dark", "light", "", "", ""]
    assert [row["reason"] for row in table] == ["", "", "corrupt", "system-file", "not-an-image"]
    assert json.loads(table[0]["probabilities"])["dark"] == float(table[0]["probability"])
    assert "5 files = 2 scored + 1 unreadable + 2 ignored" in result.stderr


@pytest.mark.parametrize("ending", ["csv", "jsonl"])
def test_a_zip_has_the_rows_of_its_folder(folder: Path, tmp_path: Path, ending: str) -> None:
    archive = tmp_path / "set.zip"
    archive.write_bytes(zip_of(FILES))
    tables = []
    for name, data in (("folder", folder), ("zip", archive)):
        output = tmp_path / f"{name}.{ending}"
        result = run(predict, [str(data), "--output", str(output)])
        assert f"written to {output}" in result.stderr
        lines = output.read_text().replace(f"{data}/", "").splitlines()
        tables.append(sorted(lines))
    assert tables[0] == tables[1]
    assert not list(tmp_path.glob("*.partial"))


@pytest.mark.parametrize("is_file", [True, False])
def test_a_list_names_files_folders_and_zips(folder: Path, tmp_path: Path, *, is_file: bool) -> None:
    text = f"{folder}/a/1.png\r\n\n{folder / 'b'}\n{tmp_path}/never.png\n"
    (tmp_path / "list.txt").write_text(text)
    arguments = ["--list", str(tmp_path / "list.txt") if is_file else "-", "--format", "jsonl"]
    from click.testing import CliRunner

    result = CliRunner().invoke(predict, arguments, input=None if is_file else text)
    table = [json.loads(line) for line in result.stdout.splitlines()]
    assert [(row["state"], row["reason"]) for row in table] == [
        ("scored", None),
        ("scored", None),
        ("unreadable", "corrupt"),
        ("unreadable", "missing"),
    ]
    assert table[0]["probabilities"] == {
        "dark": pytest.approx(0.9608, abs=1e-4),
        "light": pytest.approx(0.0392, abs=1e-4),
    }
    assert result.exit_code == 1


def test_a_table_for_people_counts_the_ignored_files(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "300")
    result = run(predict, [str(folder)])
    assert "5 files = 2 scored + 1 unreadable + 2 ignored" in result.stdout
    assert "not read" in result.stdout
    assert "notes.txt" not in result.stdout


def test_json_lists_the_ignored_files(folder: Path) -> None:
    body = json.loads(run(predict, [str(folder), "--format", "json"]).stdout)
    assert (body["model"], body["count"], body["succeeded"], body["failed"]) == ("shades", 3, 2, 1)
    assert [file["reason"] for file in body["ignored"]] == ["system-file", "not-an-image"]


def test_a_folder_without_images_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "empty" / "a.txt").write_text("x")
    with pytest.raises(SetRejected, match=r"no image file to predict; ignored: 1 file not-an-image\."):
        run(predict, [str(tmp_path / "empty"), "--output", str(tmp_path / "out.csv")])
    assert not (tmp_path / "out.csv").exists()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ([], "Name an image, a folder or a zip"),
        (["{folder}", "--output", "{folder}/out.txt"], "must end in .csv, .jsonl or .json"),
        (["{folder}", "--output", "{folder}/out.csv", "--format", "jsonl"], "contradict each other"),
        (["{folder}", "--output", "{folder}/out.csv", "--format", "table"], "contradict each other"),
        (["{folder}", "--output", "{folder}/no/out.csv"], "There is no writable directory"),
        (["{folder}", "--resume"], "--resume continues the table in --output"),
        (["{folder}", "--resume", "--output", "{folder}/out.json"], "--resume continues the table in --output"),
        (["{folder}/never"], "does not exist"),
    ],
)
def test_what_is_not_possible_is_wrong_usage(folder: Path, options: list[str], words: str) -> None:
    result = run(predict, [option.format(folder=folder) for option in options])
    assert result.exit_code == 2
    assert words in " ".join(result.stderr.split())


def test_more_labels_than_there_are_is_an_error_as_over_http(folder: Path) -> None:
    with pytest.raises(ParameterInvalid, match=r"top_k=3 is not possible: the model has 2 labels\."):
        run(predict, [str(folder), "--top-k", "3"])


def test_a_partial_table_is_continued(folder: Path, tmp_path: Path) -> None:
    output = tmp_path / "out.jsonl"
    run(predict, [str(folder), "--output", str(output)])
    whole = output.read_text()
    first, *_ = whole.splitlines(keepends=True)
    output.rename(tmp_path / "out.jsonl.shades-1.partial").write_text(first.replace("0.96", "0.97"))
    result = run(predict, [str(folder), "--output", str(output), "--resume"])
    assert result.exit_code == 1
    assert "5 files = 2 scored + 1 unreadable + 2 ignored" in result.stderr
    assert output.read_text() == whole.replace("0.96", "0.97")  # the first row was not predicted again
    assert sorted(path.name for path in tmp_path.glob("out*")) == ["out.jsonl"]


def test_a_partial_table_of_another_folder_is_not_continued(folder: Path, tmp_path: Path) -> None:
    row = {"path": "other.png", "state": "scored"}
    (tmp_path / "out.jsonl.shades-1.partial").write_text(json.dumps(row) + "\n")
    with pytest.raises(TableNotResumable, match=r"its row 1 is 'other\.png'"):
        run(predict, [str(folder), "--output", str(tmp_path / "out.jsonl"), "--resume"])


def test_the_table_may_be_in_its_folder(folder: Path) -> None:
    output = folder / "results.csv"
    for _ in range(2):
        run(predict, [str(folder), "--output", str(output)])
        assert [row["state"] for row in rows(output.read_text())] == STATES
