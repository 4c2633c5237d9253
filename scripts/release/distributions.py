"""Wheel and sdist: built, checked by twine, and compared with what git tracks."""

import shutil
import sys
import tarfile
import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from scripts.release.errors import ReleaseRefused
from scripts.release.programs import run_program
from scripts.release.source import PACKAGES

SDIST_FILES: Final = frozenset({"CHANGELOG.md", "LICENSE", "README.md", "pyproject.toml"})
"""What an sdist holds beside the packages."""


def build(root: Path, folder: Path) -> tuple[Path, Path]:
    """Build the sdist, and the wheel from it, into an emptied folder.

    Returns:
        The paths of the wheel and of the sdist.

    Raises:
        ReleaseRefused: If the build fails, or `twine check --strict` finds fault with the result.
    """
    shutil.rmtree(folder, ignore_errors=True)
    run_program(sys.executable, "-m", "build", "--no-isolation", "--outdir", str(folder), str(root))
    (wheel,), (sdist,) = folder.glob("*.whl"), folder.glob("*.tar.gz")
    run_program(sys.executable, "-m", "twine", "check", "--strict", str(wheel), str(sdist))
    return wheel, sdist


def names_in(distribution: Path) -> set[str]:
    """Return the files in a wheel or an sdist, relative to the source tree."""
    if distribution.suffix == ".whl":
        with zipfile.ZipFile(distribution) as wheel:
            return {name for name in wheel.namelist() if ".dist-info/" not in name}
    with tarfile.open(distribution) as sdist:
        names = {member.name.partition("/")[2] for member in sdist if member.isfile()}
    return {name for name in names if ".egg-info/" not in name and name not in {"PKG-INFO", "setup.cfg", "MANIFEST.in"}}


def check_contents(distribution: str, packed: Iterable[str], tracked: Iterable[str]) -> None:
    """Compare what is packed with what git tracks: nothing may be missing, and nothing else travels.

    Args:
        distribution: The file name, for the message.
        packed: The names in it.
        tracked: The names that belong into it.

    Raises:
        ReleaseRefused: If the two differ.
    """
    packed, tracked = set(packed), set(tracked)
    if missing := sorted(tracked - packed):
        hint = "Name their ending under [tool.setuptools.package-data] in pyproject.toml, or in MANIFEST.in."
        raise ReleaseRefused(f"{distribution} lacks {', '.join(missing[:5])}.", hint=hint)
    if added := sorted(packed - tracked):
        hint = f"A distribution holds {', '.join(PACKAGES)} as git tracks them. Exclude the rest in MANIFEST.in."
        raise ReleaseRefused(f"{distribution} holds what does not belong into it: {', '.join(added[:5])}.", hint=hint)
