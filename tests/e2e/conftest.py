"""Real parts: solar cells, a network trained on them, and the server as a process."""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from tests.support.fakes import zip_of
from tests.support.trained_store import TrainedStore, trained_store


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
def trained() -> TrainedStore:
    """Return what was trained, and kept from an earlier run if it was."""
    return trained_store()


@pytest.fixture(scope="session")
def cells(trained: TrainedStore) -> Cells:
    """Return the data set trained on."""
    return Cells(trained.cells)


@pytest.fixture(scope="session")
def store(trained: TrainedStore, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Copy the store, since a server keeps reports in it."""
    return Path(shutil.copytree(trained.store, tmp_path_factory.mktemp("served") / "store"))


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
