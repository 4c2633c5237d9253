"""The processes that decode pictures which may be costly: a bounded number, started when they are needed.

A process that takes too long, or whose caller has gone, is killed; the next image gets a new one. A process without
work is kept for a while, but not while somebody waits for memory.

An image gets a place first, then its memory and that of its process together: so nobody who waits for a place has
memory that somebody with a place waits for.
"""

import asyncio
import json
import logging
import os
import signal
import sys
from collections.abc import AsyncIterator
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
_IDLE_S: Final = 30.0
"""Seconds after which a process without work ends."""
_STOPPED_S: Final = 60.0
"""Seconds for one foreground image, whatever the processor time: the process may be stopped, or the machine swap."""
_STOPPED_IN_BACKGROUND_S: Final = 600.0
"""And for a background image, which may get only a hundredth of a core."""
_ENVIRONMENT: Final = {"OPENBLAS_NUM_THREADS": "1", "MALLOC_ARENA_MAX": "1"}


class ProcessKilled(Exception):
    """Something else killed a process in the middle of an image: somebody, or a system without memory."""

    def __init__(self, task: DecodingTask) -> None:
        super().__init__()
        self._task = task

    def rejected(self) -> ImageRejected:
        """Return the error for an image that is not tried again."""
        return _too_large(self._task)


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
        budget: Each process takes memory from it, beside what its images take.
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
        self._ending: set[asyncio.Task[None]] = set()
        self._idle: list[_Process] = []
        budget.before_waiting.append(self._end_all_idle)

    async def close(self) -> None:
        """End the processes; the callers that wait have been cancelled before."""
        await asyncio.gather(*(process.ended() for process in self._all), *self._ending)
        self._all.clear()

    @property
    def is_full(self) -> bool:
        """Whether an image would have to wait for a place."""
        return self._places.locked()

    @asynccontextmanager
    async def place(self) -> AsyncIterator["Place"]:
        """Wait for a place for one image, and keep it to the end of the block; cancelling the block ends the work.

        Whoever waits for it should have no memory that others with a place may wait for.
        """
        async with self._places:
            place = Place(self, self._take_idle())
            try:
                yield place
            finally:
                place.leave()

    async def start(self, room: Share) -> "_Process":
        """Start a process; the room is its memory, which it gives back when it ends."""
        process = await _start(self._niceness, room)
        self._all.add(process)
        return process

    async def run(self, process: "_Process", data: bytes, spec: InputSpec, memory_bytes: int) -> Decoded:
        """Decode an image in a process.

        Raises:
            ImageRejected: If the bytes cannot be decoded, or not within the limits.
            ProcessKilled: If something else killed the process.
        """
        task = DecodingTask(len(data), spec.model_dump_json(), *self._limits, memory_bytes)
        try:
            with self.pulse.work():
                async with asyncio.timeout(_STOPPED_IN_BACKGROUND_S if self._niceness else _STOPPED_S):
                    return await process.decode(task, data)
        except TimeoutError as error:
            raise _too_slow(task) from error

    def keep(self, process: "_Process") -> None:
        """Keep a process for the next image, unless it was given up in one, or others wait for memory."""
        if process.is_busy or self._budget.waiting:
            self.end(process)
            return
        self._idle.append(process)
        process.end_later(asyncio.get_running_loop().call_later(_IDLE_S, self._end_idle, process))

    def end(self, process: "_Process") -> None:
        """End a process and forget it."""
        process.end()
        ending = asyncio.get_running_loop().create_task(process.ended())
        self._ending.add(ending)
        ending.add_done_callback(self._ending.discard)
        self._all.discard(process)

    def replace(self, process: "_Process") -> Share:
        """Forget a process that was killed, and return its room for the next."""
        self._all.discard(process)
        return process.leave_room()

    def _end_idle(self, process: "_Process") -> None:
        if process in self._idle:
            self._idle.remove(process)
            self.end(process)

    def _end_all_idle(self) -> None:
        while self._idle:
            self.end(self._idle.pop())

    def _take_idle(self) -> "_Process | None":
        """Return a process without work, and forget those that something else has ended."""
        while self._idle:
            process = self._idle.pop()
            if process.is_alive:
                return process
            self.end(process)
        return None


class Place:
    """The right to decode one image in a process, and the process, if there is one.

    Args:
        processes: All processes.
        process: One that has no work.
    """

    def __init__(self, processes: DecodingProcesses, process: "_Process | None") -> None:
        self._processes = processes
        self._process = process

    @property
    def bytes_to_start(self) -> int:
        """The memory that decoding takes besides that of the image: of a process, if one has to be started."""
        return 0 if self._process else PROCESS_BYTES

    def leave(self) -> None:
        """Keep the process for others, if it is fit for them."""
        if self._process:
            self._processes.keep(self._process)

    def end(self) -> None:
        """End the process, if there is one: who waits for memory must have none."""
        if self._process:
            self._processes.end(self._process)
            self._process = None

    async def decode(self, data: bytes, spec: InputSpec, memory_bytes: int, share: Share) -> Decoded:
        """Decode the image; if something else kills the process, once more in another.

        Args:
            data: The bytes of the file.
            spec: The model's input.
            memory_bytes: The memory that decoding takes at most.
            share: Has that memory, and the bytes to start a process.

        Raises:
            ImageRejected: If the bytes cannot be decoded, or not within the limits.
        """
        process = self._process or await self._start(share.split(PROCESS_BYTES, "a decoding process"))
        try:
            return await self._processes.run(process, data, spec, memory_bytes)
        except ProcessKilled:
            log.warning("a decoding process was killed; an image of %d bytes is decoded once more", len(data))
        process = await self._start(self._processes.replace(process))
        try:
            return await self._processes.run(process, data, spec, memory_bytes)
        except ProcessKilled as error:
            raise error.rejected() from None

    async def _start(self, room: Share) -> "_Process":
        self._process = None
        self._process = process = await self._processes.start(room)
        return process


class _Process:
    """One process, and the memory that it takes."""

    def __init__(self, process: asyncio.subprocess.Process, share: Share) -> None:
        self._process = process
        self._share = share
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
        self._share.give_back()

    def leave_room(self) -> Share:
        """Return the memory of this process, which has ended, for another."""
        return self._share.split(self._share.bytes, self._share.what)

    async def ended(self) -> None:
        """Kill the process and wait until it has ended."""
        self.end()
        await self._process.wait()

    async def decode(self, task: DecodingTask, data: bytes) -> Decoded:
        """Decode an image.

        Raises:
            ImageRejected: If it is not decoded.
            ProcessKilled: If something else killed the process.
        """
        if self._timer is not None:
            self._timer.cancel()
        self.is_busy = True
        try:
            await self._send(task.line(), data)
            described, pixels = await self._receive()
        except (OSError, EOFError):  # it has ended
            status = await self._process.wait()
            raise ProcessKilled(task) if status == -signal.SIGKILL else _ended(status, task) from None
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


async def _start(niceness: int, room: Share) -> _Process:
    try:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-m", "app.inference.decoding.child", str(niceness)),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,  # libraries write there about what they find in a client's file
            env={**os.environ, **_ENVIRONMENT},
        )
    except BaseException:
        room.give_back()
        raise
    return _Process(process, room)


def _ended(status: int, task: DecodingTask) -> ImageRejected:
    """Explain a process that ended in the middle of an image."""
    if status == -signal.SIGPROF:
        return _too_slow(task)
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
