"""A process and all that it started: their memory and processor time, from `/proc`."""

import os
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

MIB = 1 << 20


def tree(pid: int) -> list[int]:
    """Return the process and its descendants that live."""
    children: dict[int, list[int]] = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):  # it has ended meanwhile
            parent = int(path.read_text().rpartition(")")[2].split()[1])
            children.setdefault(parent, []).append(int(path.parent.name))
    found = [pid]
    for one in found:
        found += children.get(one, [])
    return found


def memory_bytes(pid: int) -> int:
    """Return the memory that the processes hold together; what they share is counted once."""
    total = 0
    for one in tree(pid):
        with suppress(OSError):
            shares = re.search(r"^Pss:\s+(\d+) kB", Path(f"/proc/{one}/smaps_rollup").read_text(), re.MULTILINE)
            total += int(shares[1]) * 1024 if shares else 0
    return total


def processor_seconds(pid: int) -> float:
    """Return the processor time of the processes, and of those that they started and that have ended."""
    ticks = 0
    for one in tree(pid):
        with suppress(OSError):
            ticks += sum(map(int, Path(f"/proc/{one}/stat").read_text().rpartition(")")[2].split()[11:15]))
    return ticks / os.sysconf("SC_CLK_TCK")


class Peak:
    """The most memory that was seen."""

    def __init__(self, before: int) -> None:
        self.before = self.most = before

    @property
    def more_mib(self) -> int:
        """MiB beyond what was held before."""
        return (self.most - self.before) // MIB


@contextmanager
def watched(pid: int, every_s: float = 0.03) -> Iterator[Peak]:
    """Look at the memory of the processes again and again, and yield the most that was seen."""
    peak, is_over = Peak(memory_bytes(pid)), threading.Event()

    def look() -> None:
        while not is_over.wait(every_s):
            peak.most = max(peak.most, memory_bytes(pid))

    looking = threading.Thread(target=look)
    looking.start()
    try:
        yield peak
    finally:
        is_over.set()
        looking.join()
