"""The budget is what the limit leaves beside the process, and follows it."""

import logging
import subprocess
import sys

import pytest

from app.memory import watch
from app.memory.budget import MemoryBudget
from app.memory.limit import MemoryLimit
from app.memory.resident import resident_bytes, return_free_memory_now, shared_bytes
from app.memory.watch import LEAST_BYTES, MemoryWatch

MIB = 2**20


class Process:
    """A process whose size the test says."""

    resident = 200 * MIB


@pytest.fixture
def process(monkeypatch: pytest.MonkeyPatch) -> Process:
    process = Process()
    monkeypatch.setattr(watch, "resident_bytes", lambda: process.resident)
    monkeypatch.setattr(watch, "shared_bytes", lambda: 0)
    return process


def watched(limit_mib: int) -> tuple[MemoryWatch, MemoryBudget]:
    budget = MemoryBudget(1)
    watch = MemoryWatch(budget, MemoryLimit(limit_mib * MIB, "set"))
    watch.begin()
    return watch, budget


def test_requests_get_what_is_left_and_the_log_says_so(process: Process, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    _, budget = watched(600)
    assert 250 * MIB < budget.total < 400 * MIB
    line = f"memory: 600 MiB (set); the process has 200 MiB, requests may take {budget.total // MIB}, one picture"
    assert line in caplog.text
    assert "too small" not in caplog.text
    del process


def test_a_limit_that_is_too_small_is_said_with_what_is_needed(
    process: Process, caplog: pytest.LogCaptureFixture
) -> None:
    _, budget = watched(220)
    assert budget.total == LEAST_BYTES
    assert "the memory is too small: 220 MiB (set), of which the process has 200 MiB; it needs 342 MiB" in caplog.text
    assert "FULLCOUNT_MEMORY_MIB, or the container's limit" in caplog.text
    caplog.clear()
    assert watched(342)[1].total == pytest.approx(LEAST_BYTES, abs=MIB)
    assert caplog.text == ""
    del process


def test_a_further_model_makes_the_budget_smaller_until_it_is_unloaded(process: Process) -> None:
    watch, budget = watched(600)
    total = budget.total
    process.resident += 60 * MIB
    watch.look()
    assert budget.total == pytest.approx(total - 60 * MIB * 7 / 8, abs=MIB)
    process.resident -= 60 * MIB
    watch.look()
    assert budget.total == total


def test_what_requests_have_taken_is_not_the_processs_own(process: Process) -> None:
    watch, budget = watched(600)
    total = budget.total
    with budget.share("the upload") as share:
        assert share.take_if_free(50 * MIB)
        process.resident += 50 * MIB
        watch.look()
        assert budget.total == total
        process.resident += 80 * MIB  # which nobody took
        watch.look()
        assert budget.total == pytest.approx(total - 80 * MIB * 7 / 8, abs=MIB)
        process.resident -= 110 * MIB  # what is taken need not be in use yet
        watch.look()
        assert budget.total == pytest.approx(total - 80 * MIB * 7 / 8, abs=MIB)


def test_what_is_free_after_a_storm_is_asked_for_and_in_vain_ever_less_often(
    process: Process, monkeypatch: pytest.MonkeyPatch
) -> None:
    looker, _ = watched(600)
    asked = 0

    def give_back() -> None:
        nonlocal asked
        asked += 1
        process.resident = min(process.resident, given)

    monkeypatch.setattr(watch, "return_free_memory_now", give_back)
    process.resident, given = 400 * MIB, 400 * MIB
    for _ in range(10):
        looker.look()
    assert 1 <= asked <= 4
    given = 200 * MIB  # the storm is over
    for _ in range(10):
        looker.look()
    assert process.resident == 200 * MIB


def test_a_small_change_changes_nothing(process: Process) -> None:
    watch, budget = watched(600)
    total = budget.total
    process.resident += 10 * MIB
    watch.look()
    assert budget.total == total


def test_the_memory_of_this_process_is_seen() -> None:
    before = resident_bytes()
    large = bytearray(b"x" * (64 * MIB))
    assert resident_bytes() - before > 60 * MIB
    del large
    return_free_memory_now()
    assert resident_bytes() - before < 30 * MIB
    assert 0 <= shared_bytes() < resident_bytes()


def test_the_memory_of_the_processes_that_it_started_is_seen_too() -> None:
    program = "x = b'x' * 64_000_000; print(flush=True); input()"
    before = resident_bytes()
    with subprocess.Popen([sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        child.stdout.readline()
        assert resident_bytes() - before > 60 * MIB
        child.communicate(b"\n")
    assert resident_bytes() - before < 30 * MIB
