"""Any number of files is answered by a server, in batches that it accepts, and by one that is busy for a while."""

import json
import threading
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from email.message import Message
from email.utils import format_datetime

import pytest

from app.errors import ServerBusy, ServerRefused, ServerUnreachable
from app.tables import asking
from app.tables.asking import Patience, ask
from app.tables.files import FoundFile
from app.tables.outcomes import FileAnswer
from model_store.errors import ImageRejected
from tests.support.answering_server import Answer, answering_server

QUICK = Patience(tries=4, first_wait_s=0.001, max_wait_s=5)

Reply = tuple[int, dict[str, str], object]


class Scripted:
    """A server that answers batches by a function of their files, and remembers how many files each had."""

    def __init__(self, reply: Callable[[list[bytes], int], Reply]) -> None:
        self.reply = reply
        self.batches: list[int] = []
        self._lock = threading.Lock()

    def handle(self, files: list[bytes]) -> Reply:
        with self._lock:
            self.batches.append(len(files))
            return self.reply(files, len(self.batches))

    def running(self) -> AbstractContextManager[str]:
        def answer(headers: Message, body: bytes) -> Answer:
            boundary = b"--" + headers["content-type"].partition("boundary=")[2].encode()
            parts = body.split(boundary)[1:-1]
            status, more, found = self.handle([part.partition(b"\r\n\r\n")[2][:-2] for part in parts])
            return status, more, json.dumps(found).encode()

        return answering_server(answer)


def answered(files: Sequence[bytes]) -> Reply:
    """Answer each file with its own content as its label."""
    image = {"format": "PNG", "width": 1, "height": 1}
    results = [
        {"index": n, "filename": "", "label": file.decode(), "probability": 1, "predictions": [], "image": image}
        for n, file in enumerate(files)
    ]
    counts = {"count": len(files), "succeeded": len(files), "failed": 0}
    return 200, {}, {"model": "pets", "version": 3, **counts, "results": results}


def problem(status: int, name: str, **headers: str) -> Reply:
    body = {"type": f"/problems/{name}", "title": name, "detail": "It is so."}
    return status, {key.replace("_", "-"): value for key, value in headers.items()}, body


def files(count: int) -> list[FoundFile]:
    return [FoundFile(f"{n}.png", lambda n=n: str(n).encode()) for n in range(count)]  # type: ignore[misc]


def unread(path: str) -> FoundFile:
    def read() -> bytes:
        raise ImageRejected("missing", f"There is no file {path}.")

    return FoundFile(path, read)


async def asked(server: Scripted, found: list[FoundFile], patience: Patience = QUICK) -> list[FileAnswer]:
    with server.running() as url:
        return [answer async for answer in ask(url, {"top_k": None}, found, patience)]


def labels(answers: list[FileAnswer]) -> list[str | None]:
    return [getattr(answer.result, "label", None) for answer in answers]


async def test_every_file_is_answered_in_order_in_as_many_batches_as_it_takes() -> None:
    server = Scripted(lambda sent, _: answered(sent))
    answers = await asked(server, files(150))
    assert labels(answers) == [str(n) for n in range(150)]
    assert sorted(server.batches) == [22, 64, 64]
    assert {answer.answerer for answer in answers} == {("pets", 3)}


async def test_a_batch_is_sent_once_it_has_enough_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "BATCH_BYTES", 3)
    server = Scripted(lambda sent, _: answered(sent))
    assert labels(await asked(server, files(7))) == [str(n) for n in range(7)]
    assert server.batches == [3, 3, 1]


@pytest.mark.parametrize("status", [503, 429])
async def test_a_busy_server_is_asked_again(status: int) -> None:
    server = Scripted(
        lambda sent, number: problem(status, "overloaded", retry_after="0") if number < 4 else answered(sent)
    )
    assert labels(await asked(server, files(2))) == ["0", "1"]
    assert server.batches == [2, 2, 2, 2]


@pytest.mark.parametrize("as_date", [False, True])
async def test_the_server_says_how_long_to_wait(*, as_date: bool) -> None:
    times: list[datetime] = []

    def reply(sent: list[bytes], number: int) -> Reply:
        times.append(datetime.now(UTC))
        until = format_datetime(times[0] + timedelta(seconds=2), usegmt=True) if as_date else "1"
        return problem(503, "overloaded", retry_after=until) if number == 1 else answered(sent)

    await asked(Scripted(reply), files(1))
    assert (times[1] - times[0]).total_seconds() >= 0.9  # a date has whole seconds


async def test_a_server_that_stays_busy_is_an_error_that_says_how_often_it_was_asked() -> None:
    server = Scripted(lambda *_: problem(503, "overloaded"))
    with pytest.raises(ServerBusy, match=r"asked 4 times\. overloaded: It is so"):
        await asked(server, files(1))
    assert server.batches == [1] * 4


async def test_a_wait_of_an_hour_is_not_made() -> None:
    server = Scripted(lambda *_: problem(503, "overloaded", retry_after="3600"))
    with pytest.raises(ServerBusy) as caught:
        await asked(server, files(1))
    assert caught.value.hint == "The service asks to retry after 3,600 s."
    assert server.batches == [1]


@pytest.mark.parametrize("status", [400, 413])
async def test_a_server_that_accepts_fewer_files_gets_smaller_batches(status: int) -> None:
    server = Scripted(lambda sent, _: answered(sent) if len(sent) < 6 else problem(status, "too-much"))
    assert labels(await asked(server, files(20))) == [str(n) for n in range(20)]
    assert max(size for size in server.batches if size < 6) == 5


async def test_a_file_that_fits_in_no_request_fails_alone() -> None:
    server = Scripted(lambda sent, _: problem(413, "body-too-large") if b"2" in sent else answered(sent))
    answers = await asked(server, files(4))
    assert labels(answers) == ["0", "1", None, "3"]
    failure = answers[2].result
    assert failure.error.model_extra == {"reason": "too-large"}  # type: ignore[union-attr]


async def test_a_file_that_cannot_be_read_here_is_not_sent() -> None:
    server = Scripted(lambda sent, _: answered(sent))
    answers = await asked(server, [unread("gone.png"), *files(2), unread("away.png")])
    assert labels(answers) == [None, "0", "1", None]
    assert server.batches == [2]


async def test_files_none_of_which_can_be_read_still_have_a_version() -> None:
    server = Scripted(lambda sent, _: answered(sent))
    answers = await asked(server, [unread("a.png"), unread("b.png")])
    assert [answer.answerer.version for answer in answers] == [3, 3]
    assert labels(answers) == [None, None]


async def test_an_answer_for_fewer_files_is_not_believed() -> None:
    with pytest.raises(ServerUnreachable, match="answered 1 of 3 files"):
        await asked(Scripted(lambda sent, _: answered(sent[:1])), files(3))


@pytest.mark.parametrize(("status", "name"), [(404, "model-not-found"), (422, "invalid-parameter"), (500, "internal")])
async def test_another_problem_is_told_at_once(status: int, name: str) -> None:
    server = Scripted(lambda *_: problem(status, name))
    with pytest.raises(ServerRefused, match=f"{name}: It is so"):
        await asked(server, files(2))
    assert server.batches == [2]


async def test_a_bad_request_of_one_file_is_told() -> None:
    with pytest.raises(ServerRefused, match="malformed-form"):
        await asked(Scripted(lambda *_: problem(400, "malformed-form")), files(2))
