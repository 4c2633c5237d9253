"""The processes that decode pictures which may be costly: a bounded number, started when they are needed.

A process that takes too long, or whose caller has gone, is killed; the next image gets a new one. A process without
work is kept for a while, but not while somebody waits for memory.

An image gets a place first, then its memory and that of its process together: so nobody who waits for a place has
memory that somebody with a place waits for.
"""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final, NamedTuple

from app.concurrency import Pulse
from app.inference.decoding.frames import DecodingTask
from app.inference.decoding.process import PROCESS_BYTES, DecodingProcess, ProcessKilled, start_process, too_slow
from app.memory.budget import MemoryBudget, Share
from model_store.images.pixels import Decoded, InputSpec

log = logging.getLogger(__name__)

_IDLE_S: Final = 10.0
"""Seconds after which a process without work ends."""
_STOPPED_S: Final = 60.0
"""Seconds for one foreground image, whatever the processor time: the process may be stopped, or the machine swap."""
_STOPPED_IN_BACKGROUND_S: Final = 600.0
"""And for a background image, which may get only a hundredth of a core."""


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
        self._all: set[DecodingProcess] = set()
        self._ending: set[asyncio.Task[None]] = set()
        self._idle: list[DecodingProcess] = []
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
    async def place(self) -> AsyncIterator["DecodingPlace"]:
        """Wait for a place for one image, and keep it to the end of the block; cancelling the block ends the work.

        Whoever waits for it should have no memory that others with a place may wait for.
        """
        async with self._places:
            place = DecodingPlace(self, self._take_idle())
            try:
                yield place
            finally:
                place.leave()

    async def start(self, room: Share) -> DecodingProcess:
        """Start a process; the room is its memory, which it gives back when it ends."""
        process = await start_process(self._niceness, room)
        self._all.add(process)
        return process

    async def run(self, process: DecodingProcess, data: bytes, spec: InputSpec, memory_bytes: int) -> Decoded:
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
            raise too_slow(task) from error

    def keep(self, process: DecodingProcess) -> None:
        """Keep a process for the next image, unless it was given up in one, or others wait for memory."""
        if process.is_busy or self._budget.waiting:
            self.end(process)
            return
        self._idle.append(process)
        process.end_later(asyncio.get_running_loop().call_later(_IDLE_S, self._end_idle, process))

    def end(self, process: DecodingProcess) -> None:
        """End a process and forget it."""
        process.end()
        ending = asyncio.get_running_loop().create_task(process.ended())
        self._ending.add(ending)
        ending.add_done_callback(self._ending.discard)
        self._all.discard(process)

    def replace(self, process: DecodingProcess) -> Share:
        """Forget a process that was killed, and return its room for the next."""
        self._all.discard(process)
        return process.leave_room()

    def _end_idle(self, process: DecodingProcess) -> None:
        if process in self._idle:
            self._idle.remove(process)
            self.end(process)

    def _end_all_idle(self) -> None:
        while self._idle:
            self.end(self._idle.pop())

    def _take_idle(self) -> DecodingProcess | None:
        """Return a process without work, and forget those that something else has ended."""
        while self._idle:
            process = self._idle.pop()
            if process.is_alive:
                return process
            self.end(process)
        return None


class DecodingPlace:
    """The right to decode one image in a process, and the process, if there is one.

    Args:
        processes: All processes.
        process: One that has no work.
    """

    def __init__(self, processes: DecodingProcesses, process: DecodingProcess | None) -> None:
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

    async def _start(self, room: Share) -> DecodingProcess:
        self._process = None
        self._process = process = await self._processes.start(room)
        return process
