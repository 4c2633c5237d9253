"""The service as a separate process, which is started, awaited and stopped as an operator would do it."""

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Final

import httpx

from scripts.demo.errors import DemoFailed

HOST: Final = "127.0.0.1"
FULLCOUNT: Final = str(Path(sys.executable).with_name("fullcount"))
"""The command installed beside this Python."""

_READY_WITHIN_S: Final = 120
_STOPPED_WITHIN_S: Final = 60
_LOG_LINES: Final = 20


@contextmanager
def serving(store: Path, *, port: int, log: Path) -> Iterator[str]:
    """Run `fullcount serve` until the block ends, then stop it gracefully.

    Args:
        store: The model store.
        port: Preferred port; if it is taken, a free one is used.
        log: File for the server's log.

    Yields:
        The URL of the service once it is ready.

    Raises:
        DemoFailed: If the server does not become ready or does not exit with 0.
    """
    port = free_port(port)
    command = [FULLCOUNT, "serve", "--store", str(store), "--host", HOST, "--port", str(port)]
    with log.open("w") as output, _process(command, output, log):
        url = f"http://{HOST}:{port}"
        yield url


def free_port(preferred: int) -> int:
    """Return the preferred port if it is free, else another free port."""
    for port in (preferred, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((HOST, port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise DemoFailed("No port is free.")


@contextmanager
def _process(command: list[str], output: IO[str], log: Path) -> Iterator[None]:
    """Run the server for the duration of a block, which begins when it is ready."""
    process = subprocess.Popen(command, stdout=output, stderr=output)  # noqa: S603  our own command
    try:
        _wait_until_ready(process, f"http://{HOST}:{command[-1]}", log)
        yield
    finally:
        process.terminate()
        try:
            code = process.wait(_STOPPED_WITHIN_S)
        except subprocess.TimeoutExpired:
            process.kill()
            code = process.wait()
    if code != 0:
        raise DemoFailed(f"The server exited with {code} instead of 0:\n{_tail(log)}")


def _wait_until_ready(process: subprocess.Popen[bytes], url: str, log: Path) -> None:
    deadline = time.monotonic() + _READY_WITHIN_S
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise DemoFailed(f"The server exited with {process.returncode} before it was ready:\n{_tail(log)}")
        try:
            if httpx.get(f"{url}/health/ready").is_success:
                return
        except httpx.TransportError:  # it does not listen yet
            pass
        time.sleep(0.1)
    raise DemoFailed(f"The server was not ready within {_READY_WITHIN_S} s:\n{_tail(log)}")


def _tail(log: Path) -> str:
    return "\n".join(log.read_text().splitlines()[-_LOG_LINES:])
