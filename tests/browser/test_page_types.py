"""The page's scripts are plain JavaScript whose types, in their comments, are right."""

import os
import subprocess
from pathlib import Path

import pytest

HERE = Path(__file__).parent


@pytest.fixture(scope="session")
def tsc() -> str:
    """Return the path of TypeScript's compiler."""
    done = subprocess.run([HERE / "prepare-typescript"], check=False, capture_output=True, text=True)
    if done.returncode:
        pytest.fail(done.stderr) if os.environ.get("CI") else pytest.skip(done.stderr)
    return done.stdout.splitlines()[-1]


def test_the_types_of_the_page_are_right(tsc: str) -> None:
    done = subprocess.run([tsc, "--project", HERE / "tsconfig.json"], check=False, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "")
