"""The service as a process: its start until it is ready, its memory and its end."""

import os
import re
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

import httpx

from app.errors import ServerUnreachable
from app.server.workers import COMMAND
from app.settings import MIB, Settings

START_TIMEOUT_S: Final = 120
STOP_TIMEOUT_S: Final = 40
_PATIENCE_S: Final = 0.02


@dataclass(frozen=True)
class Running:
    """A service that is ready.

    Attributes:
        port: The port on 127.0.0.1 that it listens on.
        start_s: Seconds from the start of its process until it was ready.
        pid: The process id.
    """

    port: int
    start_s: float
    pid: int

    def peak_mib(self) -> float:
        """Return its peak resident memory, in MiB."""
        status = Path(f"/proc/{self.pid}/status").read_text()
        return int(re.findall(r"^VmHWM:\s+(\d+) kB$", status, re.MULTILINE)[0]) * 1024 / MIB


@contextmanager
def serving(settings: Settings, model: str) -> Iterator[Running]:
    """Start `fullcount serve` with these settings on a free port, and stop it in the end.

    Raises:
        ServerUnreachable: If it does not become ready; the message has the last line of its log.
    """
    own = settings.model_copy(update={"host": "127.0.0.1", "port": 0, "models": (model,), "log_level": "info"})
    environment = os.environ | own.environment()
    with tempfile.TemporaryFile("w+") as log:
        started = time.monotonic()
        process = subprocess.Popen(COMMAND, env=environment, stdout=log, stderr=log)  # noqa: S603  this very program
        try:
            port = _wait_until_ready(process, log, started)
            yield Running(port, time.monotonic() - started, process.pid)
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(STOP_TIMEOUT_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _wait_until_ready(process: "subprocess.Popen[bytes]", log: IO[str], started: float) -> int:
    while time.monotonic() < started + START_TIMEOUT_S and process.poll() is None:
        text = os.pread(log.fileno(), MIB, 0).decode(errors="replace")
        address = re.search(r"listening on http://127\.0\.0\.1:(\d+)", text)
        if address and _is_ready(int(address[1])):
            return int(address[1])
        time.sleep(_PATIENCE_S)
    last = os.pread(log.fileno(), MIB, 0).decode(errors="replace").strip().splitlines()[-1:]
    raise ServerUnreachable("the service", f"it did not become ready: {''.join(last)}")


def _is_ready(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/health/ready", timeout=5).status_code == 200
    except httpx.HTTPError:
        return False
