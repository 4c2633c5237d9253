"""Several real processes behind one port, with the fake engine."""

import os
import re
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from tests.process.test_server import PICTURE, WAIT_S, Server, started
from tests.support.fakes import publish

REQUESTS = 60


def wait_until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + WAIT_S
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.05)


@contextmanager
def several(store: Path, **settings: str) -> Iterator[Server]:
    publish(store)
    with started(store, workers="2", **settings) as server:
        wait_until(lambda: len(pids(server)) == 2 and said(server, "is ready") >= 2)
        yield server


def pids(server: Server) -> list[int]:
    """Return the workers that live."""
    found = [int(pid) for line in server.lines for pid in re.findall(r"worker (\d+) started", line)]
    return [pid for pid in found if is_alive(pid)]


def is_alive(pid: int) -> bool:
    try:
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except FileNotFoundError:
        return False


def said(server: Server, text: str) -> int:
    return sum(text in line for line in server.lines)


def predict(server: Server) -> int:
    return httpx.post(f"{server.url}/predict", content=PICTURE).status_code  # a connection of its own


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Run two workers for the tests that leave two."""
    with several(tmp_path_factory.mktemp("store"), FAKE_DELAY_S="0.02") as server:
        yield server


def test_both_answer_and_the_metrics_are_of_both(pair: Server) -> None:
    before = pair.metric("fullcount_images_total")
    with ThreadPoolExecutor(8) as pool:
        statuses = Counter(pool.map(lambda _: predict(pair), range(REQUESTS)))
    assert statuses == {200: REQUESTS}
    assert pair.metric("fullcount_images_total") == before + REQUESTS
    assert pair.metric("fullcount_loaded_version") == 1
    budgets = [int(found[1]) for line in pair.lines if (found := re.search(r"requests may take (\d+)", line))]
    assert pair.metric("fullcount_memory_total_bytes") == pytest.approx(sum(budgets) * 2**20, rel=0.1)
    busy = [pid for pid in pids(pair) if cpu_ticks(pid) > 0]
    assert len(busy) == 2


def cpu_ticks(pid: int) -> int:
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return int(fields[11]) + int(fields[12])


def test_one_that_is_killed_is_started_again_and_the_other_answers_meanwhile(pair: Server) -> None:
    victim, ready = pids(pair)[0], said(pair, "is ready")
    os.kill(victim, signal.SIGKILL)
    wait_until(lambda: not is_alive(victim))
    assert [predict(pair) for _ in range(10)] == [200] * 10
    wait_until(lambda: len(pids(pair)) == 2 and said(pair, "is ready") == ready + 1)
    assert [predict(pair) for _ in range(10)] == [200] * 10
    assert said(pair, f"worker {victim} was killed (-9); restarting it") == 1


def test_what_is_under_way_is_finished_and_no_worker_is_left(tmp_path: Path) -> None:
    with several(tmp_path, FAKE_DELAY_S="0.6") as server, ThreadPoolExecutor(4) as pool:
        answers = [pool.submit(predict, server) for _ in range(4)]
        time.sleep(0.4)
        server.process.send_signal(signal.SIGTERM)
        assert [answer.result() for answer in answers] == [200] * 4
        assert server.process.wait(WAIT_S) == 0
        assert pids(server) == []


def test_models_that_cannot_be_loaded_end_them_all(tmp_path: Path) -> None:
    stored = publish(tmp_path)
    (stored.directory / "golden.npz").write_bytes(b"damaged")
    with started(tmp_path, workers="2") as server:
        assert server.ended() == 1
        wait_until(lambda: pids(server) == [])
        assert said(server, "the models cannot be loaded") >= 1


def test_workers_do_not_outlive_their_parent(tmp_path: Path) -> None:
    with several(tmp_path) as server:
        workers = pids(server)
        server.process.kill()
        server.process.wait()
        wait_until(lambda: not any(map(is_alive, workers)))
        with pytest.raises(httpx.ConnectError):
            predict(server)
