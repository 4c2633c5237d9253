"""One process that decodes pictures: what is sent to it, what comes back, and what it means when it ends."""

import asyncio
import json
import logging
import os
import signal
import sys
from contextlib import suppress
from typing import Any, Final

from app.inference.decoding.frames import DecodingTask, decoded_of, pixel_bytes
from app.memory.budget import Share
from model_store.errors import ImageRejected
from model_store.images.pixels import Decoded

log = logging.getLogger(__name__)

PROCESS_BYTES: Final = 40 * 2**20
"""Memory of a process that decodes nothing: Python, NumPy and Pillow."""
_PIECE_BYTES: Final = 2**18
_ENVIRONMENT: Final = {"OPENBLAS_NUM_THREADS": "1", "MALLOC_ARENA_MAX": "1"}


class ProcessKilled(Exception):
    """Something else killed a process in the middle of an image: somebody, or a system without memory."""

    def __init__(self, task: DecodingTask) -> None:
        super().__init__()
        self._task = task

    def rejected(self) -> ImageRejected:
        """Return the error for an image that is not tried again."""
        return _too_large(self._task)


class DecodingProcess:
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


async def start_process(niceness: int, room: Share) -> DecodingProcess:
    """Start a process.

    Args:
        niceness: Its niceness.
        room: Has its memory, and gives it back when it ends.
    """
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
    return DecodingProcess(process, room)


def _ended(status: int, task: DecodingTask) -> ImageRejected:
    """Explain a process that ended in the middle of an image."""
    if status == -signal.SIGPROF:
        return too_slow(task)
    log.error("a decoding process ended with %d on an image of %d bytes", status, task.length)
    return ImageRejected("corrupt", "The image's data are damaged: they end the decoder itself.")


def too_slow(task: DecodingTask) -> ImageRejected:
    """Return the error for an image that takes too long."""
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
