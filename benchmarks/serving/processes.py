"""A server as a process: started, asked until it answers, its memory measured, stopped with all its children."""

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
        why: What happened instead.
        log: What it printed.
    """

    def __init__(self, why: str, log: Path) -> None:
        super().__init__(f"{why}; see {log}")


class Process:
    """A started server in a session of its own; a context manager that stops it.

    Args:
        command: The whole command.
        environment: The whole environment.
        directory: Where it runs; made.
        log: Gets what it prints.

    Attributes:
        start_s: From exec to the first good answer.
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
        """Ask until there is a good answer, and return it.

        Raises:
            NotStarted: It ended or took too long.
        """
        while (answer := ask()) is None:
            if self._process.poll() is not None:
                raise NotStarted(f"it ended with {self._process.returncode}", self._log)
            if time.perf_counter() - self._started > READY_TIMEOUT_S:
                raise NotStarted(f"no good answer after {READY_TIMEOUT_S} s", self._log)
            time.sleep(POLL_S)
        self.start_s = time.perf_counter() - self._started
        return answer

    def memory_mb(self) -> float:
        """Return the proportional set size of the process and its descendants, in units of 10^6 bytes."""
        return sum(_pss_bytes(pid) for pid in _family(self._process.pid)) / 1e6

    def processor_s(self) -> float:
        """Return the seconds of processor time that the process and its descendants have used, in user and system."""
        ticks = sum(_ticks(pid) for pid in _family(self._process.pid))
        return ticks / os.sysconf("SC_CLK_TCK")

    @contextlib.contextmanager
    def peak_memory_mb(self) -> Iterator[list[float]]:
        """Sample the memory in a thread; the list has its peak at the end."""
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
        """Ask every process of the family to end, and end what has not after a while."""
        family = _family(self._process.pid)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGTERM)
        deadline = time.perf_counter() + STOP_TIMEOUT_S
        while any(_is_alive(pid) for pid in family) and time.perf_counter() < deadline:
            self._process.poll()  # takes the exit status, so that it is not a zombie
            time.sleep(POLL_S)
        for pid in {*family, *_family(self._process.pid)}:
            if _is_alive(pid):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
        self._process.wait()


def ask(port: int, path: str, headers: dict[str, str], body: bytes) -> bytes | None:
    """Return the answer to a request, or nothing where there is no good one."""
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
    """Return the share of all cores that is in use by anything; takes a second in which nothing must be measured."""

    def idle_and_total() -> tuple[int, int]:
        ticks = [int(field) for field in Path("/proc/stat").read_text().splitlines()[0].split()[1:9]]
        return ticks[3] + ticks[4], sum(ticks)  # idle, and waiting for the disk

    idle, total = idle_and_total()
    time.sleep(BUSY_INTERVAL_S)
    idle_after, total_after = idle_and_total()
    return 1 - (idle_after - idle) / max(1, total_after - total)


def free_ports(count: int) -> list[int]:
    """Return ports that nobody listens on."""
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]


def _family(leader: int) -> set[int]:
    """Return the processes of the leader's session, and their descendants in other sessions."""
    found = set()
    parents = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and (fields := _stat(int(entry.name))):
            parents[int(entry.name)] = int(fields[1])
            if int(fields[3]) == leader:
                found.add(int(entry.name))
    while children := {pid for pid, parent in parents.items() if parent in found} - found:
        found |= children
    return found


def _stat(pid: int) -> list[str]:
    """Return state, parent, group, session … of a process, or nothing if it has gone."""
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
