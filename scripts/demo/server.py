"""The service as a process of its own: started, waited for, and stopped as an operator would."""

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
"""The command that was installed beside this Python."""

_READY_WITHIN_S: Final = 120
_STOPPED_WITHIN_S: Final = 60
_LOG_LINES: Final = 20


@contextmanager
def serving(store: Path, *, port: int, log: Path) -> Iterator[str]:
    """Run `fullcount serve` until the block ends, then stop it gracefully.

    Args:
        store: The model store.
        port: Preferred port; where it is taken, a free one is used.
        log: Gets what the server says.

    Yields:
        The URL of the service, which is ready.

    Raises:
        DemoFailed: It did not become ready, or did not end with 0.
    """
    port = free_port(port)
    command = [FULLCOUNT, "serve", "--store", str(store), "--host", HOST, "--port", str(port)]
    with log.open("w") as output, _process(command, output, log):
        url = f"http://{HOST}:{port}"
        yield url


def free_port(preferred: int) -> int:
    """Return the preferred port if nothing listens there, else one that is free."""
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
    """Run the server around a block that begins when it is ready."""
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
        raise DemoFailed(f"The server ended with {code} instead of 0:\n{_tail(log)}")


def _wait_until_ready(process: subprocess.Popen[bytes], url: str, log: Path) -> None:
    deadline = time.monotonic() + _READY_WITHIN_S
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise DemoFailed(f"The server ended before it was ready, with {process.returncode}:\n{_tail(log)}")
        try:
            if httpx.get(f"{url}/health/ready").is_success:
                return
        except httpx.TransportError:  # it does not listen yet
            pass
        time.sleep(0.1)
    raise DemoFailed(f"The server was not ready within {_READY_WITHIN_S} s:\n{_tail(log)}")


def _tail(log: Path) -> str:
    return "\n".join(log.read_text().splitlines()[-_LOG_LINES:])
