"""`fullcount evaluate --corrections`, on a folder, on a zip and at a server, with the fake engine."""

import functools
import hashlib
import json
from email.message import Message
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from app.commands.evaluate import evaluate
from app.local import session
from model_store.errors import CorrectionsRejected
from tests.support.answering_server import Answer, answering_server
from tests.support.fakes import FakeFactory, grey, publish, zip_of
from tests.support.reports import NO_FILES, make

FILES = {"dark/1.png": grey(5), "dark/2.png": grey(240), "light/3.png": grey(250), "light/4.png": grey(6)}
TABLE = "path,was,should_be,why\ntest/dark/2.png,dark,light,\ntest/light/4.png,light,,dim\ntest/no.png,dark,light,\n"


@pytest.fixture
def corrections(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a file of corrections, beside a store, which computes with the fake engine, and the folder `test`."""
    publish(tmp_path / "store")
    monkeypatch.setenv("FULLCOUNT_STORE", str(tmp_path / "store"))
    monkeypatch.setattr(session, "open_session", functools.partial(session.open_session, make_engine=FakeFactory()))
    for path, data in FILES.items():
        (tmp_path / "test" / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "test" / path).write_bytes(data)
    (tmp_path / "test.zip").write_bytes(zip_of(FILES))
    (tmp_path / "corrections.csv").write_text(TABLE)
    return tmp_path / "corrections.csv"


def run(corrections: Path, data: str, *arguments: str) -> Result:
    command = [str(corrections.parent / data), "--corrections", str(corrections), *arguments]
    result = CliRunner(env={"COLUMNS": "200"}).invoke(evaluate, command)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


@pytest.mark.parametrize("data", ["test", "test.zip"])
def test_a_path_of_the_report_means_the_file_in_a_folder_and_in_a_zip(corrections: Path, data: str) -> None:
    body = json.loads(run(corrections, data, "--format", "json").stdout)
    assert [body["corrections"]["states"][state] for state in ("applied", "left-out", "not-found")] == [1, 1, 1]
    assert body["corrections"]["before"]["metrics"]["accuracy"]["value"] == 0.5
    assert body["metrics"]["accuracy"]["value"] == 1.0


def test_the_tables_show_before_and_after_side_by_side(corrections: Path) -> None:
    shown = run(corrections, "test").stdout
    assert "Corrections changed 1 label and left out 1 file: accuracy 50.0% before, 100.0% after." in shown
    (line,) = [line for line in shown.splitlines() if "accuracy" in line and "0.5000" in line and "1.0000" in line][:1]
    assert line.index("0.5000") < line.index("1.0000")
    assert "Before the corrections" in shown
    assert "Not applied: 1" in shown


def test_the_gate_judges_the_corrected_set(corrections: Path) -> None:
    gate = ("--min", "accuracy=0.9", "--by", "value")
    assert run(corrections, "test", *gate).exit_code == 0
    corrections.write_text("path,was,should_be\n")
    assert run(corrections, "test", *gate).exit_code == 1


def test_the_files_are_not_touched(corrections: Path) -> None:
    files = [path for path in (corrections.parent / "test").rglob("*") if path.is_file()]
    before = {path: hashlib.sha256(path.read_bytes()).hexdigest() for path in files}
    run(corrections, "test")
    assert {path: hashlib.sha256(path.read_bytes()).hexdigest() for path in files} == before


def test_a_label_of_nobody_is_refused_with_its_row(corrections: Path) -> None:
    corrections.write_text("path,was,should_be\ndark/1.png,dark,drak\n")
    with pytest.raises(CorrectionsRejected, match=r"row 2: 'drak' is no label of the model; is it 'dark'\?"):
        run(corrections, "test.zip")


def test_a_server_is_sent_both_files(corrections: Path) -> None:
    bodies = []

    def answer(headers: Message, body: bytes) -> Answer:
        bodies.append(body)
        report = make(NO_FILES)[0].model_dump(mode="json")
        return 200, {"content-type": headers["accept"]}, json.dumps({"event": "report", "report": report}).encode()

    with answering_server(answer) as url:
        assert run(corrections, "test.zip", "--url", url).exit_code == 0
    assert b'name="corrections"; filename="corrections.csv"' in bodies[0]
    assert TABLE.encode() in bodies[0]
    assert b'name="file"; filename="test.zip"' in bodies[0]
