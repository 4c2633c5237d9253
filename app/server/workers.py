"""Several processes behind one port, for a GPU that one event loop cannot keep busy.

The parent listens and starts the workers. Each is an ordinary server with a share of the cores, its own models and the
parent's socket. A worker accepts connections once its models are loaded; until then they wait, or other workers accept
them. A killed worker is restarted; a worker that cannot load its models ends all of them.
"""

import logging
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from types import FrameType
from typing import Final

from prometheus_client.multiprocess import mark_process_dead

from app.memory.limit import memory_limit
from app.memory.resident import resident_bytes, shared_bytes
from app.settings import MIB, Settings, cores
from model_store.scratch import scratch_directory

log = logging.getLogger(__name__)

COMMAND: Final = (sys.executable, "-m", "app")
_LOOK_EVERY_S: Final = 0.1
_AGAIN_AFTER_S: Final = 1.0
_GRACE_S: Final = 5.0
"""Seconds beyond a worker's own grace."""


def run_workers(settings: Settings, listener: socket.socket, command: Sequence[str] = COMMAND) -> int:
    """Serve with `settings.workers` processes until a signal arrives.

    Args:
        settings: The service's settings.
        listener: The listening socket.
        command: Command that runs one server with the settings in its environment.

    Returns:
        The exit code: 0, or 1 if the models could not be loaded or a worker did not end in time.
    """
    stop = threading.Event()

    def stop_as_asked(signal_number: int, frame: FrameType | None) -> None:
        del signal_number, frame
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop_as_asked)
    with scratch_directory("metrics") as directory:
        metrics = str(directory)
        crew = _Crew(command, _environment(settings, listener, metrics), listener.fileno(), metrics)
        workers = [crew.start() for _ in range(settings.workers)]
        while not stop.wait(_LOOK_EVERY_S):
            for place, worker in enumerate(workers):
                code = worker.poll()
                if code is None:
                    continue
                mark_process_dead(worker.pid, metrics)  # type: ignore[no-untyped-call]
                if code > 0:
                    log.error("worker %d exited with %d; stopping the others", worker.pid, code)
                    _stop(workers, settings)
                    return 1
                log.warning("worker %d was killed (%d); restarting it", worker.pid, code)
                if not stop.wait(_AGAIN_AFTER_S):  # limits the rate if it is killed again and again
                    workers[place] = crew.start()
        return _stop(workers, settings)


@dataclass(frozen=True)
class _Crew:
    """Starts workers, all in the same way."""

    command: Sequence[str]
    environment: dict[str, str]
    listener: int
    metrics: str

    def start(self) -> "subprocess.Popen[bytes]":
        worker = subprocess.Popen(  # noqa: S603  this very program
            self.command, env=self.environment, pass_fds=(self.listener,), stdin=subprocess.DEVNULL
        )
        log.info("worker %d started", worker.pid)
        return worker


def _environment(settings: Settings, listener: socket.socket, metrics: str) -> dict[str, str]:
    """Return a worker's environment: its share of cores and memory, the socket and the directory of the metrics."""
    share = max(1, cores() // settings.workers)
    limit = memory_limit(settings.memory_mib)
    memory_mib = max(1, (limit.bytes - resident_bytes() + shared_bytes()) // settings.workers // MIB)
    log.info("memory: %s, %d MiB for each of %d workers", limit, memory_mib, settings.workers)
    own = settings.model_copy(
        update={
            "workers": 1,
            "fd": listener.fileno(),
            "decode_threads": settings.image_threads(share),
            "memory_mib": memory_mib,
            "engine_threads": settings.engine_threads or share,
        }
    )
    return os.environ | own.environment() | {"PROMETHEUS_MULTIPROC_DIR": metrics}


def _stop(workers: Sequence["subprocess.Popen[bytes]"], settings: Settings) -> int:
    """Let the workers finish their requests; return 0, or 1 if one had to be killed."""
    for worker in workers:
        worker.terminate()
    end = time.monotonic() + settings.shutdown_grace_s + _GRACE_S
    code = 0
    for worker in workers:
        try:
            worker.wait(max(0.0, end - time.monotonic()))
        except subprocess.TimeoutExpired:
            log.error("worker %d did not end in time; killing it", worker.pid)  # noqa: TRY400  no traceback
            worker.kill()
            worker.wait()
            code = 1
    return code
