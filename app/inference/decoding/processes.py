"""The processes that decode pictures which may be costly: a bounded number, started when they are needed.

A process that takes too long, or whose caller has gone, is killed; the next image gets a new one.
"""

import asyncio
import json
import logging
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any, Final, NamedTuple

from app.concurrency import Pulse
from app.inference.decoding.frames import DecodingTask, decoded_of, pixel_bytes
from app.memory.budget import MemoryBudget, Share
from model_store.errors import ImageRejected
from model_store.images.pixels import Decoded, InputSpec

log = logging.getLogger(__name__)

PROCESS_BYTES: Final = 40 * 2**20
"""Memory of a process that decodes nothing: Python, NumPy and Pillow."""
_PIECE_BYTES: Final = 2**18
_IDLE_S: Final = 10.0
"""Seconds after which a process without work ends."""
_LONG_WAIT_S: Final = 1.0
_STOPPED_S: Final = 60.0
"""Seconds for one foreground image, whatever the processor time: the process may be stopped, or the machine swap."""
_ENVIRONMENT: Final = {"OPENBLAS_NUM_THREADS": "1", "MALLOC_ARENA_MAX": "1"}


class DecodingLimits(NamedTuple):
    """The limits of decoding one image."""

    max_image_pixels: int
    """The greatest number of pixels."""
    processor_s: float
    """The most processor time in a decoding process, in seconds."""


class DecodingProcesses:
    """Processes that decode images, for the coroutines of one event loop.

    Args:
        at_once: The greatest number of processes; further images wait.
        limits: The limits of one image.
        budget: Processes without work take their memory from it.
        niceness: Their niceness.

    Attributes:
        pulse: Beats when an image is done.
    """

    def __init__(self, at_once: int, limits: DecodingLimits, budget: MemoryBudget, *, niceness: int = 0) -> None:
        self._places = asyncio.Semaphore(at_once)
        self._limits = limits
        self._budget = budget
        self._niceness = niceness
        self.pulse = Pulse("decoding processes")
        self._all: set[_Process] = set()
        self._idle: list[_Process] = []
        self._ending: set[asyncio.Task[None]] = set()
        budget.reclaims.append(self._end_all_idle)

    async def close(self) -> None:
        """End the processes; the callers that wait have been cancelled before."""
        while self._all:
            await self._all.pop().ended()
        await asyncio.gather(*self._ending)

    @asynccontextmanager
    async def place(self, on_long_wait: Callable[[], None]) -> AsyncIterator[None]:
        """Wait for a place, which is for one image, and hold it until the block ends.

        Args:
            on_long_wait: Called once if the wait is long: whoever waits must not keep memory from those with a place.
        """
        with self.pulse.work():
            try:
                async with asyncio.timeout(_LONG_WAIT_S):
                    await self._places.acquire()
            except TimeoutError:
                on_long_wait()
                await self._places.acquire()
            try:
                yield
            finally:
                self._places.release()

    async def decode(self, data: bytes, spec: InputSpec, memory_bytes: int) -> Decoded:
        """Decode an image, while holding a place; cancelling the call ends the work.

        Args:
            data: The bytes of the file.
            spec: The model's input.
            memory_bytes: The memory that decoding takes at most. The caller has taken it from the budget, and
                `PROCESS_BYTES` and the length of the file as well.

        Raises:
            ImageRejected: If the bytes cannot be decoded, or not within the limits.
        """
        task = DecodingTask(len(data), spec.model_dump_json(), *self._limits, memory_bytes)
        process = self._take_idle() or await self._start()
        try:
            async with asyncio.timeout(None if self._niceness else _STOPPED_S):
                return await process.decode(task, data)
        except TimeoutError as error:
            raise _too_slow(task) from error
        finally:
            self._keep(process)

    def _keep(self, process: "_Process") -> None:
        """Keep a process for the next image if there is room, unless it was given up in the middle of one."""
        if process.is_busy or not process.share.take_if_free(PROCESS_BYTES):
            self._end(process)
            return
        self._idle.append(process)
        process.end_later(asyncio.get_running_loop().call_later(_IDLE_S, self._end_idle, process))

    def _end_all_idle(self) -> None:
        while self._idle:
            self._end(self._idle.pop())

    def _end_idle(self, process: "_Process") -> None:
        if process in self._idle:
            self._idle.remove(process)
            self._end(process)

    def _end(self, process: "_Process") -> None:
        process.end()
        ending = asyncio.get_running_loop().create_task(self._wait_for_end(process))
        self._ending.add(ending)
        ending.add_done_callback(self._ending.discard)

    async def _wait_for_end(self, process: "_Process") -> None:
        await process.ended()
        self._all.discard(process)

    def _take_idle(self) -> "_Process | None":
        """Return a process without work, and forget those that something else has ended."""
        while self._idle:
            process = self._idle.pop()
            process.share.give_back()
            if process.is_alive:
                return process
            self._end(process)
        return None

    async def _start(self) -> "_Process":
        process = _Process(await _start(self._niceness), Share(self._budget, "a decoding process"))
        self._all.add(process)
        return process


