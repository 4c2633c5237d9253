"""The image, built here, and a model for it; everything that is started here is stopped here.

As root on Debian `prepare` provides engine and base image. Elsewhere set FULLCOUNT_TEST_BASE_IMAGE, as in
`FULLCOUNT_TEST_BASE_IMAGE=python:3.11-slim`, to use a running engine; without it the tests are skipped.
"""

import os
import shutil
import subprocess
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from scripts.demo.cells import LABELS, data_directory, read_labels
from tests.support.docker import Container, docker, start
from tests.support.trained_store import trained_store

ROOT = Path(__file__).parents[2]
PREPARE = ROOT / "tests" / "container" / "prepare"
PHOTOGRAPHS_A_LABEL = 40
MEASURED = pytest.StashKey[list[str]]()

Measure = Callable[[str], None]
Start = Callable[[], Container]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark every test here."""
    for item in items:
        if ROOT / "tests" / "container" in item.path.parents:
            item.add_marker(pytest.mark.container)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Say what was measured."""
    for line in config.stash.get(MEASURED, []):
        terminalreporter.write_line(f"measured: {line}")


@pytest.fixture(scope="session")
def measure(pytestconfig: pytest.Config) -> Measure:
    """Return a function that keeps a line for the end of the run."""
    return pytestconfig.stash.setdefault(MEASURED, []).append


@pytest.fixture(scope="session")
def base_image() -> Iterator[str]:
    """Provide an engine and a base image to build from."""
    given = os.environ.get("FULLCOUNT_TEST_BASE_IMAGE")
    if given:
        yield given
        return
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        reason = "needs root on Debian, or a running Docker engine and FULLCOUNT_TEST_BASE_IMAGE"
        pytest.fail(reason) if os.environ.get("CI") else pytest.skip(reason)
    had_engine = _has_engine()
    try:
        done = subprocess.run([PREPARE], check=True, stdout=subprocess.PIPE, text=True)
        yield done.stdout.splitlines()[-1]
    finally:
        if not had_engine:
            subprocess.run([PREPARE, "stop"], check=True)


@pytest.fixture(scope="session")
def image(base_image: str) -> str:
    """Build the image as the README says, only from another base."""
    tag = "fullcount:test"
    arguments = ("--network", "host", "--build-arg", f"BASE_IMAGE={base_image}", "--tag", tag, str(ROOT))
    docker("build", *arguments, DOCKER_BUILDKIT="1")
    return tag


@pytest.fixture(scope="session")
def photographs() -> dict[str, list[Path]]:
    """Return photographs of each label, the first of the data set that experts were sure of."""
    chosen: dict[str, list[Path]] = {label: [] for label in LABELS}
    for path, label in read_labels(data_directory()).items():
        chosen[label].append(path)
    return {label: paths[:PHOTOGRAPHS_A_LABEL] for label, paths in chosen.items()}


@pytest.fixture(scope="session")
def store() -> Path:
    """Return a store with a trained model; it is mounted read-only."""
    return trained_store().store


@pytest.fixture(scope="session")
def start_container(image: str, store: Path) -> Iterator[Start]:
    """Return a function that starts one more container; all are removed in the end."""
    names: list[str] = []

    def one_more() -> Container:
        names.append(f"fullcount-test-{uuid.uuid4().hex[:8]}")
        return start(image, store, names[-1])

    yield one_more
    for name in names:
        docker("rm", "--force", name)


@pytest.fixture(scope="session")
def container(start_container: Start, measure: Measure) -> Container:
    """Serve to all tests."""
    container = start_container()
    measure(f"ready {container.cold_start_s:.1f} s after `docker run`")
    return container


def _has_engine() -> bool:
    client = shutil.which("docker")
    return client is not None and subprocess.run([client, "info"], check=False, capture_output=True).returncode == 0
