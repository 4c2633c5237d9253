"""The memory that the service has from the system: how much it is, and that it goes back when it is free.

The allocator of glibc keeps freed memory for later. Uncorrected, each thread keeps as much as its largest request took.
Other allocators are left as they are.
"""

import contextlib
import ctypes
import os
import re
from pathlib import Path
from typing import Final

_M_TRIM_THRESHOLD: Final = -1
_M_MMAP_THRESHOLD: Final = -3
_M_ARENA_MAX: Final = -8
"""Parameters of mallopt(3)."""
_LARGE_BYTES: Final = 16 * 2**20
"""Blocks from this size go back to the system as soon as they are freed. Smaller ones are used again, being faster."""
_KEPT_BYTES: Final = 64 * 2**20
"""The most that is free at the end of a heap and kept there."""
_HEAPS: Final = 2
"""Threads share so few heaps, since what is free in one is of no use to the others."""


def resident_bytes() -> int:
    """Return the bytes of memory that this process and those that it started have now."""
    pages = [_resident_pages(process) for process in ("self", *_children())]
    return sum(pages) * os.sysconf("SC_PAGE_SIZE")


def shared_bytes() -> int:
    """Return the part of this process's resident bytes that is the share of others, such as of a library they use too.

    It takes some milliseconds.
    """
    try:
        text = Path("/proc/self/smaps_rollup").read_text()
    except OSError:  # not Linux, or an old one
        return 0
    of = {name: int(kib) * 1024 for name, kib in re.findall(r"^(Rss|Pss):\s+(\d+) kB", text, re.MULTILINE)}
    return of["Rss"] - of["Pss"]


def return_freed_memory() -> None:
    """Let the allocator return large blocks to the system when they are freed, for the whole life of the process."""
    with contextlib.suppress(AttributeError):  # not glibc
        mallopt = ctypes.CDLL(None).mallopt
        mallopt(_M_MMAP_THRESHOLD, _LARGE_BYTES)
        mallopt(_M_TRIM_THRESHOLD, _KEPT_BYTES)
        mallopt(_M_ARENA_MAX, _HEAPS)


def return_free_memory_now() -> None:
    """Return what the allocator keeps; it takes milliseconds."""
    with contextlib.suppress(AttributeError):  # not glibc
        ctypes.CDLL(None).malloc_trim(0)


def _resident_pages(process: str) -> int:
    try:
        return int(Path(f"/proc/{process}/statm").read_text().split()[1])
    except (OSError, IndexError):  # not Linux, or the process has just ended
        return 0


def _children() -> list[str]:
    """Return the processes that the threads of this one started and that live, if the system tells."""
    found = []
    for thread in Path("/proc/self/task").glob("*/children"):
        with contextlib.suppress(OSError):  # the thread has just ended
            found += thread.read_text().split()
    return found