class _Process:
    """One process.

    Args:
        process: The process.
        share: Its memory while it has no work; while it has, the image's share counts it.
    """

    def __init__(self, process: asyncio.subprocess.Process, share: Share) -> None:
        self._process = process
        self.share = share
        self._timer: asyncio.TimerHandle | None = None
        self.is_busy = False
        """True from the beginning of a task to the end of its answer; then for ever if it is given up."""

    @property
    def is_alive(self) -> bool:
        """Whether the process runs, as far as is known."""
        return self._process.returncode is None

    def end_later(self, timer: asyncio.TimerHandle) -> None:
        """Cancel this timer when the process gets work."""
        self._timer = timer

    def end(self) -> None:
        """Kill the process and give its memory back."""
        if self._timer is not None:
            self._timer.cancel()
        with suppress(ProcessLookupError):
            self._process.kill()
        self.share.give_back()

    async def ended(self) -> None:
        """Kill the process and wait until it has ended."""
        self.end()
        await self._process.wait()

    async def decode(self, task: DecodingTask, data: bytes) -> Decoded:
        """Decode an image.

        Raises:
            ImageRejected: If it is not decoded.
        """
        if self._timer is not None:
            self._timer.cancel()
        self.is_busy = True
        try:
            await self._send(task.line(), data)
            described, pixels = await self._receive()
        except (OSError, EOFError):  # it has ended
            raise _ended(await self._process.wait(), task) from None
        self.is_busy = False
        if pixels:
            return decoded_of(described, pixels)
        if "reason" in described:
            raise ImageRejected(described["reason"], described["detail"])
        if "is_memory" in described:
            raise _too_large(task)
        log.error("a decoding process failed on an image of %d bytes: %s", task.length, described.get("error"))
        raise ImageRejected("corrupt", "The image's data are damaged and cannot be decoded.")

    async def _send(self, line: bytes, data: bytes) -> None:
        """Send a task in pieces, so that the pipe's buffer never holds the file once more."""
        stdin = self._process.stdin
        if stdin is None:
            raise EOFError
        stdin.write(line)
        view = memoryview(data)
        for start in range(0, len(data), _PIECE_BYTES):
            stdin.write(view[start : start + _PIECE_BYTES])
            await stdin.drain()

    async def _receive(self) -> tuple[dict[str, Any], bytes]:
        stdout = self._process.stdout
        line = b"" if stdout is None else await stdout.readline()
        if stdout is None or not line:
            raise EOFError
        described = json.loads(line)
        return described, await stdout.readexactly(pixel_bytes(described))


async def _start(niceness: int) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "app.inference.decoding.child", str(niceness)),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,  # libraries write there about what they find in a client's file
        env={**os.environ, **_ENVIRONMENT},
    )


def _ended(status: int, task: DecodingTask) -> ImageRejected:
    """Explain a process that ended in the middle of an image."""
    if status == -signal.SIGPROF:
        return _too_slow(task)
    if status == -signal.SIGKILL:  # the system ran out of memory
        return _too_large(task)
    log.error("a decoding process ended with %d on an image of %d bytes", status, task.length)
    return ImageRejected("corrupt", "The image's data are damaged: they end the decoder itself.")


def _too_slow(task: DecodingTask) -> ImageRejected:
    detail = (
        f"Decoding takes more than {task.processor_s:g} s of processor time, the limit for one image "
        "(FULLCOUNT_MAX_DECODE_S). Save the image again, or make it smaller."
    )
    return ImageRejected("too-costly", detail)


def _too_large(task: DecodingTask) -> ImageRejected:
    detail = (
        f"Decoding takes more than the {task.memory_bytes / 2**20:.0f} MiB of memory that an image of its kind and "
        "size needs. Save the image again, or make it smaller."
    )
    return ImageRejected("too-costly", detail)
