"""The program of a decoding process: decodes one image after the other, each within limits on memory and time.

An image that takes too much memory gets a `MemoryError`; one that takes too much processor time ends the process. It
imports the decoder only, and ends when its input does.
"""

import os
import resource
import signal
import sys
from functools import lru_cache
from typing import BinaryIO, Final

from PIL import Image

from app.inference.decoding.frames import DecodingTask, describe, describe_failure
from model_store.images.pixels import Decoded, InputSpec, decode

_SPARE_BYTES: Final = 16 * 2**20
"""Address space beyond the estimate of memory: that of the allocator, which never gives all of it to the picture."""


def main() -> None:
    """Decode images from the standard input until it ends; the argument is the niceness."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the service, which ends this process
    Image.init()
    os.nice(int(sys.argv[1]))  # not before: a background image would have to wait for its own process
    tasks, answers = sys.stdin.buffer, sys.stdout.buffer
    while line := tasks.readline():
        _answer(DecodingTask.of(line), tasks, answers)


def _answer(task: DecodingTask, tasks: BinaryIO, answers: BinaryIO) -> None:
    data = tasks.read(task.length)
    try:
        decoded = _decode(data, task)
    except Exception as error:  # noqa: BLE001  the service handles it
        answers.write(describe_failure(error))
    else:
        answers.write(describe(decoded))
        answers.write(decoded.pixels.data)
    answers.flush()


def _decode(data: bytes, task: DecodingTask) -> Decoded:
    spec = _spec(task.spec)
    _, most = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (_address_space() + task.memory_bytes + _SPARE_BYTES, most))
    signal.setitimer(signal.ITIMER_PROF, task.processor_s)
    try:
        return decode(data, spec, max_image_pixels=task.max_image_pixels)
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        resource.setrlimit(resource.RLIMIT_AS, (most, most))


@lru_cache(1)
def _spec(text: str) -> InputSpec:
    return InputSpec.model_validate_json(text)


def _address_space() -> int:
    """Return the bytes of address space that this process has."""
    with open("/proc/self/statm", "rb") as file:  # noqa: PTH123  on the path of each image
        return int(file.read().split()[0]) * resource.getpagesize()


if __name__ == "__main__":
    main()
