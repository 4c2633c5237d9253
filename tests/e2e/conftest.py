"""Real parts: solar cells, a network trained on them here, and the server as a process.

A small training set keeps it quick; the 158 test files are as many as in the question that this project began with.
"""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

import httpx
import pytest

import training
from tests.support.fakes import zip_of
from training import FineTuneSettings, TrainingConfig
from training.recipe import TrainingResult

TEST_FILES = 158
TRAIN_FILES = 320
MODEL = "solar-cells"


@dataclass(frozen=True)
class Cells:
    """A laid-out data set."""

    root: Path

    @property
    def held_out(self) -> dict[str, bytes]:
        """Path below the data set → bytes, for the test split."""
        return self._files("test")

    @property
    def trained(self) -> dict[str, bytes]:
        """The same for the files trained on."""
        return self._files("train")

    def _files(self, split: str) -> dict[str, bytes]:
        paths = sorted((self.root / split).rglob("*.png"))
        return {path.relative_to(self.root).as_posix(): path.read_bytes() for path in paths}


@pytest.fixture(scope="session")
def cells(tmp_path_factory: pytest.TempPathFactory) -> Cells:
    """Lay out `train/` and `test/` folders of functional and defective cells."""
    root = tmp_path_factory.mktemp("cells")
    data = Path(str(files("elpv_dataset"))) / "data"
    lines = [line.split() for line in (data / "labels.csv").read_text().splitlines()]
    certain = [
        (name, "defective" if float(share) == 1 else "functional") for name, share, _ in lines if share in "0.01.0"
    ]
    for number, (name, label) in enumerate(certain[: TEST_FILES + TRAIN_FILES]):
        split = "test" if number % 3 == 0 and number < 3 * TEST_FILES else "train"
        folder = root / split / label
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copy(data / name, folder)
    assert len(list((root / "test").rglob("*.png"))) == TEST_FILES
    return Cells(root)


@pytest.fixture(scope="session")
def trained(cells: Cells, tmp_path_factory: pytest.TempPathFactory) -> TrainingResult:
    """Train on them and publish."""
    store = tmp_path_factory.mktemp("store")
    quick = FineTuneSettings(epochs=0)
    return training.train(
        TrainingConfig(cells.root, store, MODEL, backbone="efficientnet-lite0", positive="defective", fine_tune=quick)
    )


@pytest.fixture(scope="session")
def store(trained: TrainingResult) -> Path:
    """Return the store published to."""
    return trained.stored.directory.parent.parent


@pytest.fixture(scope="session")
def held_out_zip(cells: Cells) -> bytes:
    """Return a zip of the test files."""
    return zip_of(cells.held_out)


@dataclass(frozen=True)
class Server:
    """`fullcount serve` as a process."""

    process: subprocess.Popen[bytes]
    url: str
    log: Path

    def client(self) -> httpx.Client:
        """Return a client, to be closed by the caller."""
        return httpx.Client(base_url=self.url, timeout=60)

    def resident_bytes(self) -> int:
        """Return the memory that the process holds."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        found = re.search(r"VmRSS:\s+(\d+) kB", status)
        assert found is not None
        return int(found[1]) * 1024


def start_server(store: Path, log: Path, **settings: object) -> Server:
    """Start a server on a port of its own choice and wait until it is ready."""
    environment = {**os.environ, **{f"FULLCOUNT_{name.upper()}": str(value) for name, value in settings.items()}}
    with log.open("wb") as output:
        command = [sys.executable, "-m", "app", "--store", str(store), "--port", "0"]
        process = subprocess.Popen(command, stderr=output, env=environment)
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline and process.poll() is None:
        found = re.search(r"listening on (http://\S+?),", log.read_text())
        if found and _is_ready(found[1]):
            return Server(process, found[1], log)
        time.sleep(0.1)
    process.kill()
    pytest.fail(f"the server did not become ready:\n{log.read_text()}")


def stop_server(server: Server) -> int:
    """End a server as an orchestrator does, and return its exit code."""
    if server.process.poll() is None:
        server.process.send_signal(signal.SIGTERM)
    return server.process.wait(60)


@pytest.fixture(scope="session")
def server(store: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Serve the trained model to all tests."""
    server = start_server(store, tmp_path_factory.mktemp("log") / "server.log")
    yield server
    assert stop_server(server) == 0, server.log.read_text()


@pytest.fixture(scope="session")
def client(server: Server) -> Iterator[httpx.Client]:
    """Return a client of that server."""
    with server.client() as client:
        yield client


def _is_ready(url: str) -> bool:
    try:
        return httpx.get(f"{url}/health/ready").status_code == 200
    except httpx.TransportError:
        return False
