"""The doctor's sentences; the machine itself it examines in tests/tf."""

import pytest

from app.commands import doctor
from app.memory.limit import MemoryLimit
from app.settings import GIB


def test_a_machine_without_a_gpu_is_told_so() -> None:
    assert any("no usable GPU" in line for line in doctor._limits(["cpu"], MemoryLimit(64 * GIB, "set"), 1))


def test_a_machine_with_everything_has_nothing_that_stands_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "cores", lambda: 16)
    assert doctor._limits(["cpu", "gpu:0 Fast"], MemoryLimit(64 * GIB, "set"), 1) == ["nothing stands out"]


def test_few_cores_and_little_memory_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "cores", lambda: 2)
    limits = " ".join(doctor._limits(["cpu", "gpu:0 Fast"], MemoryLimit(GIB // 2, "set"), 1))
    assert "2 cores" in limits
    assert "less than 1 GiB" in limits


def test_each_worker_needs_its_memory() -> None:
    devices = ["cpu", "gpu:0 Fast"]
    assert "for each worker" in " ".join(doctor._limits(devices, MemoryLimit(GIB, "set"), 2))


def test_the_processor_is_read_from_this_machine() -> None:
    assert doctor._processor()


def test_only_packages_that_are_installed_are_listed() -> None:
    versions = doctor._versions()
    assert any(line.startswith("pydantic ") for line in versions)
    assert all(len(line.split()) == 2 for line in versions)
