"""What holds for all tests: the fast ones load no TensorFlow, and nobody's cache is written into."""

import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

HERE = Path(__file__).parent
FAST = {"unit", "api", "process", "property", "docs"}
LONGEST = {
    "tf/training/test_command.py",
    "tf/training/variants/test_quantization.py",
    "browser/evaluate/test_report.py",
    "e2e/test_resume.py",
}
"""Files that come first, so that none is left to one worker at the end."""

# Tests in the background of a script ignore Ctrl-C, and the processes that they start and interrupt would as well.
if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# A busy machine is not a failure. In CI the examples are the same each time, as in Hypothesis' own profile for it, so
# that no change passes or fails by luck; elsewhere they are others each time. `support/examples.py` tells their number.
settings.register_profile(
    "usual", deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize="CI" in os.environ
)
settings.register_profile("thorough", settings.get_profile("usual"), max_examples=1000)
settings.load_profile("usual")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the longest files first."""
    items.sort(key=lambda item: item.path.relative_to(HERE).as_posix() not in LONGEST)


@pytest.fixture(scope="session", autouse=True)
def cache_of_the_tests(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep decoded pixels, converted weights and interrupted runs out of the user's cache."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FULLCOUNT_CACHE_DIR", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(scope="module", autouse=True)
def no_tensorflow(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fail a module of fast tests that loads TensorFlow."""
    was_loaded = "tensorflow" in sys.modules
    yield
    if request.path.relative_to(HERE).parts[0] in FAST and not was_loaded:
        assert "tensorflow" not in sys.modules
