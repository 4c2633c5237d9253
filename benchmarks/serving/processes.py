"""A server as a process: starting it, waiting until it responds, measuring its memory, stopping it and its children."""

import contextlib
import http.client
import os
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final, Self

READY_TIMEOUT_S: Final = 120
POLL_S: Final = 0.02
STOP_TIMEOUT_S: Final = 15
MEMORY_INTERVAL_S: Final = 1.0
BUSY_INTERVAL_S: Final = 1.0


class NotStarted(Exception):
    """A server did not become ready.

    Args:
        reason: The reason, as a clause.
        log: Path of its log.
    """

    def __init__(self, reason: str, log: Path) -> None:
        super().__init__(f"{reason}; see {log}")


class Process:
    """A running server in a session of its own; a context manager that stops it.

    Args:
        command: The complete command.
        environment: The complete environment.
        directory: Working directory, which is made.
        log: File for its output.

    Attributes:
        start_s: Seconds from exec to the first successful response.
    """

    def __init__(self, command: list[str], *, environment: dict[str, str], directory: Path, log: Path) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        log.parent.mkdir(parents=True, exist_ok=True)
        self._log = log
        self._started = time.perf_counter()
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                command, env=environment, cwd=directory, stdout=output, stderr=output, start_new_session=True
            )
        self.start_s = 0.0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def wait_until_ready(self, ask: Callable[[], bytes | None]) -> bytes:
        """Repeat a request until it succeeds, and return the response.

        Raises:
            NotStarted: If the server ends or takes too long.
        """
        while (answer := ask()) is None:
            if self._process.poll() is not None:
                raise NotStarted(f"it exited with {self._process.returncode}", self._log)
            if time.perf_counter() - self._started > READY_TIMEOUT_S:
                raise NotStarted(f"it did not respond successfully within {READY_TIMEOUT_S} s", self._log)
            time.sleep(POLL_S)
        self.start_s = time.perf_counter() - self._started
        return answer

    def memory_mb(self) -> float:
        """Return the proportional set size of the process and its descendants, in MB (10^6 bytes)."""
        return sum(_pss_bytes(pid) for pid in _family(self._process.pid)) / 1e6

    def processor_s(self) -> float:
        """Return the seconds of processor time that the process and its descendants have used, in user and system."""
        ticks = sum(_ticks(pid) for pid in _family(self._process.pid))
        return ticks / os.sysconf("SC_CLK_TCK")

    @contextlib.contextmanager
    def peak_memory_mb(self) -> Iterator[list[float]]:
        """Sample the memory in a thread; after the block, the yielded list holds only the peak, in MB."""
        samples: list[float] = []
        is_over = threading.Event()

        def sample() -> None:
            while not is_over.wait(MEMORY_INTERVAL_S):
                samples.append(self.memory_mb())

        thread = threading.Thread(target=sample)
        thread.start()
        try:
            yield samples
        finally:
            is_over.set()
            thread.join()
            samples[:] = [max([*samples, self.memory_mb()])]

    def stop(self) -> None:
        """Terminate every process of the family, and kill those that have not ended after a while."""
        family = _family(self._process.pid)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGTERM)
        deadline = time.perf_counter() + STOP_TIMEOUT_S
        while any(_is_alive(pid) for pid in family) and time.perf_counter() < deadline:
            self._process.poll()  # reaps the process, so that it is not a zombie
            time.sleep(POLL_S)
        for pid in {*family, *_family(self._process.pid)}:
            if _is_alive(pid):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
        self._process.wait()


def ask(port: int, path: str, headers: dict[str, str], body: bytes) -> bytes | None:
    """Return the response to a request, or None if it fails."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=READY_TIMEOUT_S)
    try:
        connection.request("POST", path, body, headers)
        response = connection.getresponse()
        answer = response.read()
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()
    return answer if response.status == http.HTTPStatus.OK else None


def busy_share() -> float:
    """Return the share of all cores in use; this takes a second in which nothing else may be measured."""

    def idle_and_total() -> tuple[int, int]:
        ticks = [int(field) for field in Path("/proc/stat").read_text().splitlines()[0].split()[1:9]]
        return ticks[3] + ticks[4], sum(ticks)  # idle, and waiting for the disk

    idle, total = idle_and_total()
    time.sleep(BUSY_INTERVAL_S)
    idle_after, total_after = idle_and_total()
    return 1 - (idle_after - idle) / max(1, total_after - total)


def free_ports(count: int) -> list[int]:
    """Return ports that no process listens on."""
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for bound in sockets:
            bound.bind(("127.0.0.1", 0))
        return [bound.getsockname()[1] for bound in sockets]


def _family(leader: int) -> set[int]:
    """Return the processes of the leader's session, and their descendants in other sessions."""
    family = set()
    parents = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and (fields := _stat(int(entry.name))):
            parents[int(entry.name)] = int(fields[1])
            if int(fields[3]) == leader:
                family.add(int(entry.name))
    while children := {pid for pid, parent in parents.items() if parent in family} - family:
        family |= children
    return family


def _stat(pid: int) -> list[str]:
    """Return the fields of a process's `stat` from its state on, or an empty list if it has ended."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []


def _ticks(pid: int) -> int:
    """Return the processor time of a process and of those of its children that have ended, in clock ticks."""
    return sum(map(int, _stat(pid)[11:15]))


def _is_alive(pid: int) -> bool:
    return _stat(pid)[:1] not in ([], ["Z"], ["X"])


def _pss_bytes(pid: int) -> int:
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024
    return 0
