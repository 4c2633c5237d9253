"""The service on a CPU: OpenVINO without a trace of TensorFlow, and an event loop that nothing blocks."""

import re
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest

from app.inference.engines.base import Probabilities
from app.inference.engines.loading import choose_precision
from tests.e2e.conftest import Cells, Server, start_server, stop_server
from tests.support.trained_store import TrainedStore

Answered = Callable[[str], tuple[str, Probabilities]]

CLIENTS = 64
LOAD_S = 5
LAG_S = 0.1
"""Bound for a test on any machine; what is reached is in docs/explanation/performance.md."""


@pytest.fixture(scope="module")
def traced(store: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Serve with Python's own record of every import in the log."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPROFILEIMPORTTIME", "1")
        server = start_server(store, tmp_path_factory.mktemp("log") / "server.log")
    yield server
    assert stop_server(server) == 0


def imported(log: str) -> set[str]:
    """Return the top packages in a log of imports."""
    return {name.split(".")[0] for name in re.findall(r"^import time:.*\| +(\S+)$", log, re.MULTILINE)}


def mapped(server: Server) -> str:
    return Path(f"/proc/{server.process.pid}/maps").read_text()


def test_the_process_that_serves_never_loads_tensorflow(traced: Server, cells: Cells) -> None:
    with traced.client() as client:
        for path, data in [*cells.held_out.items()][:4]:
            assert client.post("/predict", content=data).status_code == 200, path
    names = imported(traced.log.read_text())
    assert {"openvino", "fastapi", "google"} <= names
    assert not names & {"tensorflow", "keras", "sklearn", "scipy", "training", "matplotlib"}
    assert "openvino" in mapped(traced)
    assert not re.search(r"site-packages/tensorflow|libtensorflow", mapped(traced))


def test_it_says_which_engine_serves(client: httpx.Client) -> None:
    metrics = client.get("/metrics").text
    assert 'fullcount_loaded_version{device="cpu",engine="openvino",model="solar-cells",version="1"} 1.0' in metrics


@pytest.fixture(scope="module")
def answered(store: Path, cells: Cells, trained: TrainedStore, tmp_path_factory: pytest.TempPathFactory) -> Answered:
    """Return a function that serves in a precision and returns the log and the answers to all test files."""

    def answer(precision: str) -> tuple[str, Probabilities]:
        server = start_server(store, tmp_path_factory.mktemp("log") / "server.log", precision=precision)
        with server.client() as client:
            answers = [client.post("/predict", content=data).json() for data in cells.held_out.values()]
        assert stop_server(server) == 0
        return server.log.read_text(), np.array([in_order(one, trained.stored.manifest.labels) for one in answers])

    return answer


def test_f32_answers_as_the_keras_model(answered: Answered, trained: TrainedStore) -> None:
    held = trained.probabilities
    _, found = answered("f32")
    assert found.shape == held.shape
    assert np.abs(found - held).max() < 1e-3
    assert (found.argmax(axis=1) == held.argmax(axis=1)).all()


def test_auto_serves_the_precision_that_was_measured_and_calls_as_many_the_same(
    answered: Answered, trained: TrainedStore
) -> None:
    manifest = trained.stored.manifest
    chosen = choose_precision(manifest)
    log, found = answered("auto")
    assert f"is ready: openvino on cpu in {chosen}" in log
    agreement = manifest.precisions[chosen].agreement if chosen != "f32" else 1.0
    same = (found.argmax(axis=1) == trained.probabilities.argmax(axis=1)).mean()
    assert same >= agreement - 0.05  # other images than it was measured on


def test_nothing_blocks_the_event_loop(server: Server, cells: Cells) -> None:
    bodies = [*cells.held_out.values()]
    end = time.monotonic() + LOAD_S
    counts = [0] * CLIENTS
    start = threading.Barrier(CLIENTS)

    def ask(number: int) -> None:
        with server.client() as client:
            start.wait()
            while time.monotonic() < end:
                answer = client.post("/predict", content=bodies[(number + counts[number]) % len(bodies)])
                assert answer.status_code == 200
                counts[number] += 1

    with server.client() as client:
        before = lags(client)
        with ThreadPoolExecutor(CLIENTS) as pool:
            [*pool.map(ask, range(CLIENTS))]
        during = {bound: count - before[bound] for bound, count in lags(client).items()}
    assert sum(counts) > CLIENTS
    assert during[float("inf")] > 10
    assert during[LAG_S] >= 0.99 * during[float("inf")]


def lags(client: httpx.Client) -> dict[float, float]:
    """Return how many times the event loop was at most so late, in seconds."""
    text = client.get("/metrics").text
    found = re.findall(r'^fullcount_event_loop_lag_seconds_bucket\{le="(\S+)"\} (\S+)$', text, re.MULTILINE)
    return {float(bound): float(count) for bound, count in found}


def in_order(answer: dict[str, Any], labels: Sequence[str]) -> list[float]:
    """Return an answer's probabilities in the order of the labels."""
    probabilities = {one["label"]: one["probability"] for one in answer["predictions"]}
    return [probabilities[label] for label in labels]
