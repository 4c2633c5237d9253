"""The source tree of a release: its version, its changelog and its commit.

The version is written in `pyproject.toml` and in the changelog's first heading, and nowhere else.
"""

import re
import subprocess
import tomllib
from datetime import date
from pathlib import Path
from typing import Final

from scripts.release.errors import ReleaseRefused

PACKAGES: Final = ("app", "model_store", "training")
"""What is installed; a wheel holds nothing else."""


def check_version(pyproject: str) -> str:
    """Return the version to release.

    Args:
        pyproject: The text of `pyproject.toml`.

    Raises:
        ReleaseRefused: If the version is not of the form 1.2.3.
    """
    version = str(tomllib.loads(pyproject)["project"]["version"])
    if not re.fullmatch(r"\d+\.\d+\.\d+", version):
        hint = "Set the version in pyproject.toml to the one you want to release, such as 1.2.3, and commit it."
        raise ReleaseRefused(f"The version {version} is not one to release.", hint=hint)
    return version


def next_version(version: str) -> str:
    """Return the version of the development that follows a release: 0.1.0 → 0.2.0.dev0."""
    major, minor, _ = version.split(".")
    return f"{major}.{int(minor) + 1}.0.dev0"


def check_changelog(changelog: str, version: str) -> str:
    """Return the section of a version, which must be the first one, dated and not empty.

    Args:
        changelog: The text of `CHANGELOG.md`.
        version: The version to release.

    Raises:
        ReleaseRefused: If the first section belongs to another version, has no valid date or lists nothing.
    """
    hint = f"Begin CHANGELOG.md with a section `## [{version}] - YYYY-MM-DD` that says what is new."
    heading, _, rest = changelog.partition("\n## ")[2].partition("\n")
    section = rest.partition("\n## ")[0]
    dated = re.fullmatch(rf"\[{re.escape(version)}\] - (\d{{4}}-\d\d-\d\d)", heading)
    if dated is None:
        raise ReleaseRefused(f"The first section of CHANGELOG.md is `{heading}`.", hint=hint)
    try:
        date.fromisoformat(dated[1])
    except ValueError as error:
        raise ReleaseRefused(f"{dated[1]} in CHANGELOG.md is not a date.", hint=hint) from error
    if not re.search(r"^- ", section, re.MULTILINE):
        raise ReleaseRefused(f"The section {version} of CHANGELOG.md lists nothing.", hint=hint)
    return section


def check_clean(root: Path) -> str:
    """Return the commit of a tree that has no uncommitted change.

    Raises:
        ReleaseRefused: If a file differs from the commit, or is not tracked.
    """
    changed = _git(root, "status", "--porcelain").splitlines()
    if changed:
        files = ", ".join(line[3:] for line in changed[:5])
        raise ReleaseRefused(f"Files differ from the last commit: {files}.", hint="Commit or remove them.")
    return _git(root, "rev-parse", "HEAD").strip()


def tracked_files(root: Path) -> set[str]:
    """Return the files of the packages that git tracks, relative to the root."""
    return set(_git(root, "ls-files", "-z", *PACKAGES).split("\0")) - {""}


def _git(root: Path, *arguments: str) -> str:
    command = ["git", "-C", str(root), *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout  # noqa: S603  git itself
