"""The limit that holds is the smallest of all that can be seen, and the setting overrides them."""

from pathlib import Path

import pytest

from app.memory.limit import is_in_memory, memory_limit

MIB = 2**20


def write(root: Path, path: str, text: str) -> None:
    file = root / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)


def test_the_setting_overrides_the_system(tmp_path: Path) -> None:
    write(tmp_path, "proc/self/cgroup", "0::/\n")
    write(tmp_path, "sys/fs/cgroup/memory.max", f"{100 * MIB}\n")
    limit = memory_limit(600, tmp_path)
    assert str(limit) == "600 MiB (FULLCOUNT_MEMORY_MIB)"


def test_without_any_limit_half_of_the_machine_is_left_to_others(tmp_path: Path) -> None:
    alone = memory_limit(None, tmp_path)
    assert alone.source == "half of the machine's memory"
    write(tmp_path, "proc/self/cgroup", "4:memory:/user\n0::/user\n")
    write(tmp_path, "sys/fs/cgroup/user/memory.max", "max\n")
    write(tmp_path, "sys/fs/cgroup/memory/user/memory.limit_in_bytes", "9223372036854771712\n")
    assert memory_limit(None, tmp_path) == alone


@pytest.mark.parametrize(
    ("line", "file"),
    [
        ("0::/", "sys/fs/cgroup/memory.max"),  # version 2 in a container
        ("0::/pods/one", "sys/fs/cgroup/pods/one/memory.max"),
        ("0::/pods/one", "sys/fs/cgroup/pods/memory.max"),  # of the group around it
        ("7:cpu,memory:/docker/1f", "sys/fs/cgroup/memory/docker/1f/memory.limit_in_bytes"),  # version 1
        ("7:memory:/docker/1f", "sys/fs/cgroup/memory/memory.limit_in_bytes"),  # version 1 in a container
        ("0::/../..", "sys/fs/cgroup/memory.max"),  # a group outside the container's view
    ],
)
def test_a_control_group_limits_what_is_in_it(tmp_path: Path, line: str, file: str) -> None:
    write(tmp_path, "proc/self/cgroup", f"3:cpuset:/\n{line}\n")
    write(tmp_path, file, f"{600 * MIB}\n")
    assert str(memory_limit(None, tmp_path)) == "600 MiB (the limit of the control group)"


def test_the_smallest_limit_holds(tmp_path: Path) -> None:
    write(tmp_path, "proc/self/cgroup", "0::/a/b\n")
    for path, mib in {"memory.max": 900, "a/memory.max": 300, "a/b/memory.max": 600}.items():
        write(tmp_path, f"sys/fs/cgroup/{path}", f"{mib * MIB}\n")
    assert memory_limit(None, tmp_path).bytes == 300 * MIB


@pytest.mark.parametrize(("kind", "is_so"), [("tmpfs", True), ("ramfs", True), ("ext4", False)])
def test_a_directory_is_in_memory_if_its_file_system_is(tmp_path: Path, kind: str, *, is_so: bool) -> None:
    number = tmp_path.stat().st_dev
    device = f"{number >> 8 & 0xFFF}:{number & 0xFF}"
    mounts = tmp_path / "mountinfo"
    mounts.write_text(f"22 1 0:99 / /other rw - tmpfs none rw\n23 1 {device} / / rw shared:1 - {kind} none rw\n")
    assert is_in_memory(tmp_path, mounts) is is_so


def test_without_a_table_of_mounts_a_directory_is_on_disk(tmp_path: Path) -> None:
    assert not is_in_memory(tmp_path, tmp_path / "none")
