"""The fast tests stay fast: none of them may load TensorFlow, which takes seconds and hides what imports it."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

HERE = Path(__file__).parent
FAST = {"unit", "api", "property", "docs"}


@pytest.fixture(scope="module", autouse=True)
def no_tensorflow(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fail a module of fast tests that loads TensorFlow."""
    was_loaded = "tensorflow" in sys.modules
    yield
    if request.path.relative_to(HERE).parts[0] in FAST and not was_loaded:
        assert "tensorflow" not in sys.modules
