"""The process around the application: listening, logging and graceful shutdown.

On SIGTERM or Ctrl-C the server stops accepting connections, finishes the requests under way and exits with 0, after at
most `shutdown_grace_s`. If a model cannot be loaded, it exits with 1.
"""

import asyncio
import functools
import logging
import os
import resource
import signal
import socket
import sys
import tempfile
import threading
from collections.abc import Sequence
from pathlib import Path
from types import FrameType
from typing import cast

import uvicorn
from fastapi import FastAPI

from app.inference.engines.loading import EngineFactory, load_engine
from app.main import create_app
from app.memory.resident import return_freed_memory
from app.observability.logs import PrintableFormatter
from app.server.connections import Connections
from app.server.http import BoundedHttpProtocol
from app.server.sending import keep_little_unsent
from app.server.workers import COMMAND, run_workers
from app.settings import Settings
from model_store.errors import FullcountError
from model_store.scratch import clean_scratch, remove_own_scratch

log = logging.getLogger(__name__)

_BACKLOG = 2048
_IDLE_S = 0.2
_WORKERS = ("image", "engine", "file", "loader")
"""Prefixes of the names of this application's threads."""


class CannotStart(FullcountError):
    """The server cannot start with these settings."""


def run_server(settings: Settings, *, make_engine: EngineFactory = load_engine, worker: Sequence[str] = COMMAND) -> int:
    """Serve until a signal arrives.

    Args:
        settings: The service's settings.
        make_engine: Makes an engine from a stored version.
        worker: Command that starts one worker process, if there are several.

    Returns:
        The exit code: 0, or 1 if the models could not be loaded.

    Raises:
        CannotStart: If the server cannot listen on the address.
        SpoolMissing: If there is no directory for uploads.
    """
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(PrintableFormatter())
    logging.basicConfig(level=settings.log_level.upper(), handlers=[handler])
    logging.getLogger("python_multipart").setLevel(logging.ERROR)  # it warns of every bad form; the sender gets a 4xx
    _use_spool_directory(settings)
    connections = Connections(_connections_within(settings, _allow_many_files()), settings.body_timeout_s)
    listener = _listen(settings)
    keep_little_unsent(listener)
    if settings.workers > 1:
        return run_workers(settings, listener, worker)
    failed = False

    def stop() -> None:
        nonlocal failed
        failed = True
        server.should_exit = True

    def stop_as_asked(signal_number: int, frame: FrameType | None) -> None:
        del signal_number, frame
        server.should_exit = True

    return_freed_memory()
    app = create_app(settings, make_engine=make_engine, on_load_failure=stop)
    server = uvicorn.Server(_config(settings, app, connections))
    for number in (signal.SIGTERM, signal.SIGINT):
        # For a signal before uvicorn installs its handlers, and for the one that uvicorn raises again after shutdown to
        # end the process by the signal: here it shall end normally.
        signal.signal(number, stop_as_asked)
    server.run(sockets=[listener])
    _exit_if_threads_remain(1 if failed else 0)
    return 1 if failed else 0


def _config(settings: Settings, app: FastAPI, connections: Connections) -> uvicorn.Config:
    protocol = functools.partial(BoundedHttpProtocol, head_timeout_s=settings.body_timeout_s, peers=connections)
    return uvicorn.Config(
        app,
        http=cast("type[asyncio.Protocol]", protocol),
        backlog=_BACKLOG,
        access_log=False,  # `app.api.middleware.request_context` logs requests, with their ids
        log_config=None,
        server_header=False,
        timeout_graceful_shutdown=settings.shutdown_grace_s,
    )


def _listen(settings: Settings) -> socket.socket:
    if settings.fd is not None:
        return socket.socket(fileno=settings.fd)
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    try:
        listener = socket.create_server((settings.host, settings.port), family=family, backlog=_BACKLOG)
    except OSError as error:
        reason = (error.strerror or str(error)).split(" (while attempting")[0]  # the rest repeats the address
        raise CannotStart(
            f"Cannot listen on {settings.host} port {settings.port}: {reason}.",
            hint="Choose another address with --host and --port.",
        ) from error
    host, port = listener.getsockname()[:2]
    log.info("listening on http://%s:%d, loading models", f"[{host}]" if ":" in host else host, port)
    return listener


def _exit_if_threads_remain(code: int) -> None:
    """Exit at once if a thread is still loading or computing, since Python would wait for it beyond the grace."""
    workers = [thread for thread in threading.enumerate() if thread.name.startswith(_WORKERS)]
    for thread in workers:
        thread.join(_IDLE_S)  # an idle thread ends by itself
    if any(thread.is_alive() for thread in workers):
        logging.shutdown()
        remove_own_scratch(Path(tempfile.gettempdir()))  # the copy of a version that is still being loaded
        os._exit(code)


def _allow_many_files() -> int:
    """Raise the limit of open files to the highest that the system allows, and return it: each upload may need one."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return sys.maxsize if hard == resource.RLIM_INFINITY else hard


def _connections_within(settings: Settings, files: int) -> int:
    """Return the greatest number of connections: no more than half of the files that may be open."""
    allowed = files // 2
    if settings.max_connections > allowed:
        log.warning(
            "only %d connections are served, not %d: no more than %d files may be open (ulimit -n)",
            *(allowed, settings.max_connections, files),
        )
    return min(settings.max_connections, allowed)


def _use_spool_directory(settings: Settings) -> None:
    """Put every temporary file of this process, including the form parser's, into the spool directory.

    What killed processes left there is removed.
    """
    directory = settings.spool_directory()
    tempfile.tempdir = str(directory)
    if removed := clean_scratch(directory):
        log.info("removed what killed processes left in %s: %s", directory, ", ".join(removed))
