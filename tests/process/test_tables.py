"""`fullcount predict` as a process, against a real server: the same table as without one, and an end by Ctrl-C."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.process.test_server import ROOT, WAIT_S, Server, started
from tests.support.fakes import grey, publish

COUNT = 203

PROGRAM = """
import functools, sys
from app.commands.predict import predict
from app.local import session
from model_store.commands.main import run
from tests.support.fakes import FakeFactory
session.open_session = functools.partial(session.open_session, make_engine=FakeFactory())
run(predict)
"""
"""The command, with the fake engine in place of a real one."""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("tables")
    publish(root / "store")
    pictures = [grey(level) for level in range(256)]
    for number in range(COUNT):
        path = root / "set" / str(number % 3) / f"{number:04}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(pictures[number % 256])
    (root / "set" / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    (root / "set" / "notes.txt").write_bytes(b"x")
    return root


@pytest.fixture(scope="module")
def server(home: Path) -> Iterator[Server]:
    with started(home / "store", max_batch_images="40", max_evaluations="1") as running:
        running.wait_for("is ready")
        yield running


def predict(home: Path, *arguments: str) -> subprocess.Popen[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("FULLCOUNT_")}
    return subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(home / "set"), *arguments],
        cwd=ROOT,
        env=environment | {"PYTHONPATH": str(ROOT)},
        stderr=subprocess.PIPE,
        text=True,
    )


def ended(process: subprocess.Popen[str]) -> tuple[int, str]:
    _, errors = process.communicate(timeout=WAIT_S)
    return process.returncode, errors


def test_a_server_makes_the_same_table_in_any_number_of_batches(home: Path, server: Server) -> None:
    tables = []
    for where in (("--store", str(home / "store")), ("--url", server.url)):
        output = home / f"{where[0]}.csv"
        code, errors = ended(predict(home, *where, "--output", str(output)))
        assert (code, f"{COUNT + 2} files = {COUNT} scored + 1 unreadable + 1 ignored" in errors) == (1, True), errors
        tables.append(output.read_bytes())
    assert tables[0] == tables[1]


def test_ctrl_c_leaves_a_partial_table_that_can_be_resumed(home: Path, server: Server, tmp_path: Path) -> None:
    output = tmp_path / "out.jsonl"
    options = ("--url", server.url, "--output", str(output))
    with started(home / "store", FAKE_DELAY_S="0.05") as slow:
        slow.wait_for("is ready")
        process = predict(home, "--url", slow.url, "--output", str(output))
        partial = tmp_path / "out.jsonl.shades-1.partial"
        end = time.monotonic() + WAIT_S
        while not (partial.exists() and partial.stat().st_size):
            assert time.monotonic() < end
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        code, errors = ended(process)
    assert code == 130, errors
    assert "out.jsonl.shades-1.partial has the rows so far" in errors
    assert not output.exists()
    before = partial.read_bytes()
    code, errors = ended(predict(home, *options, "--resume"))
    assert (code, f"{COUNT + 2} files" in errors) == (1, True), errors
    assert output.read_bytes().startswith(before[: before.rfind(b"\n") + 1])
    rows = [json.loads(line) for line in output.read_text().splitlines()]
    assert len({row["path"] for row in rows}) == len(rows) == COUNT + 2
