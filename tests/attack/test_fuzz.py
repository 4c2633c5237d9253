"""Thirty seconds of changed requests in `make test`, two minutes in `make test-thorough`; see `fuzz.py`."""

import asyncio
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.attack.fuzz import Fuzz
from tests.process.test_server import Server


@pytest.mark.parametrize("seconds", [30, pytest.param(60, marks=pytest.mark.thorough)])
def test_whatever_is_sent_is_answered_or_closed(server: Server, seconds: int, tmp_path: Path) -> None:
    fuzz = Fuzz(server.url, seed=1 if "CI" in os.environ else os.getpid(), failures=tmp_path)
    with ThreadPoolExecutor(1) as thread:  # tests in a browser, if they came before, left a loop in this one
        tally = thread.submit(asyncio.run, fuzz.run(seconds=seconds)).result()
    assert tally.faults == []
    assert tally.cases > 20 * seconds, str(tally)
    assert {200, 400, 404, 405, 422} <= set(tally.statuses), str(tally)
