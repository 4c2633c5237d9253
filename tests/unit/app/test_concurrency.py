"""A thread that steps back does so alone, and what it starts with it."""

import os
import sys
import threading

import pytest

from app.concurrency import NICENESS, call_at_low_priority, lower_own_priority

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux has a priority for each thread")


def niceness() -> int:
    return os.getpriority(os.PRIO_PROCESS, threading.get_native_id())


def test_the_calling_thread_steps_back_and_no_other() -> None:
    found: list[int] = []

    def work() -> None:
        lower_own_priority()
        found.append(niceness())
        starts = threading.Thread(target=lambda: found.append(niceness()))
        starts.start()
        starts.join()

    before = niceness()
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert found == [NICENESS, NICENESS]
    assert niceness() == before < NICENESS


def test_where_it_is_forbidden_the_thread_goes_on_and_the_log_says_so(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def forbidden(*_: int) -> None:
        raise PermissionError("not here")

    monkeypatch.setattr(os, "setpriority", forbidden)
    assert call_at_low_priority(niceness) == niceness()
    assert "keeps its priority" in caplog.text


def test_what_is_called_stepped_back_returns_or_raises_as_ever() -> None:
    assert call_at_low_priority(niceness) == NICENESS
    with pytest.raises(KeyError):
        call_at_low_priority({}.popitem)
