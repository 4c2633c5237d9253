"""Running the programs that a release consists of, with their output where a person sees it."""

import subprocess
from pathlib import Path

from scripts.release.errors import ReleaseRefused


def run_program(*command: str, folder: Path | None = None, hint: str | None = None) -> None:
    """Run a program and let it write to the terminal.

    Args:
        *command: The program and its arguments.
        folder: Where to run it; default: here.
        hint: What to do if it fails; default: what the program says itself.

    Raises:
        ReleaseRefused: If it ends with another status than 0.
    """
    code = subprocess.run(command, check=False, cwd=folder).returncode  # noqa: S603  the caller's own command
    if code != 0:
        raise ReleaseRefused(f"`{' '.join(command)}` failed with status {code}; see its output above.", hint=hint)
