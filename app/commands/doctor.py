"""`fullcount doctor`: describe this machine, to find out why the service is slow or does not start."""

import importlib.metadata
import json
import os
import platform
import shutil
from pathlib import Path
from typing import Final

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from app.commands.options import read_settings
from app.errors import EngineMissing
from app.inference.engines.loading import PACKAGES, choose_engine, has_gpu_driver, is_installed
from app.memory.limit import MemoryLimit, is_in_memory, memory_limit
from app.settings import GIB, Settings, cores
from model_store.quiet import hold_back_stderr


@click.command()
@click.option("--format", "form", type=click.Choice(["table", "json"]), default="table", show_default=True)
def doctor(form: str) -> None:
    """Describe this machine and what limits it."""
    with hold_back_stderr():
        findings = examine(read_settings({}))
    if form == "json":
        click.echo(json.dumps(findings, indent=2))
        return
    table = Table(show_header=False)
    for name, value in findings.items():
        table.add_row(name, Text("\n".join(value) if isinstance(value, list) else value))
    Console().print(table)


_PACKAGES: Final = "fullcount openvino tensorflow tensorflow-cpu keras fastapi uvicorn pydantic pillow numpy"


def examine(settings: Settings) -> dict[str, str | list[str]]:
    """Examine the machine and the settings.

    Returns:
        Finding → its value or lines, as text.
    """
    devices = _devices()
    memory = memory_limit(settings.memory_mib)
    spool = settings.spool_directory()
    return {
        "platform": f"{platform.platform()}, Python {platform.python_version()}",
        "processor": _processor(),
        "cores": f"{cores()} usable of {os.cpu_count()}",
        "memory": str(memory),
        "devices": devices,
        "engine": _engine(settings),
        "precisions": _precisions(),
        "threads": f"{settings.image_threads(cores())} images, {settings.engine_threads or cores()} engine, 1 HTTP",
        "spool": f"{spool}: {_free(spool)}",
        "store": f"{settings.store}{'' if settings.store.is_dir() else ' (does not exist)'}",
        "packages": _versions(),
        "limits": _limits(devices, memory, settings.workers),
    }


def _free(directory: Path) -> str:
    free = f"{shutil.disk_usage(directory).free / GIB:.1f} GiB free"
    return f"{free}; it is in memory, and what waits there counts" if is_in_memory(directory) else free


def _devices() -> list[str]:
    """Return the names of the devices. TensorFlow is slow to import and is only asked if there is a GPU driver."""
    if not (has_gpu_driver() and is_installed("tensorflow")):
        return ["cpu"]
    from app.inference.engines.tensorflow import describe_devices  # noqa: PLC0415  slow to import

    return describe_devices()


def _engine(settings: Settings) -> str:
    installed = [engine for engine in PACKAGES if is_installed(engine)]
    try:
        chosen = f"{choose_engine(settings)}, device {settings.device}, precision {settings.precision}"
    except EngineMissing as error:
        return f"{error} {error.hint}"
    return f"{chosen}; installed: {', '.join(installed)}"


def _precisions() -> str:
    if not is_installed("openvino"):
        return "f32"
    from app.inference.engines.openvino import has_bf16  # noqa: PLC0415  slow to import

    return "f32, bf16, int8" if has_bf16() else "f32, int8; this processor has no bf16"


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:  # not Linux
        return platform.processor() or platform.machine()
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), platform.machine())


def _versions() -> list[str]:
    versions = []
    for package in _PACKAGES.split():
        try:
            versions.append(f"{package} {importlib.metadata.version(package)}")
        except importlib.metadata.PackageNotFoundError:
            continue
    return versions


def _limits(devices: list[str], memory: MemoryLimit, workers: int) -> list[str]:
    limits = []
    if not any(device.startswith("gpu") for device in devices):
        limits.append("no usable GPU: the processor computes")
    if cores() < 4:
        limits.append(f"{cores()} cores are shared by decoding and computing")
    if memory.bytes < GIB * workers:
        of_each = " for each worker" if workers > 1 else ""
        limits.append(
            f"less than 1 GiB of memory{of_each}: a model takes about 300 MB, TensorFlow with one about 1 GiB"
        )
    return limits or ["nothing stands out"]
