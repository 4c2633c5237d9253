"""Installation of missing software: a virtual environment for each peer, and wrk."""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

PEERS: Final = Path(__file__).parent / "peers"
INSTALL_TIMEOUT_S: Final = 900
SYSTEM_PYTHON: Final = Path("/usr/bin/python3")
SYSTEM_PEERS: Final = ("pytriton",)
"""Peers that need the system's Python. They bring an interpreter of an early 3.11, which does not work with the
standard library of a late 3.11. Debian 12's is early enough."""


class InstallationFailed(Exception):
    """A peer or a program could not be installed.

    Args:
        name: The peer or the program.
        log: Path of the installer's log, or a hint.
    """

    def __init__(self, name: str, log: object) -> None:
        super().__init__(f"{name} could not be installed; see {log}")


def ensure_peer(name: str, cache: Path) -> Path:
    """Return a peer's virtual environment, and make it if it is missing or its requirements have changed.

    Raises:
        InstallationFailed: If a package cannot be installed; the message has the path of the log.
    """
    environment = cache / "env" / name
    requirements = PEERS / name / "requirements.txt"
    done = environment / "installed.txt"
    content = f"# {environment}, which the programs in it name\n{requirements.read_text()}"
    if done.is_file() and done.read_text() == content:
        return environment
    print(f"installing {name} into {environment}", flush=True)
    uv = str(Path(sys.executable).with_name("uv"))
    log = cache / "logs" / f"install-{name}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    python = SYSTEM_PYTHON if name in SYSTEM_PEERS and SYSTEM_PYTHON.exists() else Path(sys.executable)
    commands: tuple[list[str | Path], ...] = (
        [uv, "venv", "--clear", "--python", python, environment],
        [uv, "pip", "install", "--python", environment / "bin" / "python", "--requirement", requirements],
    )
    with log.open("w") as output:
        try:
            for command in commands:
                subprocess.run(command, stdout=output, stderr=output, check=True, timeout=INSTALL_TIMEOUT_S)
        except (subprocess.SubprocessError, OSError) as error:
            raise InstallationFailed(name, log) from error
    done.write_text(content)
    return environment


def ensure_wrk() -> str:
    """Return the path of wrk, and install Debian's package if it is missing.

    Raises:
        InstallationFailed: If wrk is missing and cannot be installed, for which root and apt-get are needed.
    """
    if path := shutil.which("wrk"):
        return path
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        raise InstallationFailed("wrk", "your system's package manager: it is a package of Debian")
    print("installing wrk with apt-get", flush=True)
    quiet = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    subprocess.run(["apt-get", "update", "-qq"], check=True, stdout=sys.stderr)
    install = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", "wrk"]
    subprocess.run(install, check=True, env=quiet, stdout=sys.stderr)
    if path := shutil.which("wrk"):
        return path
    raise InstallationFailed("wrk", "the output of apt-get above")
