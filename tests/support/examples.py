"""The number of examples a property is tried on: few in `make test`, ten times as many in `make test-thorough`."""

from typing import Any, Final

from hypothesis import settings

USUAL: Final = 100
"""Examples of the profile `usual`; `thorough` has ten times as many. `tests/conftest.py` registers both."""


def times(count: int) -> int:
    """Return a number of examples, multiplied as the profile says."""
    return count * settings().max_examples // USUAL


def examples(count: int, **options: Any) -> settings:  # noqa: ANN401  Hypothesis' own
    """Return settings with this many examples, multiplied as the profile says."""
    return settings(max_examples=times(count), **options)
