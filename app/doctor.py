"""What this machine has, for people who wonder why it is slow or will not start."""

import importlib.metadata
import os
import platform
import shutil
from pathlib import Path
from typing import Final

from app.engines.tensorflow import describe_devices
from app.settings import GIB, Settings, cores

_PACKAGES: Final = "fullcount tensorflow tensorflow-cpu keras fastapi uvicorn pydantic pillow numpy"


def examine(settings: Settings) -> dict[str, str | list[str]]:
    """Look at the machine and the settings.

    Returns:
        Finding → its value or lines, ready to be shown.
    """
    devices = describe_devices()
    usage = shutil.disk_usage(settings.spool_directory())
    return {
        "platform": f"{platform.platform()}, Python {platform.python_version()}",
        "processor": _processor(),
        "cores": f"{cores()} usable of {os.cpu_count()}",
        "memory": f"{_memory_bytes() / GIB:.1f} GiB",
        "devices": devices,
        "engine": f"tensorflow, device {settings.device}",
        "threads": f"{settings.decode_threads or cores()} decode, {settings.engine_threads or cores()} engine",
        "spool": f"{settings.spool_directory()}: {usage.free / GIB:.1f} GiB free",
        "store": f"{settings.store}{'' if settings.store.is_dir() else ' (does not exist)'}",
        "packages": _versions(),
        "limits": _limits(devices),
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:  # not Linux
        return platform.processor() or platform.machine()
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), platform.machine())


def _memory_bytes() -> int:
    """Return the memory of the machine, or of the container where that has less."""
    physical = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    try:
        limit = Path("/sys/fs/cgroup/memory.max").read_text().strip()
    except OSError:  # no control groups of version 2 here
        return physical
    return physical if limit == "max" else min(physical, int(limit))


def _versions() -> list[str]:
    found = []
    for package in _PACKAGES.split():
        try:
            found.append(f"{package} {importlib.metadata.version(package)}")
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


def _limits(devices: list[str]) -> list[str]:
    limits = []
    if not any(device.startswith("gpu") for device in devices):
        limits.append("no GPU that TensorFlow can use: the processor computes")
    if cores() < 4:
        limits.append(f"{cores()} cores are shared by decoding and computing")
    if _memory_bytes() < 2 * GIB:
        limits.append("less than 2 GiB of memory: TensorFlow with a model takes about 1 GiB")
    return limits or ["nothing that stands out"]
