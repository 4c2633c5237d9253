"""The memory that the service may use: what the setting says, the control group allows, or the machine can spare."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from app.settings import MIB

_CONTROLLERS: Final = {
    "": ("sys/fs/cgroup", "memory.max"),  # version 2
    "memory": ("sys/fs/cgroup/memory", "memory.limit_in_bytes"),  # version 1
}
"""Controller, as `/proc/self/cgroup` names it → where its groups are, and the file with a group's limit."""
_PART: Final = 2
"""Without a limit, the service takes no more than the machine's memory divided by this."""
_IN_MEMORY: Final = {"tmpfs", "ramfs"}


@dataclass(frozen=True)
class MemoryLimit:
    """The memory that all processes of the service may use together."""

    bytes: int
    source: str
    """Where the limit comes from."""

    def __str__(self) -> str:
        return f"{self.bytes // MIB:,} MiB ({self.source})"


def memory_limit(set_mib: int | None, root: Path = Path("/")) -> MemoryLimit:
    """Return the limit that holds.

    Args:
        set_mib: The setting `FULLCOUNT_MEMORY_MIB`, if there is one; it overrides what the system says.
        root: The root of the file system.
    """
    if set_mib is not None:
        return MemoryLimit(set_mib * MIB, "FULLCOUNT_MEMORY_MIB")
    machine = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    of_groups = min(_group_limits(root), default=machine)
    if of_groups < machine:
        return MemoryLimit(of_groups, "the limit of the control group")
    return MemoryLimit(machine // _PART, "half of the machine's memory")


def is_in_memory(directory: Path, mounts: Path = Path("/proc/self/mountinfo")) -> bool:
    """Return True if the files of a directory take memory instead of a disk.

    Args:
        directory: The directory.
        mounts: The system's table of what is mounted, see proc(5).
    """
    try:
        lines = mounts.read_text().splitlines()
    except OSError:  # not Linux
        return False
    number = directory.stat().st_dev
    device = f"{os.major(number)}:{os.minor(number)}"
    mounted = [line.partition(" - ") for line in lines]
    return any(own.split()[2] == device and of_kind.split()[0] in _IN_MEMORY for own, _, of_kind in mounted)


def _group_limits(root: Path) -> Iterator[int]:
    """Yield the limits of this process's control group and of every group around it, as far as they can be seen."""
    try:
        lines = (root / "proc/self/cgroup").read_text().splitlines()
    except OSError:  # not Linux
        return
    for line in lines:
        _, controllers, path = line.split(":", 2)
        for controller in _CONTROLLERS.keys() & controllers.split(","):
            mount, name = _CONTROLLERS[controller]
            group = root / mount / path.lstrip("/")
            for around in (group, *group.parents):
                if around.is_relative_to(root / mount):  # in a container, only the last of them exists
                    yield from _limit_in(around / name)


def _limit_in(file: Path) -> Iterator[int]:
    try:
        text = file.read_text().strip()
    except OSError:
        return
    if text.isdecimal():  # otherwise it is `max`
        yield int(text)
