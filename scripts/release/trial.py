"""Installing a distribution into an empty environment and using it there, as a stranger would."""

import sys
from pathlib import Path
from typing import Final

from scripts.release.programs import run_program

_INDEX_HINT: Final = (
    "The package index must be reachable for the dependencies. `pip config list` shows the one in use; "
    "PIP_INDEX_URL names another."
)
_PROGRAMS: Final = {
    "": "import app.client, model_store.store, training",
    "serve": "from app.main import create_app; from app.settings import Settings; create_app(Settings())",
}
"""By extra: a program that works with nothing else installed."""


def try_out(distribution: Path, extra: str, folder: Path) -> None:
    """Install a distribution with an extra into a new environment, import it and run its command.

    Args:
        distribution: A wheel or an sdist.
        extra: One of the extras in `pyproject.toml`, or nothing for the base.
        folder: Where the environment is made; it must not exist.

    Raises:
        ReleaseRefused: If it cannot be installed, imported or run.
    """
    requirement = f"{distribution.resolve()}[{extra}]" if extra else str(distribution.resolve())
    python, command = str(folder / "bin" / "python"), str(folder / "bin" / "fullcount")
    run_program(sys.executable, "-m", "venv", "--without-pip", str(folder))
    run_program(sys.executable, "-m", "pip", "--python", python, "install", "--quiet", requirement, hint=_INDEX_HINT)
    run_program(python, "-I", "-c", _PROGRAMS[extra], folder=folder)
    run_program(command, "--version", folder=folder)
    run_program(command, "--help", folder=folder)
