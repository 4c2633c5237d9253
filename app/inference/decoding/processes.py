"""The processes that decode pictures which may be costly: a bounded number, started when they are needed.

A process that takes too long, or whose caller has gone, is killed; the next image gets a new one.
"""

import asyncio
import json
import logging
import os
import signal
import sys
from contextlib import suppress
from typing import Any, Final, NamedTuple

from app.concurrency import Pulse
from app.inference.decoding.frames import DecodingTask, decoded_of, pixel_bytes
from app.memory.budget import PATIENCE_S, MemoryBudget, Share
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
        self._idle: list[_Process] = []
        budget.add_spare(self._end_all_idle)

    async def close(self) -> None:
        """End the processes; the callers that wait have been cancelled before."""
        while self._all:
            await self._all.pop().ended()

    async def decode(self, data: bytes, spec: InputSpec, share: Share, memory_bytes: int) -> Decoded:
        """Decode an image; cancelling the call ends the work.

        Args:
            data: The bytes of the file.
            spec: The model's input.
            share: What the caller has taken from the budget.
            memory_bytes: How much of the share is for decoding: the most memory that this takes.

        Raises:
            ImageRejected: If the bytes cannot be decoded, or not within the limits.
            Exhausted: If there is no memory for another process in time.
            MemoryNeverEnough: If there never can be memory for a process and the image.
        """
        task = DecodingTask(len(data), spec.model_dump_json(), *self._limits, memory_bytes)
        with self.pulse.work():
            return await self._decode(data, task, share)

    async def _decode(self, data: bytes, task: DecodingTask, share: Share) -> Decoded:
        async with self._places:
            process = self._take_idle() or await self._start(share, task.memory_bytes)
            try:
                async with asyncio.timeout(None if self._niceness else _STOPPED_S):
                    return await process.decode(task, data)
            except TimeoutError as error:
                raise _too_slow(task) from error
            finally:
                self._keep(process)

    def _keep(self, process: "_Process") -> None:
        """Keep a process for the next image, unless one was given up in it, or somebody waits for memory."""
        if process.is_busy or self._budget.waiting:
            process.end()
            return
        self._idle.append(process)
        process.end_later(asyncio.get_running_loop().call_later(_IDLE_S, self._end_idle, process))

    def _end_idle(self, process: "_Process") -> None:
        if process in self._idle:
            self._idle.remove(process)
            process.end()

    def _end_all_idle(self) -> None:
        while self._idle:
            self._idle.pop().end()

    def _take_idle(self) -> "_Process | None":
        """Return a process without work, and forget those that something else has ended."""
        while self._idle:
            process = self._idle.pop()
            if process.is_alive:
                return process
            process.end()
        return None

    async def _start(self, share: Share, memory_bytes: int) -> "_Process":
        process = await _start(self._niceness, await self._memory_of_process(share, memory_bytes))
        self._all = {one for one in self._all if one.is_alive} | {process}
        return process

    async def _memory_of_process(self, share: Share, memory_bytes: int) -> Share:
        """Take the memory of a process, beside what its first image has.

        Who waits for it gives the image's back and takes both at once. Otherwise two images could each have what the
        other one's process waits for.
        """
        own = Share(self._budget, "a decoding process")
        if not own.take_if_free(PROCESS_BYTES):
            share.give_back(kept=share.bytes - memory_bytes)
            await share.take(memory_bytes + PROCESS_BYTES, None if self._niceness else PATIENCE_S)
            share.hand_over(own, PROCESS_BYTES)
        return own


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


async def _start(niceness: int, share: Share) -> _Process:
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
        share.give_back()
        raise
    return _Process(process, share)


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
