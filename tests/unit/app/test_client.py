"""What the command line understands of a server's answers, and of answers that are none of ours."""

import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from email.message import Message
from pathlib import Path

import pytest

from app import client
from app.errors import ServerRefused, ServerUnreachable
from app.reports.schemas import ReportBody
from tests.support.answering_server import Answer, answering_server
from tests.support.fakes import grey
from tests.support.reports import NO_FILES, make

Answering = Callable[[int, bytes], AbstractContextManager[str]]


@pytest.fixture
def answering() -> Answering:
    """Return a function that runs a server with one answer to everything."""

    def running(status: int, body: bytes) -> AbstractContextManager[str]:
        def answer(headers: Message, _: bytes) -> Answer:
            return status, {"content-type": headers["accept"] if status == 200 else "application/json"}, body

        return answering_server(answer)

    return running


@pytest.fixture
def image(tmp_path: Path) -> Path:
    path = tmp_path / "a.png"
    path.write_bytes(grey(1))
    return path


def test_a_batch_is_read(answering: Answering, image: Path) -> None:
    body = {"model": "m", "version": 1, "count": 0, "succeeded": 0, "failed": 0, "results": []}
    with answering(200, json.dumps(body).encode()) as url:
        assert client.predict(url, [image], {"top_k": None}).model == "m"


def test_a_problem_is_told_by_its_title_and_detail(answering: Answering, image: Path) -> None:
    problem = {
        "type": "/problems/archive-rejected",
        "title": "Archive rejected",
        "detail": "No zip.",
        "hint": "Zip it.",
    }
    with answering(422, json.dumps(problem).encode()) as url, pytest.raises(ServerRefused) as caught:
        client.evaluate(url, image, {})
    assert (str(caught.value), caught.value.hint) == ("Archive rejected: No zip.", "Zip it.")


def test_a_path_that_the_server_does_not_have_is_explained(answering: Answering, image: Path) -> None:
    problem = {"type": "/problems/not-found", "title": "Not found", "detail": "Not Found."}
    with answering(404, json.dumps(problem).encode()) as url, pytest.raises(ServerRefused) as caught:
        client.evaluate(f"{url}/predict", image, {})
    assert caught.value.hint is not None
    assert "--url is its base" in caught.value.hint


@pytest.mark.parametrize("body", [b"<html>", b"", b"[]", b'{"title": 1}'])
def test_an_error_of_something_in_between_is_told_by_its_status(answering: Answering, image: Path, body: bytes) -> None:
    with answering(502, body) as url, pytest.raises(ServerRefused, match="HTTP 502: Bad Gateway"):
        client.evaluate(url, image, {})


@pytest.mark.parametrize("body", [b"<html>", b"", b"{}", b"[]", b'"text"'])
def test_a_success_that_is_no_answer_of_ours_is_said_to_be_none(answering: Answering, image: Path, body: bytes) -> None:
    with answering(200, body) as url, pytest.raises(ServerUnreachable, match="not a Fullcount service"):
        client.predict(url, [image], {})


@pytest.mark.parametrize(
    "body", [b"<html>", b"", b"{}", b"[]", b'"text"', b'{"event": "report", "report": {}}', b"\xff"]
)
def test_an_evaluation_that_is_no_answer_of_ours_is_said_to_be_none(
    answering: Answering, image: Path, body: bytes
) -> None:
    refusal = r"not a Fullcount service|before the report"
    with answering(200, body) as url, pytest.raises(ServerUnreachable, match=refusal):
        client.evaluate(url, image, {})


def test_an_answer_that_ends_before_the_report_is_no_report(answering: Answering, image: Path) -> None:
    seen: list[tuple[int, int]] = []
    lines = b'{"event": "progress", "done": 0, "total": 3}\n{"event": "progress", "done": 2, "total": 3}\n'
    with answering(200, lines) as url, pytest.raises(ServerUnreachable, match="ended before the report"):
        client.evaluate(url, image, {}, lambda done, total: seen.append((done, total)))
    assert seen == [(0, 3), (2, 3)]


def test_a_problem_under_way_is_told_as_one_before_it(answering: Answering, image: Path) -> None:
    problem = {"type": "/problems/inference-failed", "title": "Inference failed", "status": 500, "detail": "It did."}
    line = json.dumps({"event": "problem", "problem": problem}).encode()
    with answering(200, line) as url, pytest.raises(ServerRefused, match=r"Inference failed: It did\."):
        client.evaluate(url, image, {})


@pytest.mark.parametrize("url", ["http://127.0.0.1:1", "127.0.0.1:1", "http://[::1", "ftp://127.0.0.1", "http://"])
def test_a_url_that_nobody_answers_at_is_a_sentence_and_a_hint(url: str, image: Path) -> None:
    with pytest.raises(ServerUnreachable, match="No usable answer from") as caught:
        client.predict(url, [image], {})
    assert "fullcount serve" in (caught.value.hint or "")


def stored_report(*, stored: bool) -> ReportBody:
    report, _ = make(NO_FILES)
    return report.model_copy(update={"stored": stored})


def test_a_kept_report_is_fetched_in_another_form(answering: Answering) -> None:
    with answering(200, b"path,label") as url:
        assert client.rendered(url, stored_report(stored=True), "csv") == b"path,label"


def test_a_report_that_no_server_keeps_cannot_be_fetched_and_the_hint_says_what_to_do() -> None:
    with pytest.raises(ServerRefused, match="stores no reports") as refused:
        client.rendered("http://127.0.0.1:1", stored_report(stored=False), "html")
    assert "FULLCOUNT_EVALUATIONS_DIR" in str(refused.value.hint)


def test_a_problem_with_a_form_is_told(answering: Answering) -> None:
    problem = {"type": "/problems/records-missing", "title": "Records missing", "detail": "It has none."}
    with answering(406, json.dumps(problem).encode()) as url, pytest.raises(ServerRefused, match="It has none"):
        client.rendered(url, stored_report(stored=True), "csv")
